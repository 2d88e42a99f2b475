//! Bytes that the process has on the heap, and had at most: counted by the allocator that the
//! benchmark installs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static IN_USE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);
static STOPPED: AtomicBool = AtomicBool::new(false);

fn add(bytes: usize) {
    if !STOPPED.load(Ordering::Relaxed) {
        let before = IN_USE.fetch_add(bytes as u64, Ordering::Relaxed);
        PEAK.fetch_max(before + bytes as u64, Ordering::Relaxed);
    }
}

fn subtract(bytes: usize) {
    if !STOPPED.load(Ordering::Relaxed) {
        IN_USE.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

struct Counting;

// A benchmark counts what it allocates; the library itself forbids unsafe code.
#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is passed on unchanged")]
// SAFETY: every method passes its arguments on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        subtract(layout.size());
        add(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes asked of the allocator and not given back.
pub fn in_use() -> u64 {
    IN_USE.load(Ordering::Relaxed)
}

/// Counts nothing from now on: threads that share a counter wait for each other.
#[allow(dead_code, reason = "one of two benchmarks asks")]
pub fn stop_counting() {
    STOPPED.store(true, Ordering::Relaxed);
}

/// The most that was in use since the last call.
#[allow(dead_code, reason = "one of two benchmarks asks")]
pub fn peak() -> u64 {
    PEAK.swap(in_use(), Ordering::Relaxed)
}

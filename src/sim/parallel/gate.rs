//! Where threads wait for each other.
//!
//! One of them leads: it says which window comes, and waits until the others are through. Windows are
//! short; so who waits looks a few times whether it may go on, and sleeps only then.

use super::lock;
use super::pace::Window;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::Thread;

/// Looks of a waiting thread before it sleeps: some tens of microseconds.
const LOOKS: u32 = 2_000;

/// What a leader and those who follow it share.
pub struct Gate<'a> {
    leader: &'a Thread,
    looks: u32,
    window: Mutex<Window>,
    /// How often the leader has let the others go on.
    opened: AtomicU64,
    /// How many of them are through with the window.
    through: AtomicU32,
    is_over: AtomicBool,
    has_failed: AtomicBool,
}

impl<'a> Gate<'a> {
    /// For so many threads, the leader included.
    pub fn new(leader: &'a Thread, threads: usize) -> Self {
        // Where threads share a processor, one that looks keeps another from working.
        let has_room = std::thread::available_parallelism().is_ok_and(|it| it.get() >= threads);
        Self {
            leader,
            looks: if has_room { LOOKS } else { 0 },
            window: Mutex::default(),
            opened: AtomicU64::new(0),
            through: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Lets the others go through a window.
    pub fn open(&self, window: Window, others: &[Thread]) {
        *lock(&self.window) = window;
        self.through.store(0, Ordering::Relaxed);
        self.let_go(others);
    }

    /// Waits until the others are through; whether it had to sleep. `None`: one of them has panicked.
    pub fn close(&self, others: &[Thread]) -> Option<bool> {
        let all = others.len() as u32;
        let slept = self.wait(|| self.through.load(Ordering::Acquire) == all);
        (!self.has_failed.load(Ordering::Acquire)).then_some(slept)
    }

    /// Goes through each window that the leader names, until there are no more.
    pub fn follow(&self, mut go_through: impl FnMut(Window)) {
        let absent = Absent(self);
        let mut seen = 0;
        loop {
            self.wait(|| self.opened.load(Ordering::Acquire) != seen);
            seen = self.opened.load(Ordering::Acquire);
            if self.is_over.load(Ordering::Acquire) {
                return std::mem::forget(absent);
            }
            let window = *lock(&self.window);
            go_through(window);
            self.done();
        }
    }

    fn done(&self) {
        self.through.fetch_add(1, Ordering::Release);
        self.leader.unpark();
    }

    fn let_go(&self, others: &[Thread]) {
        self.opened.fetch_add(1, Ordering::Release);
        others.iter().for_each(Thread::unpark);
    }

    /// Whether it had to sleep.
    fn wait(&self, may_go_on: impl Fn() -> bool) -> bool {
        for _ in 0..self.looks {
            if may_go_on() {
                return false;
            }
            std::hint::spin_loop();
        }
        while !may_go_on() {
            std::thread::park();
        }
        true
    }
}

/// Ends the others' waiting when the leader is done, also where it panics.
pub struct Leading<'a> {
    /// Where they wait.
    pub gate: &'a Gate<'a>,
    /// Who they are.
    pub others: Vec<Thread>,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.gate.is_over.store(true, Ordering::Release);
        self.gate.let_go(&self.others);
    }
}

/// Tells the leader that a thread has panicked, rather than let it wait for ever.
struct Absent<'a>(&'a Gate<'a>);

impl Drop for Absent<'_> {
    fn drop(&mut self) {
        self.0.has_failed.store(true, Ordering::Release);
        self.0.done();
    }
}

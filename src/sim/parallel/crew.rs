//! Threads that go through windows together.
//!
//! One of them leads: it says which window comes, goes through its own shard's, and waits for the
//! others. Who waits looks a few times whether it may go on, since windows are short, and then sleeps.

use super::log::{Log, at_window};
use crate::node::{Observer, Protocol, Time};
use crate::sim::post::Moved;
use crate::sim::shard::Shard;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

/// A shard with its part of the observers, and what is kept for those that have no parts.
pub type Watched<P, L> = Shard<P, (L, Log<P>)>;

/// Messages that go from shard to shard: those of a window are taken in during the next one.
pub struct Mail<M> {
    /// By parity of the window, target, and source.
    boxes: [Vec<Vec<Mutex<Vec<Moved<M>>>>>; 2],
}

impl<M> Mail<M> {
    pub fn new(shards: u32) -> Self {
        let row = || (0..shards).map(|_| Mutex::default()).collect();
        let boxes = || (0..shards).map(|_| row()).collect();
        Self { boxes: [boxes(), boxes()] }
    }
}

/// A stretch of time that is no longer than any message takes.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Nothing comes before this any more.
    pub first: Time,
    /// It ends with this instant.
    pub last: Time,
    /// Windows before this one.
    pub number: u64,
}

/// What comes of a shard's window.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Nothing happens before this because of what has happened.
    pub earliest: Time,
    /// Messages handled, timers fired, operations and churn changes so far.
    pub events: u64,
}

/// All shards, and what goes between them.
pub struct Crew<'a, P: Protocol, L> {
    pub shards: &'a [Mutex<Watched<P, L>>],
    pub mail: &'a Mail<P::Message>,
    pub reports: &'a [Mutex<Report>],
}

/// A lock that is never held for long, and never where it could panic in between.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<P: Protocol, L: Observer<P>> Crew<'_, P, L> {
    /// Takes one shard through a window.
    pub fn go_through(&self, index: usize, window: Window) {
        let mut shard = lock(&self.shards[index]);
        shard.observer.1.begin(at_window(window.first));
        let old = &self.mail.boxes[(window.number % 2) as usize];
        for (from, posted) in (0..).zip(&old[index]) {
            shard.take_in(from, &mut lock(posted));
        }
        shard.free_posted();
        while let Some(event) = shard.next_event(window.last) {
            shard.observer.1.begin(event);
            shard.happen(event);
        }
        self.hand_over(index, &mut shard, window.number);
    }

    /// Lays out what a shard has posted for the window after the one of that number, and reports.
    pub fn hand_over(&self, index: usize, shard: &mut Watched<P, L>, number: u64) {
        let new = &self.mail.boxes[((number + 1) % 2) as usize];
        for (to, posted) in shard.outbox.boxes.iter_mut().enumerate() {
            if !posted.is_empty() {
                std::mem::swap(posted, &mut lock(&new[to][index]));
            }
        }
        let (earliest, events) = (shard.earliest(), shard.events());
        *lock(&self.reports[index]) = Report { earliest, events };
    }

    /// A thread that takes a shard through the windows that the leader names.
    pub fn follow(&self, index: usize, gate: &Gate<'_>) {
        let absent = Absent(gate);
        let mut seen = 0;
        loop {
            gate.wait(|| gate.opened.load(Ordering::Acquire) != seen);
            seen = gate.opened.load(Ordering::Acquire);
            if gate.is_over.load(Ordering::Acquire) {
                return std::mem::forget(absent);
            }
            let window = *lock(&gate.window);
            self.go_through(index, window);
            gate.done();
        }
    }
}

/// Where the threads of a crew wait for each other.
pub struct Gate<'a> {
    leader: &'a Thread,
    /// Looks before a thread sleeps.
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
    pub const fn new(leader: &'a Thread, looks: u32) -> Self {
        let window = Window { first: Time::ZERO, last: Time::ZERO, number: 0 };
        Self {
            leader,
            looks,
            window: Mutex::new(window),
            opened: AtomicU64::new(0),
            through: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Lets all others go through a window.
    pub fn open(&self, window: Window, others: &[Thread]) {
        *lock(&self.window) = window;
        self.through.store(0, Ordering::Relaxed);
        self.let_go(others);
    }

    /// Waits until all others are through; whether they are.
    pub fn close(&self, others: &[Thread]) -> bool {
        let all = others.len() as u32;
        self.wait(|| self.through.load(Ordering::Acquire) == all);
        !self.has_failed.load(Ordering::Acquire)
    }

    fn done(&self) {
        self.through.fetch_add(1, Ordering::Release);
        self.leader.unpark();
    }

    fn let_go(&self, others: &[Thread]) {
        self.opened.fetch_add(1, Ordering::Release);
        others.iter().for_each(Thread::unpark);
    }

    fn wait(&self, may_go_on: impl Fn() -> bool) {
        for _ in 0..self.looks {
            if may_go_on() {
                return;
            }
            std::hint::spin_loop();
        }
        while !may_go_on() {
            std::thread::park();
        }
    }
}

/// Ends the others' waiting for windows, also where the leader panics.
pub struct Leading<'a> {
    pub gate: &'a Gate<'a>,
    pub others: Vec<Thread>,
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.gate.is_over.store(true, Ordering::Release);
        self.gate.let_go(&self.others);
    }
}

/// Tells the leader that its thread has panicked, rather than let it wait for ever.
struct Absent<'a>(&'a Gate<'a>);

impl Drop for Absent<'_> {
    fn drop(&mut self) {
        self.0.has_failed.store(true, Ordering::Release);
        self.0.done();
    }
}

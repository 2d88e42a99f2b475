//! All shards of a run, what goes between them, and who takes them through a slice of time.

use super::gate::{Gate, Leading};
use super::lock;
use super::log::{Log, at_boot, at_window};
use super::pace::{Pace, Slice, Tempo, Window};
use crate::node::{Observer, Protocol, Time};
use crate::sim::post::Moved;
use crate::sim::shard::Shard;
use std::sync::Mutex;
use std::thread;

/// A shard with its part of the observers, and what is kept for those that have no parts.
pub type Watched<P, L> = Shard<P, (L, Log<P>)>;

/// What one shard has posted for another.
type Posted<M> = Mutex<Vec<Moved<M>>>;

/// Messages that go from shard to shard: those of a window are taken in during the next one.
pub struct Mail<M> {
    /// By parity of the window, target, and source.
    boxes: [Vec<Vec<Posted<M>>>; 2],
}

impl<M> Mail<M> {
    /// Between so many shards.
    pub fn new(shards: u32) -> Self {
        let row = || (0..shards).map(|_| Mutex::default()).collect();
        let boxes = || (0..shards).map(|_| row()).collect();
        Self { boxes: [boxes(), boxes()] }
    }
}

/// What comes of a shard's window.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Nothing happens before this because of what has happened.
    pub earliest: Time,
    /// Messages handled, timers fired, operations and churn changes so far.
    pub events: u64,
}

/// All shards, and what goes between them.
pub struct Crew<'a, P: Protocol, L> {
    /// The shards.
    pub shards: &'a [Mutex<Watched<P, L>>],
    /// What goes between them.
    pub mail: &'a Mail<P::Message>,
    /// What came of each shard's last window.
    pub reports: &'a [Mutex<Report>],
}

impl<P: Protocol, L: Observer<P> + Send> Crew<'_, P, L> {
    /// Boots the nodes that are up at time 0, a thread for each shard; the first window has that
    /// number.
    pub fn boot(&self, number: u64) {
        let boot = |index: usize| {
            let mut shard = lock(&self.shards[index]);
            shard.begin(|observer, node| observer.1.begin(at_boot(node)));
            self.hand_over(index, &mut shard, number);
        };
        thread::scope(|scope| {
            for index in 1..self.shards.len() {
                scope.spawn(move || boot(index));
            }
            boot(0);
        });
    }

    /// Takes all shards to the end of a slice, with a thread for each or with one for all. Returns
    /// whether its end in time was reached.
    pub fn go_on(&self, pace: &mut Pace, slice: &Slice, tempo: &mut Tempo) -> bool {
        let (events, begin) = (self.events(), now());
        let passed = || (self.events() - events, now().duration_since(begin).as_secs_f64());
        let is_there = if tempo.together {
            let leader = thread::current();
            let gate = &Gate::new(&leader, self.shards.len());
            thread::scope(|scope| {
                let follow = |index| {
                    let work = move || gate.follow(|window| self.go_through(index, window));
                    scope.spawn(work).thread().clone()
                };
                let leading =
                    Leading { gate, others: (1..self.shards.len()).map(follow).collect() };
                self.pass(pace, slice, |window| {
                    gate.open(window, &leading.others);
                    self.go_through(0, window);
                    let Some(slept) = gate.close(&leading.others) else { return false };
                    let (events, seconds) = if slept { passed() } else { (0, 0.0) };
                    !tempo.is_hopeless(events, seconds)
                })
            })
        } else {
            self.pass(pace, slice, |window| {
                (0..self.shards.len()).for_each(|index| self.go_through(index, window));
                true
            })
        };
        let (events, seconds) = passed();
        tempo.learn(events, seconds);
        is_there
    }

    /// Goes from window to window until the slice ends or `go_through` says so.
    fn pass(
        &self,
        pace: &mut Pace,
        slice: &Slice,
        mut go_through: impl FnMut(Window) -> bool,
    ) -> bool {
        while let Some(window) = pace.window(self.earliest(), slice) {
            let goes_on = go_through(window);
            if !goes_on || self.events() >= slice.events || pace.windows >= slice.windows {
                return false;
            }
        }
        true
    }

    /// Takes one shard through a window.
    fn go_through(&self, index: usize, window: Window) {
        let mut shard = lock(&self.shards[index]);
        shard.observer.1.begin(at_window(window.first));
        let old = &self.mail.boxes[(window.number % 2) as usize];
        for (from, posted) in (0..).zip(&old[index]) {
            shard.take_in(from, &mut lock(posted));
        }
        shard.free_posted();
        while let Some(event) = shard.next_event(window.last) {
            debug_assert!(event.at >= window.first, "{event:?} comes too late for {window:?}");
            shard.observer.1.begin(event);
            shard.happen(event);
        }
        self.hand_over(index, &mut shard, window.number + 1);
    }

    /// Lays out what a shard has posted, for the window of that number, and reports.
    fn hand_over(&self, index: usize, shard: &mut Watched<P, L>, number: u64) {
        let new = &self.mail.boxes[(number % 2) as usize];
        for (to, posted) in shard.outbox.boxes.iter_mut().enumerate() {
            if !posted.is_empty() {
                std::mem::swap(posted, &mut lock(&new[to][index]));
            }
        }
        let (earliest, events) = (shard.earliest(), shard.events());
        *lock(&self.reports[index]) = Report { earliest, events };
    }

    fn earliest(&self) -> Time {
        self.reports.iter().map(|report| lock(report).earliest).min().unwrap_or(Time::NEVER)
    }

    /// Messages handled, timers fired, operations and churn changes so far.
    pub fn events(&self) -> u64 {
        self.reports.iter().map(|report| lock(report).events).sum()
    }
}

/// The time of day, which decides how many threads there are and nothing else.
#[expect(clippy::disallowed_methods, reason = "what pays depends on the machine; no result does")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

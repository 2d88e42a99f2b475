//! What it costs to carry messages to members, and how many members there are.

use super::size::{self, SIZES};
use crate::node::{Span, Time};
use crate::observe::metrics::{Grid, Series, Window};

/// Messages that carry multicasts, the copies that they bring, and members over time.
#[derive(Clone, Debug)]
pub struct Cost {
    window: Window,
    grid: Grid,
    /// Messages that carry multicasts, sent within the window.
    pub sent: u64,
    /// The same, handled, by the size that their group had then.
    pub handled: [u64; SIZES.len()],
    /// Copies delivered within the window, by the size that their group had then.
    pub copies: [u64; SIZES.len()],
    /// Copies by bucket.
    delivered: Vec<u64>,
    /// Memberships now.
    members: u64,
    since: Time,
    /// Member-nanoseconds of the window.
    time: u128,
    /// The largest that a group was.
    pub largest: u32,
    /// At the end of each bucket that is over: all memberships, and those of the largest group.
    samples: Vec<(u64, u32)>,
}

impl Cost {
    /// Nothing sent, nobody there.
    #[must_use]
    pub fn new(window: Window, grid: Grid) -> Self {
        Self {
            window,
            grid,
            sent: 0,
            handled: [0; SIZES.len()],
            copies: [0; SIZES.len()],
            delivered: vec![0; grid.buckets()],
            members: 0,
            since: Time::ZERO,
            time: 0,
            largest: 0,
            samples: Vec::new(),
        }
    }

    /// A message that carries a multicast was sent.
    pub fn sent(&mut self, at: Time) {
        self.sent += u64::from(self.window.contains(at));
    }

    /// One was handled, about a group of `members`.
    pub fn handled(&mut self, at: Time, members: u32) {
        self.handled[size::class(members)] += u64::from(self.window.contains(at));
    }

    /// A member of a group of `members` got a copy.
    pub fn delivered(&mut self, at: Time, members: u32) {
        self.copies[size::class(members)] += u64::from(self.window.contains(at));
        self.delivered[self.grid.bucket(at)] += 1;
    }

    /// Takes samples of the time up to `at`, in which groups had those sizes. To be called before
    /// they change.
    pub fn advance(&mut self, at: Time, sizes: impl Fn() -> u32) {
        let length = self.window.overlap(self.since, at);
        self.time += u128::from(self.members) * u128::from(length.nanos());
        self.since = at;
        let over = self.grid.bucket(at);
        if over > self.samples.len() {
            let sample = (self.members, sizes());
            self.samples.resize(over, sample);
        }
    }

    /// A group has `members` now, one more (`entered`) or one less than before.
    pub fn changed(&mut self, members: u32, entered: bool) {
        self.largest = self.largest.max(members);
        self.members = if entered { self.members + 1 } else { self.members.saturating_sub(1) };
    }

    /// Member-seconds of the window. Call [`Cost::advance`] with its end before.
    #[must_use]
    pub fn member_seconds(&self) -> f64 {
        self.time as f64 / 1e9
    }

    /// The series. Call [`Cost::advance`] with the end of the run before.
    pub fn series(&self, end: Time, largest: u32, series: &mut Series) {
        let last = (self.members, largest);
        let samples: Vec<_> = self.samples.iter().copied().chain([last]).collect();
        for (index, &(all, _)) in samples.iter().enumerate() {
            series.push("members", "all", index, all as f64);
        }
        for (index, &(_, largest)) in samples.iter().enumerate() {
            series.push("members", "largest", index, f64::from(largest));
        }
        for (index, &count) in self.delivered.iter().enumerate() {
            let length: Span = series.grid().until(index, end);
            series.rate("deliveries_per_s", "", index, count, length);
        }
    }
}

//! Time series: quantities per bucket of fixed width, over the whole run.

use super::window::per_second;
use crate::node::{Span, Time};

/// Widths that people can read off an axis, in seconds.
const WIDTHS_S: [u64; 16] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200];

/// At least this many buckets a duration, where it has as many seconds; at most about 2.5 times as
/// many.
const BUCKETS: u64 = 120;

/// The buckets that a run is divided into: all of one width, except that the last one ends with the
/// run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    width: Span,
    end: Time,
    /// At least one.
    buckets: usize,
}

impl Grid {
    /// A grid from 0 to `end`, the end of the drain; the width suits `duration`: a 120th of it,
    /// rounded up to a readable one.
    #[must_use]
    pub fn new(duration: Time, end: Time) -> Self {
        let target = duration.nanos().div_ceil(BUCKETS);
        let fits = |width: &Span| width.nanos() >= target;
        let width = WIDTHS_S.into_iter().map(Span::from_secs).find(fits);
        let width = width.unwrap_or_else(|| days(target));
        let buckets = usize::try_from(end.nanos().div_ceil(width.nanos()).max(1))
            .expect("a run has fewer buckets than there is memory");
        Self { width, end, buckets }
    }

    /// How many buckets there are, at least one.
    #[must_use]
    pub const fn buckets(self) -> usize {
        self.buckets
    }

    /// The bucket that `at` falls into; what happens at the run's last instant belongs to the last
    /// bucket.
    #[must_use]
    pub fn bucket(self, at: Time) -> usize {
        let bucket = at.nanos() / self.width.nanos();
        usize::try_from(bucket).unwrap_or(usize::MAX).min(self.buckets - 1)
    }

    /// When bucket `index` begins.
    #[must_use]
    pub fn start(self, index: usize) -> Time {
        Time::from_nanos(self.width.nanos().saturating_mul(index as u64))
    }

    /// How much of bucket `index` lies before `end` (of the run, or earlier).
    #[must_use]
    pub fn until(self, index: usize, end: Time) -> Span {
        let start = self.start(index);
        (start + self.width).min(self.end).min(end).since(start)
    }
}

/// The shortest whole number of days that is no shorter than `ns`.
fn days(ns: u64) -> Span {
    const DAY: u64 = 86_400;
    Span::from_secs(ns.div_ceil(DAY * 1_000_000_000) * DAY)
}

/// One value of one quantity in one bucket.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    /// When the bucket begins.
    pub at: Time,
    /// What was measured, unit last.
    pub quantity: &'static str,
    /// Of what: an operation kind, an outcome; empty where there is only one.
    pub label: String,
    /// The value.
    pub value: f64,
}

/// Points, in the order in which they were added: by quantity's group, then by label, then by time.
#[derive(Clone, Debug)]
pub struct Series {
    grid: Grid,
    points: Vec<SeriesPoint>,
}

impl Series {
    /// No points yet.
    #[must_use]
    pub const fn new(grid: Grid) -> Self {
        Self { grid, points: Vec::new() }
    }

    /// The buckets.
    #[must_use]
    pub const fn grid(&self) -> Grid {
        self.grid
    }

    /// Adds one value of a bucket.
    pub fn push(&mut self, quantity: &'static str, label: &str, index: usize, value: f64) {
        let at = self.grid.start(index);
        self.points.push(SeriesPoint { at, quantity, label: label.to_owned(), value });
    }

    /// Adds `count` per second of `length`; nothing if that is zero.
    pub fn rate(
        &mut self,
        quantity: &'static str,
        label: &str,
        index: usize,
        count: u64,
        length: Span,
    ) {
        if let Some(rate) = per_second(count, length) {
            self.push(quantity, label, index, rate);
        }
    }

    /// Adds the stretch from `start` to `end` as a part of the run: its length in seconds at its
    /// beginning.
    pub fn phase(&mut self, name: &str, start: Time, end: Time) {
        if start < end {
            let value = end.since(start).seconds();
            let label = name.to_owned();
            self.points.push(SeriesPoint { at: start, quantity: "phase", label, value });
        }
    }

    /// All points.
    #[must_use]
    pub fn finish(self) -> Vec<SeriesPoint> {
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Time {
        Time::ZERO + Span::from_secs(s)
    }

    #[test]
    fn widths_are_readable_and_give_about_a_hundred_buckets() {
        let width = |duration| Grid::new(secs(duration), secs(duration)).width;
        let expected = [(1, 1), (60, 1), (121, 2), (1_800, 15), (14_400, 120), (604_800, 7_200)];
        for (duration, seconds) in expected {
            assert_eq!(width(duration), Span::from_secs(seconds), "for {duration} s");
        }
        assert_eq!(width(200 * 86_400), Span::from_secs(2 * 86_400));
    }

    #[test]
    fn the_last_bucket_ends_with_the_run() {
        let grid = Grid::new(secs(240), secs(245));
        assert_eq!((grid.width, grid.buckets()), (Span::from_secs(2), 123));
        assert_eq!((grid.bucket(secs(0)), grid.bucket(secs(3))), (0, 1));
        assert_eq!(grid.bucket(secs(245)), 122);
        assert_eq!(grid.until(121, secs(245)), Span::from_secs(2));
        assert_eq!(grid.until(122, secs(245)), Span::from_secs(1));
        assert_eq!(grid.until(121, secs(240)), Span::ZERO);
        assert_eq!(Grid::new(Time::ZERO, Time::ZERO).buckets(), 1);
    }
}

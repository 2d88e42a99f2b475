//! Which part of a run the statistics cover.

use crate::node::{Span, Time};
use std::ops::AddAssign;

/// A half-open stretch of time: from `start`, up to but without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub start: Time,
    /// The first instant after it.
    pub end: Time,
}

impl Window {
    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(self, at: Time) -> bool {
        self.start <= at && at < self.end
    }

    /// Its length.
    #[must_use]
    pub const fn length(self) -> Span {
        self.end.since(self.start)
    }

    /// How much of it lies between `from` and `to`.
    #[must_use]
    pub fn overlap(self, from: Time, to: Time) -> Span {
        self.end.min(to).since(self.start.max(from))
    }
}

/// `count` per second of `length`; `None` if it has no length.
#[must_use]
pub fn per_second(count: u64, length: Span) -> Option<f64> {
    (length > Span::ZERO).then(|| count as f64 / length.seconds())
}

/// `part / whole`; `None` if the whole is nothing.
#[must_use]
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Adds counts to counts, one by one.
pub fn add<T: AddAssign + Copy>(to: &mut [T], from: &[T]) {
    debug_assert_eq!(to.len(), from.len());
    to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ns: u64) -> Time {
        Time::from_nanos(ns)
    }

    #[test]
    fn the_start_is_inside_and_the_end_is_not() {
        let window = Window { start: at(10), end: at(20) };
        assert!(window.contains(at(10)) && window.contains(at(19)));
        assert!(!window.contains(at(9)) && !window.contains(at(20)));
    }

    #[test]
    fn overlaps_are_cut_to_the_window() {
        let window = Window { start: at(10), end: at(20) };
        let overlap = |from, to| window.overlap(at(from), at(to)).nanos();
        assert_eq!(
            [overlap(0, 100), overlap(12, 15), overlap(0, 15), overlap(18, 30)],
            [10, 3, 5, 2]
        );
        assert_eq!([overlap(0, 10), overlap(20, 30), overlap(15, 15)], [0, 0, 0]);
    }

    #[test]
    fn nothing_divided_is_nothing_measured() {
        assert_eq!(per_second(3, Span::ZERO), None);
        assert_eq!(per_second(3, Span::from_secs(2)), Some(1.5));
        assert_eq!(ratio(0, 0), None);
        assert_eq!(ratio(1, 4), Some(0.25));
    }
}

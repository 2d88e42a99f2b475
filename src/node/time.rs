//! Simulated time: integer nanoseconds, so that sums are exact and the same everywhere.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point in simulated time, in nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// A length of simulated time, in nanoseconds. [`Span::NEVER`] stands for "never": sums with it
/// saturate, and a timer armed for it doesn't fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The time `ns` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for reports only.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span from `earlier` to here; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any run.
    pub const NEVER: Self = Self(u64::MAX);

    /// `ns` nanoseconds.
    #[must_use]
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// `us` microseconds.
    #[must_use]
    pub const fn from_micros(us: u64) -> Self {
        Self(us.saturating_mul(1_000))
    }

    /// `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s.saturating_mul(1_000_000_000))
    }

    /// `ms` milliseconds, rounded to the nearest nanosecond; negative and NaN give zero, too large
    /// ones saturate.
    #[must_use]
    pub fn from_millis_f64(ms: f64) -> Self {
        Self::from_nanos_f64(ms * 1e6)
    }

    /// `s` seconds, rounded to the nearest nanosecond; negative and NaN give zero, too large ones
    /// saturate.
    #[must_use]
    pub fn from_secs_f64(s: f64) -> Self {
        Self::from_nanos_f64(s * 1e9)
    }

    /// `ns` nanoseconds, rounded to the nearest; negative and NaN give zero, too large ones
    /// saturate.
    #[must_use]
    pub fn from_nanos_f64(ns: f64) -> Self {
        // Adding a half and truncating is IEEE arithmetic only: the same on every machine.
        Self((ns + 0.5) as u64)
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds, for reports and models.
    #[must_use]
    pub fn millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds, for reports and models.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Whether this is [`Span::NEVER`].
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// This span `n` times; [`Span::NEVER`] stays.
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }

    /// The `n`th part of this span, rounded down; [`Span::NEVER`] stays.
    #[must_use]
    pub const fn part(self, n: u64) -> Self {
        if self.is_never() { self } else { Self(self.0 / n) }
    }

    /// The difference, or zero if `other` is longer.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Time {
    /// Seconds with nine digits, exact: `1.050000000s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

impl fmt::Display for Span {
    /// The largest unit that leaves no fraction: `50ms`, `30min`, `never`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "min"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        if self.is_never() {
            return write!(f, "never");
        }
        if self.0 == 0 {
            return write!(f, "0s");
        }
        let (unit, name) =
            UNITS.into_iter().find(|(unit, _)| self.0.is_multiple_of(*unit)).unwrap_or((1, "ns"));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_with_never_saturate() {
        assert_eq!(Time::from_nanos(5) + Span::NEVER, Time::NEVER);
        assert_eq!(Span::NEVER.times(2), Span::NEVER);
        assert_eq!(Span::NEVER.part(3), Span::NEVER);
    }

    #[test]
    fn spans_print_in_the_largest_whole_unit() {
        let shown = |ns| Span::from_nanos(ns).to_string();
        assert_eq!(shown(50_000_000), "50ms");
        assert_eq!(shown(1_800_000_000_000), "30min");
        assert_eq!(shown(1_500), "1500ns");
        assert_eq!(shown(0), "0s");
        assert_eq!(Span::NEVER.to_string(), "never");
    }

    #[test]
    fn floats_round_and_clamp() {
        assert_eq!(Span::from_millis_f64(0.000_001_4).nanos(), 1);
        assert_eq!(Span::from_secs_f64(-3.0), Span::ZERO);
        assert_eq!(Span::from_secs_f64(f64::NAN), Span::ZERO);
        assert_eq!(Span::from_secs_f64(f64::INFINITY), Span::NEVER);
    }
}

//! Round trips measured to a neighbour, and the timeout that follows from them (CLIPPEE 2).

use crate::node::Span;

/// Before any sample.
const INITIAL: Span = Span::from_secs(1);
/// A timeout below this would fire on scheduling noise.
const LEAST: Span = Span::from_millis(50);
/// A timeout above this would leave a dead neighbour in use for too long.
const MOST: Span = Span::from_secs(2);
/// At least this much above the mean, for neighbours whose round trips hardly vary.
const MARGIN: u64 = 10_000_000;

/// Mean and mean deviation of round trips (Jacobson, "Congestion avoidance and control", 1988), in
/// nanoseconds, kept as integers: the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTrip {
    mean: u64,
    deviation: u64,
}

impl RoundTrip {
    /// Takes in one measured round trip. Retransmitted requests give no sample (Karn's rule): the
    /// caller sees to that.
    pub fn sample(&mut self, measured: Span) {
        let measured = measured.nanos().max(1);
        if self.mean == 0 {
            self.mean = measured;
            self.deviation = measured / 2;
            return;
        }
        let error = measured.abs_diff(self.mean);
        self.deviation = (self.deviation * 3 + error) / 4;
        self.mean = (self.mean * 7 + measured) / 8;
    }

    /// The mean; `None` before any sample.
    #[must_use]
    pub fn mean(&self) -> Option<Span> {
        (self.mean > 0).then(|| Span::from_nanos(self.mean))
    }

    /// The retransmission timeout: mean + 4 deviations, at least mean + 10 ms, within 50 ms and 2
    /// s; 1 s before any sample.
    #[must_use]
    pub fn timeout(&self) -> Span {
        if self.mean == 0 {
            return INITIAL;
        }
        Span::from_nanos(self.mean + (4 * self.deviation).max(MARGIN)).clamp(LEAST, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_follows_the_samples_within_its_bounds() {
        let mut trip = RoundTrip::default();
        assert_eq!((trip.mean(), trip.timeout()), (None, INITIAL));
        trip.sample(Span::from_millis(100));
        assert_eq!(trip.timeout(), Span::from_millis(300));
        for _ in 0..100 {
            trip.sample(Span::from_millis(100));
        }
        assert_eq!(trip.timeout(), Span::from_millis(110));
        trip.sample(Span::from_secs(60));
        assert_eq!(trip.timeout(), MOST);
        let mut near = RoundTrip::default();
        near.sample(Span::from_millis(1));
        assert_eq!(near.timeout(), LEAST);
    }
}

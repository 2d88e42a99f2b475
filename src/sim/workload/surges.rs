//! The rate of operations as a function of time: a change of time scale.
//!
//! An issuer's operations are a Poisson process of rate 1 in the time `work(t)`, the integral of the
//! rate's factor. So surges are exact, and the draw of operation `count` stays where it was.

use super::{Change, LoadChange};
use crate::node::{Span, Time};

/// A piecewise constant factor; 1 before the first step.
#[derive(Clone, Debug, Default)]
pub(super) struct Surges {
    /// From when on, which factor; in order of time, the last one's factor is 1.
    steps: Vec<(Time, f64)>,
}

impl Surges {
    /// The product of all surges among `changes`.
    pub fn new(changes: &[LoadChange]) -> Self {
        let surges: Vec<(Time, Time, f64)> = (changes.iter())
            .filter_map(|change| match change.what {
                Change::Surge { rate } => {
                    let at = Time::ZERO + change.at;
                    Some((at, at + change.lasts, rate))
                }
                _ => None,
            })
            .collect();
        let mut times: Vec<Time> = surges.iter().flat_map(|&(at, end, _)| [at, end]).collect();
        times.sort_unstable();
        times.dedup();
        let factor = |t: Time| -> f64 {
            let running = surges.iter().filter(|&&(at, end, _)| at <= t && t < end);
            running.map(|&(_, _, rate)| rate).product()
        };
        Self { steps: times.into_iter().map(|time| (time, factor(time))).collect() }
    }

    /// The instant at which `gap` of work is done after `from`; without surges, `from + gap`.
    /// O(number of steps).
    pub fn after(&self, from: Time, gap: Span) -> Time {
        if gap.is_never() || self.steps.is_empty() {
            return from + gap;
        }
        let (mut now, mut left) = (from, gap.nanos() as f64);
        let next = self.steps.partition_point(|&(time, _)| time <= from);
        let mut factor = next.checked_sub(1).map_or(1.0, |last| self.steps[last].1);
        for &(time, following) in &self.steps[next..] {
            let work = time.since(now).nanos() as f64 * factor;
            if left <= work {
                break;
            }
            left -= work;
            (now, factor) = (time, following);
        }
        now + Span::from_nanos_f64(left / factor).max(Span::from_nanos(1))
    }
}

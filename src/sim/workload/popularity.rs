//! How operations choose objects.

use super::Popularity;
use crate::node::Stream;

/// A law over objects 0..count, ready for drawing.
#[derive(Clone, Debug)]
pub(super) enum Chooser {
    /// All alike.
    Uniform(u32),
    /// Per object, the probability of it and all before it (the last entry is 1): exact, and a draw
    /// takes a binary search. Zipf, "Human behavior and the principle of least effort" (1949).
    Cumulative(Vec<f64>),
}

impl Chooser {
    pub(super) fn new(popularity: Popularity, count: u32) -> Self {
        assert!(count > 0, "a workload needs objects");
        match popularity {
            Popularity::Uniform => Self::Uniform(count),
            Popularity::Zipf(s) => {
                let mut sum = 0.0;
                let mut ends: Vec<f64> = (1..=count)
                    .map(|rank| {
                        sum += libm::pow(f64::from(rank), -s);
                        sum
                    })
                    .collect();
                ends.iter_mut().for_each(|end| *end /= sum);
                Self::Cumulative(ends)
            }
        }
    }

    /// Draws an object: at least one draw of `stream`, O(log count).
    pub(super) fn choose(&self, stream: &mut Stream) -> u32 {
        match self {
            Self::Uniform(count) => stream.below(u64::from(*count)) as u32,
            Self::Cumulative(ends) => {
                let u = stream.unit();
                ends.partition_point(|&end| end <= u).min(ends.len() - 1) as u32
            }
        }
    }
}

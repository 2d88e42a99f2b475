//! How many hops lookups took.

use super::results::HopResults;

/// A count per number of hops; grows to the largest seen.
#[derive(Clone, Debug, Default)]
pub struct Hops {
    counts: Vec<u64>,
}

impl Hops {
    /// Takes in one lookup.
    pub fn record(&mut self, hops: u32) {
        let index = hops as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
    }

    /// Takes in another part.
    pub fn merge(&mut self, other: &Self) {
        let length = self.counts.len().max(other.counts.len());
        self.counts.resize(length, 0);
        super::window::add(&mut self.counts[..other.counts.len()], &other.counts);
    }

    /// Mean and histogram.
    #[must_use]
    pub fn results(&self) -> HopResults {
        let lookups = self.lookups();
        let hops: u64 = (0_u64..).zip(&self.counts).map(|(hops, count)| hops * count).sum();
        let mean = super::window::ratio(hops, lookups);
        HopResults { mean, histogram: self.counts.clone() }
    }

    /// The share of lookups that took each number of hops, from 0 up; empty without lookups.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let lookups = self.lookups() as f64;
        self.counts.iter().map(|&count| count as f64 / lookups).collect()
    }

    fn lookups(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_histogram_and_shares_agree() {
        let mut hops = Hops::default();
        assert_eq!(hops.results(), HopResults { mean: None, histogram: vec![] });
        assert!(hops.shares().is_empty());
        [3, 1, 3, 0].into_iter().for_each(|taken| hops.record(taken));
        assert_eq!(hops.results(), HopResults { mean: Some(1.75), histogram: vec![1, 1, 0, 2] });
        assert_eq!(hops.shares(), [0.25, 0.25, 0.0, 0.5]);
    }
}

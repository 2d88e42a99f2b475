//! Distributions: how values spread over operations, peers and lookups.

use super::operations::Counted;

/// Peers shown one by one up to this many; of more, so many evenly spread.
const PEERS_SHOWN: usize = 400;

/// One point of a distribution. What `share` means depends on the quantity: `docs/metrics.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct DistributionPoint {
    /// What was measured, unit last.
    pub quantity: &'static str,
    /// Of what: an operation kind; empty where there is only one.
    pub label: &'static str,
    /// The value, in the unit of the quantity.
    pub x: f64,
    /// The share that belongs to it, 0 to 1.
    pub share: f64,
}

/// All distributions: latencies by kind, then the load of peers (`rates`, largest first), then
/// hops.
#[must_use]
pub fn distributions(counted: &Counted, rates: &[f64]) -> Vec<DistributionPoint> {
    let mut points = Vec::new();
    for (kind, curve) in &counted.curves {
        let label = kind.name();
        let point = |&(x, share)| DistributionPoint { quantity: "latency_ms", label, x, share };
        points.extend(curve.iter().map(point));
    }
    points.extend(ranked(rates).map(|(x, share)| DistributionPoint {
        quantity: "peer_messages_per_s",
        label: "",
        x,
        share,
    }));
    let hops = counted.hops.shares().into_iter().zip(0_u32..);
    points.extend(hops.map(|(share, hops)| DistributionPoint {
        quantity: "hops",
        label: "",
        x: f64::from(hops),
        share,
    }));
    points
}

/// Each value of a falling list with the share of the list down to it; thinned, but with both ends.
fn ranked(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let last = values.len().saturating_sub(1);
    let shown = values.len().min(PEERS_SHOWN);
    (0..shown).map(move |point| {
        let rank = if shown > 1 { point * last / (shown - 1) } else { 0 };
        (values[rank], (rank + 1) as f64 / values.len() as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_thinned_and_keep_both_ends() {
        assert_eq!(ranked(&[]).count(), 0);
        assert_eq!(ranked(&[7.0]).collect::<Vec<_>>(), [(7.0, 1.0)]);
        assert_eq!(ranked(&[9.0, 3.0]).collect::<Vec<_>>(), [(9.0, 0.5), (3.0, 1.0)]);
        let many: Vec<f64> = (0..10_000).rev().map(f64::from).collect();
        let shown: Vec<_> = ranked(&many).collect();
        assert_eq!(shown.len(), PEERS_SHOWN);
        assert_eq!((shown[0].0, shown[399]), (9_999.0, (0.0, 1.0)));
        assert!(shown.is_sorted_by(|a, b| a.0 > b.0 && a.1 < b.1));
    }
}

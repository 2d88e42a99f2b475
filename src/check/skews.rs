//! By how much nodes may measure time wrongly, because faults pause them or upset their clocks.

use crate::node::{FaultBegun, NodeId, Span, Time};
use std::collections::BTreeMap;

/// One fault at one node.
#[derive(Clone, Copy, Debug)]
struct Skew {
    at: Time,
    until: Time,
    span: Span,
    drift: f64,
}

/// All such faults so far, by node. Those of all other nodes run true.
#[derive(Clone, Debug, Default)]
pub(super) struct Skews(BTreeMap<NodeId, Vec<Skew>>);

impl Skews {
    /// A fault begins.
    pub fn begin(&mut self, fault: &FaultBegun<'_>) {
        let &FaultBegun { at, until, skew: span, drift, .. } = fault;
        if span == Span::ZERO && drift == 0.0 {
            return;
        }
        for &node in fault.targets.iter().flat_map(|(_, nodes)| nodes) {
            self.0.entry(node).or_default().push(Skew { at, until, span, drift });
        }
    }

    /// By how much `node` may be early or late at `to` with what it began to measure at `from`.
    pub fn between(&self, node: NodeId, from: Time, to: Time) -> Span {
        let all = self.0.get(&node).into_iter().flatten();
        let (mut sum, mut drifts) = (Span::ZERO, 0.0_f64);
        for skew in all.filter(|skew| skew.at <= to && from <= skew.until) {
            sum = sum + skew.span;
            drifts += skew.drift;
            // A slow clock is set right when the fault ends: all that it lost comes back.
            if from < skew.until && skew.until <= to {
                sum = sum + share(skew.until.since(skew.at), skew.drift);
            }
        }
        // Of what passed, a clock that is slow by d has counted all but d.
        sum + share(to.since(from), drifts.min(1.0))
    }

    /// The latest time at which `node` may take `length` to be over that it measures from `from` on;
    /// at most `end`.
    pub fn latest(&self, node: NodeId, from: Time, length: Span, end: Time) -> Time {
        let mut latest = from + length;
        // Each round takes in what may go wrong until then.
        for _ in 0..ROUNDS {
            let next = from + length + self.between(node, from, latest);
            if next == latest || latest >= end {
                break;
            }
            latest = next;
        }
        latest
    }
}

/// Half of what is missing in each leaves nothing of an hour.
const ROUNDS: u32 = 64;

/// A share of a span, rounded up and a little more: clocks round, too.
fn share(span: Span, share: f64) -> Span {
    match share {
        0.0 => Span::ZERO,
        _ => Span::from_nanos_f64(libm::ceil(span.nanos() as f64 * share)) + Span::from_nanos(2),
    }
}

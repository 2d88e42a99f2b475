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
        let share = |drift: f64, span: Span| {
            Span::from_nanos_f64(libm::ceil(span.nanos() as f64 * drift)) + Span::from_nanos(1)
        };
        all.filter(|skew| skew.at <= to && from <= skew.until)
            .map(|skew| match skew.drift {
                0.0 => skew.span,
                // A slow clock is set right when the fault ends: all that it lost comes back.
                drift if from < skew.until && skew.until <= to => {
                    share(drift, to.since(from) + skew.until.since(skew.at))
                }
                drift => share(drift, to.since(from)),
            })
            .fold(Span::ZERO, |sum, span| sum + span)
    }
}

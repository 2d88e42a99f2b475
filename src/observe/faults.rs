//! The faults of a run as they came: when, and whom they struck.

use crate::node::{FaultBegun, NodeId, Observer, Protocol, Time};

/// A fault that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSeen {
    /// Its place in the plan, from 1.
    pub number: u32,
    /// What it was.
    pub kind: &'static str,
    /// When it began.
    pub at: Time,
    /// When it ended.
    pub until: Time,
    /// The nodes concerned, by their part in it; empty if it concerned all.
    pub targets: Vec<(&'static str, Vec<NodeId>)>,
}

/// The observer.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<FaultSeen>);

impl Faults {
    /// All faults, in the order in which they began.
    #[must_use]
    pub fn finish(self) -> Vec<FaultSeen> {
        self.0
    }
}

impl<P: Protocol> Observer<P> for Faults {
    fn watches_traffic(&self) -> bool {
        false
    }

    fn fault(&mut self, fault: &FaultBegun<'_>) {
        let &FaultBegun { number, kind, at, until, targets, .. } = fault;
        self.0.push(FaultSeen { number, kind, at, until, targets: targets.to_vec() });
    }
}

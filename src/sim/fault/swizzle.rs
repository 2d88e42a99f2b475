//! A swizzle: nodes are cut off one by one, and come back one by one in another order.

use super::lane;
use crate::node::{Key, NodeId, Span, Time};
use std::collections::BTreeMap;

/// When each of some nodes can't be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops(BTreeMap<NodeId, (Time, Time)>);

impl Stops {
    /// `targets` stop one by one from `at` on, evenly over the first half of the time until `until`,
    /// and come back one by one, evenly over the second half, the last one at `until`. Both orders
    /// are drawn, for the fault of that number.
    #[must_use]
    pub fn new(targets: &[NodeId], at: Time, until: Time, (key, number): (Key, u32)) -> Self {
        let mut stream = key.lane(0, number, lane::ORDER);
        let (mut going, mut coming) = (targets.to_vec(), targets.to_vec());
        stream.shuffle(&mut going);
        stream.shuffle(&mut coming);
        let half = until.since(at).part(2);
        let step = |place: usize| {
            let part = u128::from(half.nanos()) * place as u128 / targets.len().max(1) as u128;
            Span::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
        };
        let mut stops: BTreeMap<NodeId, (Time, Time)> =
            going.iter().enumerate().map(|(i, &node)| (node, (at + step(i), until))).collect();
        for (i, node) in coming.iter().rev().enumerate() {
            if let Some(stop) = stops.get_mut(node) {
                stop.1 = until - step(i);
            }
        }
        Self(stops)
    }

    /// Whether `node` is cut off at that time.
    #[must_use]
    pub fn contains(&self, node: NodeId, at: Time) -> bool {
        self.0.get(&node).is_some_and(|&(from, to)| from <= at && at < to)
    }
}

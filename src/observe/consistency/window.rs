//! Which operations count: those asked from warm-up to `duration`.

use super::Census;
use crate::node::{OperationId, Time};

/// Tells the operations of the window from the others, for ever, in eight bytes a node: the
/// workload numbers each node's operations in the order in which it asks for them. (A scripted
/// operation may be asked for before one with a lower number that is drawn for later. That matters
/// only where the window opens or closes between the two.)
#[derive(Clone, Debug)]
pub struct Window {
    open: Time,
    close: Time,
    /// By node: the first operation asked at or after `open`, and at or after `close`.
    bounds: Vec<(u32, u32)>,
}

impl Window {
    /// The window of a run in which nothing was asked yet.
    #[must_use]
    pub fn new(census: &Census) -> Self {
        let bounds = vec![(u32::MAX, u32::MAX); census.nodes as usize + 1];
        Self { open: census.warmup, close: census.duration, bounds }
    }

    /// An operation was asked for.
    pub fn asked(&mut self, at: Time, id: OperationId) {
        let (first, after) = &mut self.bounds[id.client.index()];
        if at >= self.open {
            *first = (*first).min(id.count);
        }
        if at >= self.close {
            *after = (*after).min(id.count);
        }
    }

    /// Whether an operation belongs to the window. One that was never asked for doesn't.
    #[must_use]
    pub fn contains(&self, id: OperationId) -> bool {
        let bounds = self.bounds.get(id.client.index());
        bounds.is_some_and(|&(first, after)| (first..after).contains(&id.count))
    }
}

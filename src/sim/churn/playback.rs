//! Sessions as they were measured.

use super::{Trace, lane};
use crate::node::{Key, NodeId, Span, Time};
use std::sync::Arc;

/// A trace played back from some time on; each node plays one of the trace's nodes.
#[derive(Clone, Debug)]
pub(super) struct Playback {
    trace: Arc<Trace>,
    start: Span,
    first: NodeId,
    /// The trace's node that each of ours plays: drawn without repetition.
    rows: Vec<u32>,
}

impl Playback {
    pub(super) fn new(trace: Arc<Trace>, start: Span, first: NodeId, count: u32, key: Key) -> Self {
        let all = u32::try_from(trace.nodes.len()).expect("a trace has fewer than 2^32 nodes");
        let mut rows: Vec<u32> = (0..all).collect();
        key.lane(first.0, 0, lane::IDENTITIES).shuffle(&mut rows);
        rows.truncate(count as usize);
        Self { trace, start, first, rows }
    }

    fn sessions(&self, node: NodeId) -> &[(Span, Span)] {
        &self.trace.nodes[self.rows[(node.0 - self.first.0) as usize] as usize]
    }

    /// How many beginnings and ends of sessions lie at or before time 0 of the run. Odd: a session
    /// is running.
    fn passed(&self, node: NodeId) -> usize {
        let sessions = self.sessions(node);
        let begun = sessions.partition_point(|&(begin, _)| begin <= self.start);
        let ended = sessions.partition_point(|&(_, end)| end <= self.start);
        // A session that the observation cut off goes on: the last state stays.
        let cut_off = ended > 0 && ended == sessions.len() && self.is_cut_off(node);
        begun + ended - usize::from(cut_off)
    }

    fn is_cut_off(&self, node: NodeId) -> bool {
        self.sessions(node).last().is_some_and(|&(_, end)| end >= self.trace.end)
    }

    pub(super) fn is_up_at_start(&self, node: NodeId) -> bool {
        !self.passed(node).is_multiple_of(2)
    }

    /// When phase `index` ends; `None` from the last change that the trace saw on. The ends are the
    /// trace's own, wherever the phase began, so that a delayed boot doesn't shift the rest.
    pub(super) fn end(&self, node: NodeId, index: u32) -> Option<Time> {
        let change = self.passed(node) + index as usize;
        let sessions = self.sessions(node);
        let &(begin, end) = sessions.get(change / 2)?;
        if change.is_multiple_of(2) {
            return Some(Time::ZERO + begin.less(self.start));
        }
        let is_last = change / 2 + 1 == sessions.len();
        (!(is_last && self.is_cut_off(node))).then(|| Time::ZERO + end.less(self.start))
    }
}

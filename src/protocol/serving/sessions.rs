//! An access peer's record of its clients (CLIPPEE 1). It is small, because there may be very many:
//! who, and when last heard of.

use crate::node::{Bug, NodeId, Span, Time, planted};
use std::collections::BTreeMap;

/// A client not heard of for this many heartbeat intervals is forgotten.
const PATIENCE: u64 = 3;
/// 2^20 ns: a time in these units takes 32 bits for 52 days.
const UNIT: u32 = 20;

fn coarse(time: Time) -> u32 {
    (time.nanos() >> UNIT) as u32
}

/// The clients of one access peer.
#[derive(Debug)]
pub(in crate::protocol) struct Sessions {
    heard: BTreeMap<NodeId, u32>,
    most: usize,
    patience: Span,
}

impl Sessions {
    /// No clients; there may be at most `most`.
    pub fn new(most: u32, heartbeat_interval: Span) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { heard: BTreeMap::new(), most, patience: heartbeat_interval.times(PATIENCE) }
    }

    /// A client wants to be served: whether there is room. O(log n), as all that concerns one
    /// client.
    pub fn admit(&mut self, client: NodeId, now: Time) -> bool {
        let full = self.heard.len() >= self.most && !planted(Bug::NoRoomNoMatter);
        if full && !self.heard.contains_key(&client) {
            return false;
        }
        self.heard.insert(client, coarse(now));
        true
    }

    /// A message came from `client`: whether it is served here.
    pub fn hear(&mut self, client: NodeId, now: Time) -> bool {
        let heard = self.heard.get_mut(&client);
        heard.map(|heard| *heard = coarse(now)).is_some()
    }

    /// The client has left.
    pub fn forget(&mut self, client: NodeId) {
        self.heard.remove(&client);
    }

    /// Forgets the clients that have gone silent, and says who they were. O(n).
    pub fn sweep(&mut self, now: Time) -> Vec<NodeId> {
        if self.patience.is_never() {
            return Vec::new();
        }
        let (now, patience) = (coarse(now), self.patience.nanos() >> UNIT);
        let is_silent = |heard: u32| u64::from(now.wrapping_sub(heard)) > patience;
        let silent = self.heard.iter().filter(|(_, heard)| is_silent(**heard));
        let silent: Vec<NodeId> = silent.map(|(&client, _)| client).collect();
        silent.iter().for_each(|&client| self.forget(client));
        silent
    }

    /// Forgets all, and says who they were.
    pub fn dismiss(&mut self) -> impl Iterator<Item = NodeId> + use<> {
        std::mem::take(&mut self.heard).into_keys()
    }

    /// How many clients are served.
    pub fn len(&self) -> usize {
        self.heard.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn there_is_room_for_so_many_and_a_repeat_is_no_newcomer() {
        let mut sessions = Sessions::new(2, Span::from_secs(5));
        assert!(sessions.admit(NodeId(8), at(0)));
        assert!(sessions.admit(NodeId(9), at(0)));
        assert!(!sessions.admit(NodeId(10), at(0)));
        assert!(sessions.admit(NodeId(8), at(1)));
        assert_eq!(sessions.len(), 2);
    }

    #[test]
    fn who_is_silent_for_three_intervals_is_forgotten() {
        let mut sessions = Sessions::new(9, Span::from_secs(5));
        sessions.admit(NodeId(8), at(0));
        sessions.admit(NodeId(9), at(0));
        assert!(sessions.hear(NodeId(9), at(6)));
        assert!(sessions.sweep(at(14)).is_empty());
        assert_eq!(sessions.sweep(at(16)), [NodeId(8)]);
        assert!(!sessions.hear(NodeId(8), at(16)));
        assert!(sessions.hear(NodeId(9), at(16)));
    }

    #[test]
    fn without_heartbeats_nobody_is_forgotten() {
        let mut sessions = Sessions::new(9, Span::NEVER);
        sessions.admit(NodeId(8), at(0));
        assert!(sessions.sweep(at(1_000_000)).is_empty());
        assert_eq!(sessions.dismiss().collect::<Vec<_>>(), [NodeId(8)]);
        assert_eq!(sessions.len(), 0);
    }
}

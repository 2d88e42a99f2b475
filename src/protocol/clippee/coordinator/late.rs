//! Answers to reads that come when their try is over. They count for nothing any more, but they
//! tell how long a round trip takes; without them a timeout that has become too short could never
//! grow again (the locks' answers have `round::Past` for that).

use crate::node::{NodeId, Time};
use std::collections::VecDeque;

/// So many answers are awaited; the oldest are forgotten first.
const BOUND: usize = 64;

/// Who was asked, for which read, when, and hasn't answered.
#[derive(Debug, Default)]
pub(super) struct Late {
    awaited: VecDeque<(u32, NodeId, Time)>,
}

impl Late {
    /// A try of the read `token` is over; `silent` were asked then, and haven't answered.
    pub fn expect(&mut self, token: u32, silent: impl IntoIterator<Item = (NodeId, Time)>) {
        for (replica, asked) in silent {
            self.awaited.push_back((token, replica, asked));
            if self.awaited.len() > BOUND {
                self.awaited.pop_front();
            }
        }
    }

    /// When `from` was asked for the read `token`, if its answer is awaited; now it has come. Linear
    /// in the answers awaited.
    pub fn hear(&mut self, from: NodeId, token: u32) -> Option<Time> {
        let is_this = |&(of, replica, _): &(u32, NodeId, Time)| (of, replica) == (token, from);
        let place = self.awaited.iter().position(is_this)?;
        self.awaited.remove(place).map(|(_, _, asked)| asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_heard_once_and_the_oldest_are_forgotten() {
        let mut late = Late::default();
        let asked = Time::from_nanos(5);
        late.expect(7, [(NodeId(1), asked), (NodeId(2), asked)]);
        assert_eq!(late.hear(NodeId(1), 8), None);
        assert_eq!(late.hear(NodeId(1), 7), Some(asked));
        assert_eq!(late.hear(NodeId(1), 7), None);
        late.expect(8, (0..BOUND as u32).map(|replica| (NodeId(10 + replica), asked)));
        assert_eq!(late.hear(NodeId(2), 7), None);
        assert_eq!(late.hear(NodeId(10), 8), Some(asked));
    }
}

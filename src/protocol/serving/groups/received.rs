//! What a member has received of a group: which messages may still be delivered, and which have
//! been missed (CLIPPEE 7).
//!
//! In total order numbers only rise, and a message that was numbered twice counts once; in fifo
//! each sender's counts only rise. So whatever access peers and networks do, no message is
//! delivered twice and none out of order; what this rules out is told as a gap.

use super::message::Multicast;
use crate::node::{Bug, NodeId, OperationId, Order, planted};
use std::collections::{BTreeMap, VecDeque};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it is delivered; if not, it was before, or is too late.
    pub delivered: bool,
    /// So many before it won't come any more: in total order, or of its sender in fifo.
    pub missing: u32,
}

const DROP: Verdict = Verdict { delivered: false, missing: 0 };

/// One member's record. Space: 8 bytes for each of the last messages in total order, 8 for each
/// sender in fifo order.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// In total order: the last number.
    number: u32,
    /// Those delivered last in total order, newest at the end: under two numbers a message may come
    /// twice.
    recent: VecDeque<OperationId>,
    /// In fifo order: the last count of each sender.
    senders: BTreeMap<NodeId, u32>,
}

impl Received {
    /// A new member starts behind `number`.
    pub fn begin(&mut self, number: u32) {
        *self = Self { number, ..Self::default() };
    }

    /// The last number in total order.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Takes a message in; `remember` in total order are known again. O(remember + log senders).
    pub fn take(&mut self, multicast: &Multicast, remember: usize) -> Verdict {
        let verdict = self.judge(multicast, remember);
        if planted(Bug::DuplicateDelivered) {
            Verdict { delivered: true, ..verdict }
        } else {
            verdict
        }
    }

    fn judge(&mut self, multicast: &Multicast, remember: usize) -> Verdict {
        match multicast.order {
            Order::Total => self.take_numbered(multicast, remember),
            Order::Fifo => self.take_counted(multicast),
        }
    }

    fn take_numbered(&mut self, multicast: &Multicast, remember: usize) -> Verdict {
        if multicast.number <= self.number {
            return DROP;
        }
        let missing = multicast.number - self.number - 1;
        self.number = multicast.number;
        let again = self.recent.contains(&multicast.id);
        if !again {
            self.recent.push_back(multicast.id);
            if self.recent.len() > remember {
                self.recent.pop_front();
            }
        }
        Verdict { delivered: !again, missing }
    }

    fn take_counted(&mut self, multicast: &Multicast) -> Verdict {
        let Multicast { id, number, first, .. } = *multicast;
        // What a sender sent before this member heard of it isn't this member's.
        let last = self.senders.insert(id.client, number).unwrap_or(number - 1);
        if number <= last {
            self.senders.insert(id.client, last);
            return DROP;
        }
        // After a reboot of the sender, all since is this member's, who knew it before. Numbers
        // between were given to nothing.
        Verdict { delivered: true, missing: number - (last + 1).max(first) }
    }

    /// Whether it has heard of this sender in fifo order.
    pub fn knows(&self, sender: NodeId) -> bool {
        self.senders.contains_key(&sender)
    }

    /// In total order nothing up to `number` will come any more: how many that are.
    pub fn pass_over(&mut self, number: u32) -> u32 {
        let missing = number.saturating_sub(self.number);
        self.number = self.number.max(number);
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(order: Order, sender: u32, operation: u32, number: u32) -> Multicast {
        let id = OperationId { client: NodeId(sender), count: operation };
        Multicast { id, order, number, first: 1, bytes: 1, check: 0 }
    }

    fn delivered(missing: u32) -> Verdict {
        Verdict { delivered: true, missing }
    }

    #[test]
    fn numbers_only_rise_and_jumps_are_told() {
        let mut received = Received::default();
        received.begin(4);
        let mut take = |number| received.take(&message(Order::Total, 9, number, number), 8);
        assert_eq!(take(4), DROP);
        assert_eq!(take(5), delivered(0));
        assert_eq!(take(5), DROP);
        assert_eq!(take(8), delivered(2));
        assert_eq!(take(7), DROP);
        assert_eq!(received.pass_over(10), 2);
        assert_eq!(received.pass_over(9), 0);
        assert_eq!(received.number(), 10);
    }

    #[test]
    fn a_message_with_two_numbers_is_delivered_once() {
        let mut received = Received::default();
        assert_eq!(received.take(&message(Order::Total, 9, 1, 1), 2), delivered(0));
        let again = Verdict { delivered: false, missing: 1 };
        assert_eq!(received.take(&message(Order::Total, 9, 1, 3), 2), again);
        assert_eq!(received.number(), 3);
    }

    #[test]
    fn each_sender_has_its_own_counts() {
        let mut received = Received::default();
        let mut take = |sender, count| received.take(&message(Order::Fifo, sender, 0, count), 8);
        assert_eq!(take(9, 3), delivered(0));
        assert_eq!(take(8, 1), delivered(0));
        assert_eq!(take(9, 3), DROP);
        assert_eq!(take(9, 6), delivered(2));
        assert_eq!(take(9, 5), DROP);
        assert_eq!(take(8, 2), delivered(0));
    }

    /// Counts restart where a sender reboots, but numbers go on rising.
    #[test]
    fn a_sender_that_rebooted_is_heard_and_what_lacks_since_is_told() {
        let mut received = Received::default();
        let mut take = |first, number| {
            let message = message(Order::Fifo, 9, 0, number);
            received.take(&Multicast { first, ..message }, 8)
        };
        assert_eq!(take(1, 2), delivered(0));
        assert_eq!(take(7, 7), delivered(0), "numbers between were given to nothing");
        assert_eq!(take(1, 3), DROP, "what was sent before the reboot comes too late");
        assert_eq!(take(7, 8), delivered(0));
        assert_eq!(take(20, 22), delivered(2), "two of the third session");
        assert_eq!(take(20, 21), DROP);
    }

    proptest! {
        /// Whatever comes, in whatever order: nothing twice, and what is neither delivered nor
        /// told as missing came too late or twice.
        #[test]
        fn what_is_delivered_and_what_is_missing_add_up(
            numbers in prop::collection::vec(1_u32..30, 1..60),
        ) {
            let mut received = Received::default();
            let (mut got, mut missing) = (Vec::new(), 0);
            for number in numbers {
                let verdict = received.take(&message(Order::Total, 9, number, number), 64);
                missing += verdict.missing;
                if verdict.delivered {
                    got.push(number);
                }
            }
            prop_assert!(got.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(got.len() as u32 + missing, received.number());
        }
    }
}

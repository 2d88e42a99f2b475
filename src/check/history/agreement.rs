//! G6: all who get a group's messages in total order agree on which message has which number. (That
//! numbers rise at each member is H12; together this is one order.)

use crate::check::facts::Facts;
use crate::check::rule::Rule;
use crate::check::verdict::{Tally, Witness};
use crate::node::{NodeId, ObjectId, Observation, OperationId, Order, Time};
use crate::observe::consistency::Census;
use std::collections::BTreeMap;

/// What the first member said.
#[derive(Clone, Copy, Debug)]
struct First<T> {
    said: T,
    by: NodeId,
}

/// Takes 50 bytes for each message that reached anybody; O(log messages) a delivery.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct OneOrder {
    messages: BTreeMap<(ObjectId, u32), First<OperationId>>,
    numbers: BTreeMap<OperationId, First<u32>>,
    tally: Tally,
}

impl Rule for OneOrder {
    const ID: &'static str = "G6";
    const TITLE: &'static str = "members agree on the total order";
    const GUARANTEE: Option<&'static str> = Some("total_order");

    fn applies(census: &Census) -> bool {
        census.groups > 0
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, _: &Facts) {
        let Observation::Delivered { group, id, order: Order::Total, number } = *observation else {
            return;
        };
        let first = First { said: id, by: node };
        let message = *self.messages.entry((group, number)).or_insert(first);
        let numbered = *self.numbers.entry(id).or_insert(First { said: number, by: node });
        self.tally.judge(message.said == id && numbered.said == number, || {
            let (expected, other) = if message.said == id {
                (
                    format!("message {id} as {}, as {} had it", numbered.said, numbered.by),
                    numbered.by,
                )
            } else {
                let First { said, by } = message;
                (format!("message {said} as {number}, as {by} had it"), by)
            };
            let seen = format!("message {id} as {number}");
            Witness::new(at, node, expected, seen).of(group).in_operation(id).and(other)
        });
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::Order;
    use crate::observe::consistency::script::op;

    #[test]
    fn one_number_for_each_message_passes_with_gaps() {
        let run = judged("G6", |run| {
            for (node, numbers) in [(6, &[1, 2, 3][..]), (7, &[2, 3]), (8, &[1, 3])] {
                for &number in numbers {
                    run.at(10).gets(node, op(5, number), Order::Total, number);
                }
            }
            // Numbers in fifo order are each sender's own.
            run.at(20).gets(6, op(7, 9), Order::Fifo, 1);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 7);
    }

    #[test]
    fn two_messages_of_one_number_are_found_at_two_members() {
        let run = judged("G6", |run| {
            run.at(10).gets(6, op(8, 0), Order::Total, 1);
            run.at(20).gets(7, op(8, 1), Order::Total, 1);
        });
        let text = broken(&run);
        assert!(
            text.contains("n7, n6") && text.contains("message n8#0 as 1, as n6 had it"),
            "{text}"
        );
    }

    #[test]
    fn two_numbers_of_one_message_are_found() {
        let run = judged("G6", |run| {
            run.at(10).gets(6, op(8, 0), Order::Total, 1);
            run.at(20).gets(7, op(8, 0), Order::Total, 2);
        });
        assert!(broken(&run).contains("message n8#0 as 1, as n6 had it"), "{run}");
    }
}

//! H12: a member gets no message twice, and what it gets has rising numbers: those of the group in
//! total order, those of each sender in fifo order. Judged within one membership: from the answer
//! to a join, which says up to which number the member's state has all messages, to the leave.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, Observation, Order, Time};
use crate::observe::consistency::Census;
use crate::observe::delivery::Numbering;

#[derive(Clone, Debug, Default)]
pub(super) struct Rising {
    tally: Tally,
}

impl Rule for Rising {
    const ID: &'static str = "H12";
    const TITLE: &'static str = "a member gets no message twice, and numbers only rise";

    fn applies(census: &Census) -> bool {
        census.groups > 0
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Delivered { group, id, order, number } = *observation else { return };
        let numbering = Numbering { id, group, order, number };
        let Some(judgement) = facts.ledger.judge(node, numbering) else { return };
        let witness = |expected: String, seen: String| {
            Witness::new(at, node, expected, seen).of(group).in_operation(id)
        };
        if judgement.duplicate {
            self.tally.judge(false, || {
                witness(format!("message {id} once"), format!("it again, as {number}"))
            });
            return;
        }
        self.tally.judge(judgement.rises, || {
            let whose = match order {
                Order::Total => "the group's messages".to_owned(),
                Order::Fifo => format!("{}'s messages", id.client),
            };
            witness(format!("rising numbers of {whose}"), format!("{number} behind a higher one"))
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
    fn rising_numbers_pass_with_gaps_and_after_a_new_join() {
        let run = judged("H12", |run| {
            run.at(10).join(op(6, 0), 0);
            for (number, sent) in [(1, 0), (2, 1), (4, 2)] {
                run.at(20).ask_multicast(op(7, sent), Order::Total);
                run.at(30).numbered(op(7, sent), Order::Total, number);
                run.at(40).gets(6, op(7, sent), Order::Total, number);
            }
            run.at(50).leave(op(6, 1));
            run.at(60).join(op(6, 2), 3);
            run.at(70).gets(6, op(7, 2), Order::Total, 4);
            // Each sender's messages in fifo order have numbers of their own.
            for (client, number) in [(7, 1), (8, 1), (7, 3), (8, 2)] {
                let id = op(client, 10 + number);
                run.at(80).numbered(id, Order::Fifo, number);
                run.at(90).gets(6, id, Order::Fifo, number);
            }
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 8);
    }

    #[test]
    fn a_message_that_comes_twice_is_found() {
        for order in [Order::Total, Order::Fifo] {
            let run = judged("H12", |run| {
                run.at(10).join(op(6, 0), 0);
                run.at(20).ask_multicast(op(7, 0), order);
                run.at(30).numbered(op(7, 0), order, 1);
                run.at(40).gets(6, op(7, 0), order, 1);
                run.at(50).gets(6, op(7, 0), order, 2);
            });
            assert!(broken(&run).contains("message n7#0 once"), "{run}");
            assert_eq!(run.violations, 1);
        }
    }

    #[test]
    fn a_message_that_comes_twice_to_one_that_joined_after_its_number_is_found() {
        let run = judged("H12", |run| {
            run.at(20).ask_multicast(op(7, 0), Order::Fifo);
            run.at(30).numbered(op(7, 0), Order::Fifo, 1);
            run.at(35).join(op(6, 0), 0);
            run.at(40).gets(6, op(7, 0), Order::Fifo, 1);
            run.at(50).gets(6, op(7, 0), Order::Fifo, 1);
        });
        broken(&run);
    }

    #[test]
    fn numbers_that_fall_are_found() {
        for order in [Order::Total, Order::Fifo] {
            let run = judged("H12", |run| {
                run.at(10).join(op(6, 0), 0);
                run.at(20).numbered(op(7, 0), order, 1);
                run.at(20).numbered(op(7, 1), order, 2);
                run.at(40).gets(6, op(7, 1), order, 2);
                run.at(50).gets(6, op(7, 0), order, 1);
            });
            assert!(broken(&run).contains("1 behind a higher one"), "{run}");
        }
    }

    #[test]
    fn a_message_that_is_part_of_the_state_is_found() {
        let run = judged("H12", |run| {
            run.at(20).numbered(op(7, 0), Order::Total, 5);
            run.at(30).join(op(6, 0), 5);
            run.at(40).gets(6, op(7, 0), Order::Total, 5);
        });
        assert!(broken(&run).contains("rising numbers of the group's messages"), "{run}");
    }

    #[test]
    fn two_messages_of_one_number_are_found() {
        for order in [Order::Total, Order::Fifo] {
            broken(&judged("H12", |run| {
                run.at(10).join(op(6, 0), 0);
                run.at(20).numbered(op(7, 0), order, 1);
                run.at(20).numbered(op(7, 1), order, 1);
                run.at(40).gets(6, op(7, 0), order, 1);
                run.at(50).gets(6, op(7, 1), order, 1);
            }));
        }
    }

    #[test]
    fn nobody_else_is_judged() {
        let run = judged("H12", |run| {
            run.at(20).numbered(op(7, 0), Order::Total, 1);
            run.at(40).gets(6, op(7, 0), Order::Total, 1);
            run.at(50).gets(6, op(7, 0), Order::Total, 1);
        });
        assert_eq!((run.judged, run.violations), (0, 0));
    }
}

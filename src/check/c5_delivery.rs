//! C5: without faults and churn every message reaches, exactly once and under one number, all who
//! were members when it got that number and stayed for 30 s; and a multicast that succeeded has a
//! number. (That numbers rise at each member is H12; together this is one order.) Where lock quorums
//! needn't overlap two messages may get one number: these aren't judged there.
//!
//! Clients may come and join as they like. Messages are judged at the end of the run, if they got
//! their number 30 s before it.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, ObjectId, Observation, Operation, OperationId, Order, Outcome, Time};
use crate::observe::consistency::Census;
use crate::observe::delivery::{Message, Start, out_of_order};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub(super) struct Deliveries {
    /// Multicasts that succeeded.
    sent: BTreeSet<OperationId>,
    /// Messages whose number another one has, which nothing prevented.
    shared: u64,
    tally: Tally,
}

impl Rule for Deliveries {
    const ID: &'static str = "C5";
    const TITLE: &'static str =
        "without faults every staying member gets every message once, in one order";

    fn applies(census: &Census) -> bool {
        census.groups > 0
    }

    fn told(&mut self, _: Time, _: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Ended { id, outcome: Outcome::Ok(_) } = *observation else { return };
        let multicast = facts.open.get(&id).map(|open| open.operation);
        if let Some(Operation::Multicast { .. }) = multicast {
            self.sent.insert(id);
        }
    }

    fn end(&mut self, facts: &Facts) {
        let messages = facts.ledger.messages();
        let shared = if overlaps(facts) { BTreeSet::new() } else { numbered_twice(messages) };
        for (message, disorder) in messages.iter().zip(out_of_order(messages)) {
            let succeeded = self.sent.remove(&message.id);
            match message.start {
                Some(start) if shared.contains(&place(start)) => self.shared += 1,
                Some(start) if message.due() <= facts.census.end => {
                    self.message(message, start, disorder, facts);
                }
                Some(_) => {}
                None if succeeded => self.tally.judge(false, || {
                    let expected = "a number of the multicast that succeeded";
                    let (end, by) = (facts.census.end, message.id.client);
                    Witness::new(end, by, expected, "none".to_owned()).in_operation(message.id)
                }),
                None => {}
            }
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        if let Some(reason) = facts.disturbances.reason() {
            return Verdict::Undecided(reason);
        }
        if self.tally.violations == 0 && self.shared > 0 {
            return Verdict::Undecided(format!(
                "{} messages share their numbers with others: lock quorums needn't overlap",
                self.shared
            ));
        }
        if self.tally.judged == 0 {
            let reason = "no message got a number 30 s before the end of the run";
            return Verdict::Undecided(reason.to_owned());
        }
        self.tally.verdict()
    }
}

/// Whether two attempts can't both win and know nothing of each other.
fn overlaps(facts: &Facts) -> bool {
    2 * facts.census.lock_quorum > facts.census.replicas
}

/// A number of a group.
fn place(start: Start) -> (ObjectId, u32) {
    (start.numbering.group, start.numbering.number)
}

/// The numbers that more than one message in total order has.
fn numbered_twice(messages: &[Message]) -> BTreeSet<(ObjectId, u32)> {
    let mut seen = BTreeSet::new();
    let starts = messages.iter().filter_map(|message| message.start);
    let total = starts.filter(|start| start.numbering.order == Order::Total);
    total.map(place).filter(|&place| !seen.insert(place)).collect()
}

impl Deliveries {
    fn message(&mut self, message: &Message, start: Start, disorder: u64, facts: &Facts) {
        let (group, number) = (start.numbering.group, start.numbering.number);
        let lacking = message.expected.first_not_in(&message.got);
        let about = |node: NodeId, expected: String, seen: String| {
            Witness::new(start.at, node, expected, seen).of(group).in_operation(message.id)
        };
        self.tally.judge(lacking.is_none(), || {
            let (all, had) = (message.expected.count(), message.delivered());
            let without = lacking.and_then(|slot| facts.ledger.client(group, slot));
            let expected = format!("message {number} to reach all {all} members that stayed");
            let seen = format!("it reach {had}, and not {}", without.unwrap_or_default());
            about(without.unwrap_or_default(), expected, seen)
        });
        let (repeats, sender) = (message.duplicates, message.id.client);
        self.tally.judge(repeats == 0, || {
            let expected = format!("message {number} once at each member");
            about(sender, expected, format!("{repeats} repeats"))
        });
        self.tally.judge(disorder == 0, || {
            let numbers: Vec<u32> = message.copies.iter().map(|copies| copies.number).collect();
            let expected = format!("message {number} in one order at all members");
            about(sender, expected, format!("{disorder} copies out of it, under {numbers:?}"))
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::check::{Checks, Report, Verdict};
    use crate::node::{Answer, DropCause, Order, Outcome};
    use crate::observe::consistency::script::{Script, op, version};

    /// Clients 6 and 7 are members; 8 sends two messages, of which those get the first.
    fn chat(rest: impl FnOnce(&mut Script<Checks>)) -> Report {
        judged("C5", |run| {
            run.at(10).join(op(6, 0), 0);
            run.at(10).join(op(7, 0), 0);
            for (sent, number) in [(0, 1), (1, 2)] {
                run.at(20).ask_multicast(op(8, sent), Order::Total);
                run.at(30).made_number(op(8, sent), number);
                run.at(40).numbered(op(8, sent), Order::Total, number);
                let answer = Answer::Updated { version: version(number, number) };
                run.at(50).end(op(8, sent), Outcome::Ok(answer));
            }
            run.at(60).gets(6, op(8, 0), Order::Total, 1);
            run.at(60).gets(7, op(8, 0), Order::Total, 1);
            rest(run);
        })
    }

    #[test]
    fn all_messages_at_all_who_stay_pass() {
        let run = chat(|run| {
            run.at(70).gets(6, op(8, 1), Order::Total, 2);
            run.at(80).gets(7, op(8, 1), Order::Total, 2);
            // Too late to be judged.
            run.at(170_001).numbered(op(8, 2), Order::Total, 3);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 6);
    }

    #[test]
    fn who_leaves_within_30_s_or_joins_later_needs_not_get_it() {
        let run = chat(|run| {
            run.at(70).gets(6, op(8, 1), Order::Total, 2);
            run.at(30_029).leave(op(7, 1));
            run.at(30_100).join(op(7, 2), 2);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_message_that_a_member_lacks_is_found() {
        let run = chat(|run| run.at(70).gets(6, op(8, 1), Order::Total, 2));
        let text = broken(&run);
        assert!(text.contains("message 2 to reach all 2") && text.contains("not n7"), "{text}");
        // Who leaves 30 s after it got its number had to have it.
        broken(&chat(|run| {
            run.at(70).gets(6, op(8, 1), Order::Total, 2);
            run.at(30_030).leave(op(7, 1));
        }));
    }

    #[test]
    fn a_repeat_is_found() {
        broken(&chat(|run| {
            run.at(70).gets(6, op(8, 1), Order::Total, 2);
            run.at(80).gets(7, op(8, 1), Order::Total, 2);
            run.at(90).gets(7, op(8, 1), Order::Total, 2);
        }));
    }

    #[test]
    fn disagreement_on_a_number_is_found() {
        let run = judged("C5", |run| {
            run.at(10).join(op(6, 0), 0);
            run.at(10).join(op(7, 0), 0);
            run.at(20).numbered(op(8, 0), Order::Total, 1);
            run.at(20).numbered(op(8, 1), Order::Total, 2);
            for (node, first, second) in [(6, 1, 2), (7, 2, 1)] {
                let mut both = [(first, 0), (second, 1)];
                both.sort_unstable();
                for (number, count) in both {
                    run.at(30).gets(node, op(8, count), Order::Total, number);
                }
            }
        });
        assert!(broken(&run).contains("in one order"), "{run}");
    }

    #[test]
    fn a_multicast_that_succeeds_without_a_number_is_found() {
        let run = chat(|run| {
            run.at(70).gets(6, op(8, 1), Order::Total, 2);
            run.at(80).gets(7, op(8, 1), Order::Total, 2);
            run.at(90).ask_multicast(op(8, 2), Order::Fifo);
            run.at(99).end(op(8, 2), Outcome::Ok(Answer::Done));
        });
        assert!(broken(&run).contains("saw none"), "{run}");
    }

    #[test]
    fn it_is_undecided_under_faults_and_without_messages() {
        let lossy = chat(|run| {
            run.at(70).sent(1, 2, 50);
            run.at(70).dropped(1, 2, 50, DropCause::Loss);
        });
        assert!(matches!(lossy.verdict, Verdict::Undecided(_)), "{lossy}");
        let churn = chat(|run| run.at(70).stop(7));
        assert!(matches!(churn.verdict, Verdict::Undecided(_)), "{churn}");
        let quiet = judged("C5", |_| ());
        assert!(matches!(quiet.verdict, Verdict::Undecided(_)), "{quiet}");
    }
}

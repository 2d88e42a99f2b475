//! C1: without faults, churn or overlap, and with read quorum + write_acks > r, an object is a
//! register: each operation sees all that returned before it, nothing is lost and nothing stale.
//! (An update reads from those who grant its lock, so the lock quorum must overlap with write_acks
//! in the same way.)
//!
//! Judged object by object, operation by operation, wherever nothing overlaps: while two operations
//! on an object are open, neither is judged; when all have returned, the first to come says where
//! the object stands, and those after it are judged again. An object on which an operation failed
//! and may have taken effect is judged no more: the change may come at any later time.

use super::facts::Facts;
use super::rule::{Happened, Rule, Stepped};
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{
    Answer, NodeId, ObjectId, Observation, Operation, OperationId, Outcome, Time, Version,
};
use crate::observe::consistency::Census;
use std::collections::BTreeMap;

/// One object's history so far.
#[derive(Clone, Debug)]
struct Register {
    open: u32,
    /// More than one operation was open since it last was quiet.
    overlapped: bool,
    /// An operation that failed may still take effect.
    tainted: bool,
    /// The version that the next operation must find; `None`: not known.
    current: Option<Version>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Sequential {
    registers: BTreeMap<ObjectId, Register>,
    tally: Tally,
}

impl Rule for Sequential {
    const ID: &'static str = "C1";
    const TITLE: &'static str = "without faults and overlap an object is a register";

    fn step(&mut self, step: &Stepped<'_>, _: &Facts) {
        let Happened::Operation { operation, .. } = step.happened else { return };
        let (Operation::Read { object } | Operation::Update { object }) = *operation else {
            return;
        };
        let register = self.registers.entry(object).or_insert(Register {
            open: 0,
            overlapped: false,
            tainted: false,
            current: Some(Version::ZERO),
        });
        register.open += 1;
        if register.open > 1 {
            register.overlapped = true;
            register.current = None;
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Ended { id, outcome } = *observation else { return };
        let Some(open) = facts.open.get(&id) else { return };
        let (Operation::Read { object } | Operation::Update { object }) = open.operation else {
            return;
        };
        let Some(register) = self.registers.get_mut(&object) else { return };
        let alone = !register.overlapped && !register.tainted;
        register.open = register.open.saturating_sub(1);
        register.overlapped &= register.open > 0;
        match outcome {
            Outcome::Failed { maybe_applied, .. } => register.tainted |= maybe_applied,
            Outcome::Ok(answer) if alone => {
                self.returned((at, node, object), id, answer, facts);
            }
            Outcome::Ok(_) => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        let Census { read_quorum, lock_quorum, write_acks, replicas, .. } = facts.census;
        for (name, quorum) in [("read_quorum", read_quorum), ("lock_quorum", lock_quorum)] {
            if quorum + write_acks <= replicas {
                return Verdict::Undecided(format!(
                    "it holds with {name} + write_acks > replicas only, and {quorum} + \
                     {write_acks} <= {replicas}"
                ));
            }
        }
        if let Some(reason) = facts.disturbances.reason() {
            return Verdict::Undecided(reason);
        }
        if self.tally.judged == 0 {
            return Verdict::Undecided("no operation returned that overlapped no other".to_owned());
        }
        self.tally.verdict()
    }
}

impl Sequential {
    fn returned(
        &mut self,
        (at, node, object): (Time, NodeId, ObjectId),
        id: OperationId,
        answer: Answer,
        facts: &Facts,
    ) {
        // What the operation found, and what it left behind.
        let (found, left) = match answer {
            Answer::Read { version, .. } => (version, version),
            Answer::Updated { version } => {
                let versions = &facts.holdings.versions;
                let entry = versions.find(object, version).and_then(|made| versions.entry(made));
                let base = entry.map(|entry| versions.version(entry.base));
                (base.unwrap_or_default(), version)
            }
            Answer::Found { .. }
            | Answer::Done
            | Answer::Joined { .. }
            | Answer::Members { .. } => return,
        };
        let Some(register) = self.registers.get_mut(&object) else { return };
        let wanted = register.current.replace(left);
        let Some(wanted) = wanted else { return };
        self.tally.judge(found == wanted, || {
            let expected = format!("it to find {wanted}, which the operation before it left");
            Witness::new(at, node, expected, found.to_string()).of(object).in_operation(id)
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, judged_with, passes};
    use crate::node::{DropCause, Version};
    use crate::observe::consistency::Census;
    use crate::observe::consistency::script::{census, op, version};

    #[test]
    fn a_register_passes() {
        let run = judged("C1", |run| {
            run.at(1).ask_read(op(6, 0));
            run.at(2).read(op(6, 0), Version::ZERO);
            run.whole_update(10, op(6, 1), version(1, 1), None);
            run.whole_update(110, op(7, 0), version(2, 2), Some(version(1, 1)));
            run.at(200).ask_read(op(8, 0));
            run.at(210).read(op(8, 0), version(2, 2));
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 4);
    }

    #[test]
    fn a_stale_read_and_a_lost_update_are_found() {
        let run = judged("C1", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(200).ask_read(op(8, 0));
            run.at(210).read(op(8, 0), Version::ZERO);
        });
        assert!(broken(&run).contains("it to find v1(n3.1.1)"), "{run}");
        broken(&judged("C1", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(200).ask_update(op(7, 0));
            run.at(210).made(op(7, 0), version(1, 2), Version::ZERO);
            run.at(220).updated(op(7, 0), version(1, 2));
        }));
    }

    #[test]
    fn operations_that_overlap_are_left_out_and_the_next_ones_judged_again() {
        let run = judged("C1", |run| {
            run.at(5).ask_read(op(8, 0));
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(200).read(op(8, 0), version(1, 1));
            run.at(300).ask_read(op(8, 1));
            run.at(310).read(op(8, 1), version(1, 1));
            run.at(320).ask_read(op(8, 2));
            run.at(330).read(op(8, 2), Version::ZERO);
        });
        broken(&run);
        assert_eq!(run.judged, 1);
    }

    #[test]
    fn what_may_still_take_effect_ends_the_judging() {
        let run = judged("C1", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(100).ask_update(op(7, 0));
            run.at(200).failed(op(7, 0), true);
            run.at(300).ask_read(op(8, 0));
            run.at(310).read(op(8, 0), Version::ZERO);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 1);
    }

    #[test]
    fn it_is_undecided_where_it_does_not_apply() {
        let undecided = |run: crate::check::Report| match run.verdict {
            Verdict::Undecided(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert!(undecided(judged("C1", |_| ())).contains("no operation"));
        let churn = judged("C1", |run| {
            run.at(10).stop(6);
        });
        assert!(undecided(churn).contains("1 sessions ended"));
        let loss = judged("C1", |run| {
            run.at(10).sent(1, 2, 50);
            run.at(10).dropped(1, 2, 50, DropCause::Loss);
        });
        assert!(undecided(loss).contains("1 messages were lost"));
        for (small, name) in [
            (Census { read_quorum: 1, ..census() }, "read_quorum"),
            (Census { lock_quorum: 1, ..census() }, "lock_quorum"),
        ] {
            let reason = undecided(judged_with("C1", small, |_| ()));
            assert!(reason.contains(name) && reason.contains("1 + 1 <= 2"), "{reason}");
        }
    }
}

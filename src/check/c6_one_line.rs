//! C6: without faults and churn, and with lock quorums that overlap, each version of an object is
//! made from the one before it: the lock lets one attempt after the other through. Operations may
//! overlap as they like.
//!
//! (Best effort breaks this by design where a premise fails. So it is undecided if a lease ran out,
//! or an operation failed that may have taken effect: its commit may be under way.)

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Verdict, Witness};
use crate::node::{LockEnd, NodeId, ObjectId, Observation, Outcome, Time, Version};
use crate::observe::consistency::Census;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(super) struct OneLine {
    /// The version of each object that was made last.
    last: BTreeMap<ObjectId, Version>,
    expired: u64,
    uncertain: u64,
    tally: Tally,
}

impl Rule for OneLine {
    const ID: &'static str = "C6";
    const TITLE: &'static str = "without faults each version is made from the one before it";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Made { id, object, version, base, .. } => {
                if facts.holdings.versions.find(object, version).is_some() {
                    // Told again, by who takes over from a leader.
                    return;
                }
                let last = self.last.insert(object, version).unwrap_or_default();
                self.tally.judge(base == last, || {
                    let expected = format!("{version} to be made from {last}, the last one made");
                    let witness = Witness::new(at, node, expected, base.to_string());
                    witness.of(object).in_operation(id)
                });
            }
            Observation::LockEnded { how: LockEnd::Expired, .. } => self.expired += 1,
            Observation::Ended { outcome: Outcome::Failed { maybe_applied: true, .. }, .. } => {
                self.uncertain += 1;
            }
            _ => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, facts: &Facts) -> Verdict {
        let Census { lock_quorum, write_acks, replicas, .. } = facts.census;
        for (name, quorum) in [("lock_quorum", lock_quorum), ("write_acks", write_acks)] {
            if lock_quorum + quorum <= replicas {
                return Verdict::Undecided(format!(
                    "it holds with lock_quorum + {name} > replicas only, and {lock_quorum} + \
                     {quorum} <= {replicas}"
                ));
            }
        }
        if let Some(reason) = facts.disturbances.reason() {
            return Verdict::Undecided(reason);
        }
        let excuses =
            [(self.expired, "leases ran out"), (self.uncertain, "failures may take effect")];
        if let Some((count, what)) = excuses.into_iter().find(|&(count, _)| count > 0) {
            return Verdict::Undecided(format!("it holds where none do, and {count} {what}"));
        }
        if self.tally.judged == 0 {
            return Verdict::Undecided("no version was made".to_owned());
        }
        self.tally.verdict()
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Verdict;
    use crate::check::checks::testing::{broken, judged, judged_with, passes};
    use crate::node::{LockEnd, Version};
    use crate::observe::consistency::Census;
    use crate::observe::consistency::script::{attempt, census, op, version};

    #[test]
    fn versions_in_one_line_pass_whatever_overlaps() {
        let run = judged("C6", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(11).ask_update(op(7, 0));
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).made(op(7, 0), version(2, 2), version(1, 1));
            run.at(40).made(op(7, 0), version(2, 2), version(1, 1));
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 2, "what is told again counts once");
    }

    #[test]
    fn two_versions_of_one_base_are_found() {
        let run = judged("C6", |run| {
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).made(op(7, 0), version(1, 2), Version::ZERO);
        });
        assert!(broken(&run).contains("to be made from v1(n3.1.1)"), "{run}");
    }

    #[test]
    fn a_version_made_from_an_older_one_is_found() {
        broken(&judged("C6", |run| {
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).made(op(7, 0), version(2, 2), version(1, 1));
            run.at(40).made(op(8, 0), version(2, 3), version(1, 1));
        }));
    }

    #[test]
    fn it_is_undecided_where_a_premise_fails() {
        let fork = |run: &mut crate::observe::consistency::script::Script<crate::check::Checks>| {
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).made(op(7, 0), version(1, 2), Version::ZERO);
        };
        let undecided = |run: crate::check::Report| match run.verdict {
            Verdict::Undecided(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert!(undecided(judged("C6", |_| ())).contains("no version"));
        let small = Census { lock_quorum: 1, ..census() };
        assert!(undecided(judged_with("C6", small, fork)).contains("1 + 1 <= 2"));
        let leases = judged("C6", |run| {
            fork(run);
            run.at(40).locked(1, attempt(3, 1));
            run.at(5_040).unlocked(1, attempt(3, 1), LockEnd::Expired);
        });
        assert!(undecided(leases).contains("1 leases ran out"));
        let failed = judged("C6", |run| {
            run.at(10).ask_update(op(6, 0));
            fork(run);
            run.at(50).failed(op(6, 0), true);
        });
        assert!(undecided(failed).contains("1 failures"));
        let churn = judged("C6", |run| {
            fork(run);
            run.at(60).stop(8);
        });
        assert!(undecided(churn).contains("1 sessions ended"));
    }
}

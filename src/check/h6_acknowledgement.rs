//! H6: an acknowledgement counts only replicas that applied the version or had the operation, and
//! an update that succeeds has `write_acks` of them.
//!
//! Acknowledgements are judged while their operation is open: only those lead to an answer. So a
//! replica's past is kept for one `operation_timeout`, and what is counted is dropped with the
//! operation.

use super::facts::{Facts, of_client, remove_range};
use super::rule::{Happened, Rule, Stepped};
use super::verdict::{Tally, Witness};
use crate::node::{Answer, NodeId, ObjectId, Observation, OperationId, Outcome, Time, Version};
use crate::observe::consistency::VersionIndex;
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledgements {
    /// What each replica held of each object and holds no more: until when, and which version.
    past: BTreeMap<(NodeId, ObjectId), VecDeque<(Time, VersionIndex)>>,
    counted: BTreeMap<OperationId, Vec<(Version, NodeId)>>,
    tally: Tally,
}

impl Rule for Acknowledgements {
    const ID: &'static str = "H6";
    const TITLE: &'static str = "an acknowledgement counts only who applied or had it";

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        if let Happened::Stop { .. } = step.happened {
            for object in facts.holdings.objects_at(step.node) {
                self.passed(step.at, step.node, object, facts);
            }
            remove_range(&mut self.counted, of_client(step.node));
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Applied { object, .. } | Observation::Forgot { object, .. } => {
                self.passed(at, node, object, facts);
            }
            Observation::Counted { id, object, version, replica }
                if facts.open.contains_key(&id) =>
            {
                let had = self.had(replica, (id, object, version), facts);
                self.tally.judge(had, || {
                    let expected = format!("{replica} to have applied {version}, or to have {id}");
                    let seen = "its acknowledgement counted without either".to_owned();
                    Witness::new(at, node, expected, seen).and(replica).of(object).in_operation(id)
                });
                let counted = self.counted.entry(id).or_default();
                if had && !counted.contains(&(version, replica)) {
                    counted.push((version, replica));
                }
            }
            Observation::Ended { id, outcome } => {
                let counted = self.counted.remove(&id).unwrap_or_default();
                let Outcome::Ok(Answer::Updated { version }) = outcome else { return };
                let acks = counted.iter().filter(|&&(of, _)| of == version).count();
                let wanted = facts.census.write_acks;
                self.tally.judge(acks >= wanted as usize, || {
                    let expected = format!("{wanted} replicas' acknowledgements of {version}");
                    Witness::new(at, node, expected, acks.to_string()).in_operation(id)
                });
            }
            _ => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Acknowledgements {
    /// What `node` holds of `object` is about to be replaced or dropped.
    fn passed(&mut self, at: Time, node: NodeId, object: ObjectId, facts: &Facts) {
        let Some(version) = facts.holdings.held(node, object) else { return };
        let past = self.past.entry((node, object)).or_default();
        past.push_back((at, version));
        while past.front().is_some_and(|&(until, _)| until + facts.census.operation_timeout < at) {
            past.pop_front();
        }
    }

    fn had(
        &self,
        replica: NodeId,
        (id, object, version): (OperationId, ObjectId, Version),
        facts: &Facts,
    ) -> bool {
        let versions = &facts.holdings.versions;
        let wanted = versions.find(object, version);
        // Who goes on with an operation commits the version that has it in its lineage, and a replica
        // knows that version by the operation that it was made for.
        let made_for = wanted.and_then(|wanted| versions.entry(wanted)).map(|it| it.operation);
        let ids = [Some(id), made_for];
        let dedupe = facts.census.dedupe;
        let remembers =
            |held| ids.into_iter().flatten().any(|id| versions.remembers(held, id, dedupe));
        let has = |held| Some(held) == wanted || remembers(held);
        let past = self.past.get(&(replica, object)).into_iter().flatten();
        facts.holdings.held(replica, object).is_some_and(has)
            || past.rev().any(|&(_, held)| has(held))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::Version;
    use crate::observe::consistency::script::{op, version};

    #[test]
    fn those_who_applied_or_had_it_count() {
        let run = judged("H6", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.whole_update(110, op(6, 1), version(2, 2), Some(version(1, 1)));
            // Replica 1 has gone on to a version that descends from the one counted; replica 2 has
            // crashed.
            run.at(200).ask_update(op(7, 0));
            run.at(210).made(op(7, 0), version(3, 3), version(2, 2));
            run.at(220).commit(1, version(3, 3), Some(version(2, 2)));
            run.at(220).commit(2, version(3, 3), Some(version(2, 2)));
            run.at(230).stop(2);
            run.at(230).made(op(8, 0), version(4, 4), version(3, 3));
            run.at(240).commit(1, version(4, 4), Some(version(3, 3)));
            run.at(250).counted(op(7, 0), version(3, 3), 1);
            run.at(250).counted(op(7, 0), version(3, 3), 2);
            run.at(260).updated(op(7, 0), version(3, 3));
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 9);
    }

    #[test]
    fn who_went_on_from_the_version_that_is_told_again_had_it() {
        // Six versions; the first operation is gone on with at the fourth of them, which still
        // remembers it. The replica is at the sixth, which remembers the fourth, but not the first.
        let counts = |counter: u32| {
            judged("H6", |run| {
                run.at(5).ask_update(op(6, 1));
                let mut base = Version::ZERO;
                for n in 1..=6 {
                    let made = version(n, n);
                    run.at(u64::from(10 * n)).made(op(6, n), made, base);
                    base = made;
                }
                run.at(70).repair(1, base, None);
                run.at(100).counted(op(6, 1), version(counter, counter), 1);
            })
        };
        assert!(passes(&counts(4)));
        broken(&counts(1));
    }

    #[test]
    fn a_replica_that_never_had_it_does_not_count() {
        let run = judged("H6", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).counted(op(6, 0), version(1, 1), 2);
            run.at(40).commit(2, version(1, 1), None);
        });
        assert!(broken(&run).contains("n2 to have applied"), "{run}");
    }

    #[test]
    fn success_needs_enough_of_them() {
        let run = judged("H6", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).commit(2, version(1, 1), None);
            run.at(40).updated(op(6, 0), version(1, 1));
        });
        assert!(broken(&run).contains("saw 0"), "{run}");
    }
}

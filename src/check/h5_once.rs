//! H5: an attempt changes a replica at most once in a tenure, makes at most one version, and no
//! lineage holds an operation twice within `dedupe` versions.

use super::facts::{Facts, at_node, remove_range};
use super::rule::{Happened, Rule, Stepped};
use super::verdict::{Tally, Witness};
use crate::node::{AttemptId, NodeId, ObjectId, Observation, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Clone, Debug, Default)]
pub(super) struct Once {
    /// Attempts that made a version: 12 bytes each, for the whole run.
    makers: BTreeSet<AttemptId>,
    /// The attempts behind the last `dedupe` changes of each copy.
    changes: BTreeMap<(NodeId, ObjectId), VecDeque<AttemptId>>,
    tally: Tally,
}

impl Rule for Once {
    const ID: &'static str = "H5";
    const TITLE: &'static str =
        "an attempt changes a replica once, a lineage holds an operation once";

    fn step(&mut self, step: &Stepped<'_>, _: &Facts) {
        if let Happened::Stop { .. } = step.happened {
            remove_range(&mut self.changes, at_node(step.node));
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Made { id, object, version, base, .. } => {
                let versions = &facts.holdings.versions;
                let base = versions.find(object, base);
                let holds =
                    base.is_some_and(|base| versions.remembers(base, id, facts.census.dedupe));
                self.tally.judge(!holds, || {
                    let expected = format!("no other version of {id} in the lineage");
                    Witness::new(at, node, expected, format!("{version}, made from one"))
                        .of(object)
                        .in_operation(id)
                });
                // Who takes over from a leader tells again what the log says: the same, no second.
                let again = versions.find(object, version).is_some();
                let first = self.makers.insert(version.attempt);
                self.tally.judge(first || again, || {
                    let seen = format!("{version}, the second of its attempt");
                    Witness::new(at, node, "one version of an attempt", seen).of(object)
                });
            }
            Observation::Applied { object, version, commit: Some(attempt), .. } => {
                let held = facts.holdings.held(node, object);
                let unchanged =
                    held.is_some_and(|index| facts.holdings.versions.version(index) == version);
                if !unchanged {
                    self.changed(at, node, (object, attempt), facts);
                }
            }
            Observation::Forgot { object, .. } => {
                self.changes.remove(&(node, object));
            }
            _ => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Once {
    fn changed(
        &mut self,
        at: Time,
        node: NodeId,
        (object, attempt): (ObjectId, AttemptId),
        facts: &Facts,
    ) {
        let changes = self.changes.entry((node, object)).or_default();
        self.tally.judge(!changes.contains(&attempt), || {
            let seen = format!("a second change by {attempt}");
            Witness::new(at, node, "one change by an attempt", seen).of(object)
        });
        if changes.len() >= facts.census.dedupe as usize {
            changes.pop_front();
        }
        changes.push_back(attempt);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{Observation, Version};
    use crate::observe::consistency::script::{OBJECT, attempt, op, version};

    #[test]
    fn repeated_commits_that_change_nothing_pass() {
        let run = judged("H5", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(60).commit(1, version(1, 1), Some(version(1, 1)));
            // After a crash, a late copy of the commit may come again.
            run.at(70).stop(1);
            run.at(80).boot(1);
            run.at(90).commit(1, version(1, 1), None);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_second_change_by_one_attempt_is_found() {
        let run = judged("H5", |run| {
            run.made(op(6, 0), version(1, 1), Version::ZERO);
            run.made(op(6, 1), version(2, 2), version(1, 1));
            for (at, version, previous) in
                [(10, version(1, 1), None), (20, version(2, 2), Some(version(1, 1)))]
            {
                let value = run.value(version);
                run.at(at).tell(
                    1,
                    Observation::Applied {
                        object: OBJECT,
                        version,
                        value,
                        previous,
                        commit: Some(attempt(3, 1)),
                        late: false,
                        responsible: true,
                    },
                );
            }
        });
        assert!(broken(&run).contains("a second change by n3.1.1"), "{run}");
    }

    #[test]
    fn two_versions_of_one_attempt_are_found() {
        let run = judged("H5", |run| {
            run.at(10).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(20).made(op(6, 1), version(2, 1), version(1, 1));
        });
        assert!(broken(&run).contains("the second of its attempt"), "{run}");
    }

    #[test]
    fn an_operation_twice_in_a_lineage_is_found_within_dedupe() {
        for (between, found) in [(3, true), (4, false)] {
            let run = judged("H5", |run| {
                run.at(10).made(op(6, 0), version(1, 1), Version::ZERO);
                for n in 1..=between {
                    run.at(20).made(op(7, n), version(n + 1, n + 1), version(n, n));
                }
                let last = between + 1;
                run.at(30).made(op(6, 0), version(last + 1, last + 1), version(last, last));
            });
            assert_eq!(run.violations > 0, found, "{run}");
        }
    }
}

//! H3: in one tenure (from receiving an object to dropping it or stopping) a replica's version
//! never decreases. What a replica says that it held or dropped must be what it was seen to hold:
//! all else rests on that.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{NodeId, ObjectId, Observation, Time, Version};

#[derive(Clone, Debug, Default)]
pub(super) struct Tenure {
    tally: Tally,
}

impl Rule for Tenure {
    const ID: &'static str = "H3";
    const TITLE: &'static str = "a replica's version never decreases in a tenure";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Applied { object, version, previous, .. } => {
                let held = held(facts, node, object);
                self.tally.judge(version >= held.unwrap_or_default(), || {
                    let expected = format!("{} or newer", held.unwrap_or_default());
                    Witness::new(at, node, expected, version.to_string()).of(object)
                });
                // Nothing explicit and an explicit version 0 are the same.
                self.judge_told(at, node, object, (held.unwrap_or_default(), previous));
            }
            Observation::Forgot { object, version } => {
                let held = held(facts, node, object);
                self.judge_told(at, node, object, (held.unwrap_or_default(), Some(version)));
            }
            _ => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Tenure {
    fn judge_told(
        &mut self,
        at: Time,
        node: NodeId,
        object: ObjectId,
        (held, told): (Version, Option<Version>),
    ) {
        self.tally.judge(told.unwrap_or_default() == held, || {
            let seen = format!("its claim to have held {}", told.unwrap_or_default());
            Witness::new(at, node, format!("{held}, which it held"), seen).of(object)
        });
    }
}

fn held(facts: &Facts, node: NodeId, object: ObjectId) -> Option<Version> {
    facts.holdings.held(node, object).map(|index| facts.holdings.versions.version(index))
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::Version;
    use crate::observe::consistency::script::{op, version};

    #[test]
    fn versions_grow_and_start_over_in_a_new_tenure() {
        let run = judged("H3", |run| {
            run.made(op(6, 0), version(1, 1), Version::ZERO);
            run.made(op(6, 1), version(2, 2), version(1, 1));
            run.at(10).commit(1, version(1, 1), None);
            run.at(20).commit(1, version(2, 2), Some(version(1, 1)));
            run.at(25).repair(1, version(2, 2), Some(version(2, 2)));
            run.at(30).forgot(1, version(2, 2));
            run.at(40).repair(1, version(1, 1), None);
            run.at(50).stop(1);
            run.at(60).boot(1);
            run.at(70).repair(1, version(1, 1), None);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_step_back_is_found() {
        let run = judged("H3", |run| {
            run.made(op(6, 0), version(1, 1), Version::ZERO);
            run.made(op(6, 1), version(2, 2), version(1, 1));
            run.at(10).commit(1, version(2, 2), None);
            run.at(20).repair(1, version(1, 1), Some(version(2, 2)));
        });
        assert!(broken(&run).contains("expected v2(n3.1.2) or newer; saw v1(n3.1.1)"), "{run}");
    }

    #[test]
    fn a_false_account_of_what_was_held_is_found() {
        let run = judged("H3", |run| {
            run.made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(10).commit(1, version(1, 1), None);
            run.at(20).commit(1, version(1, 1), None);
        });
        broken(&run);
        let run = judged("H3", |run| run.at(10).forgot(1, version(1, 1)));
        broken(&run);
    }
}

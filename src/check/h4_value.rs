//! H4: no value that nobody wrote. Each version is one change of the version it was made from, and
//! every copy and every answer holds a value that was made under that very name.

use super::facts::Facts;
use super::rule::Rule;
use super::verdict::{Tally, Witness};
use crate::node::{
    Answer, NodeId, ObjectId, Observation, OperationId, Outcome, Time, Value, Version,
};

#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    tally: Tally,
}

impl Rule for Values {
    const ID: &'static str = "H4";
    const TITLE: &'static str = "no value that nobody wrote";

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Made { id, object, version, base, value } => {
                self.made((at, node, object), id, (version, base, value), facts);
            }
            Observation::Applied { object, version, value, .. } => {
                self.value((at, node, object), version, value, facts);
            }
            Observation::Ended { id, outcome: Outcome::Ok(answer) } => {
                let Some(object) = facts.open.get(&id).and_then(|open| open.operation.object())
                else {
                    return;
                };
                match answer {
                    Answer::Read { version, value } => {
                        self.value((at, node, object), version, value, facts);
                    }
                    Answer::Updated { version } => {
                        let known = facts.holdings.versions.find(object, version).is_some();
                        self.tally.judge(known && version != Version::ZERO, || {
                            let seen = format!("the answer {version}");
                            Witness::new(at, node, "a version that was made", seen)
                                .of(object)
                                .in_operation(id)
                        });
                    }
                    Answer::Joined { number, value } => {
                        self.joined((at, node, object), id, (number, value), facts);
                    }
                    Answer::Found { .. } | Answer::Done | Answer::Members { .. } => {}
                }
            }
            _ => {}
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Values {
    fn made(
        &mut self,
        (at, node, object): (Time, NodeId, ObjectId),
        id: OperationId,
        (version, base, value): (Version, Version, Value),
        facts: &Facts,
    ) {
        let of_base = written(facts, object, base);
        self.tally.judge(of_base.map(|from| from.changed(id)) == Some(value), || {
            let expected = match of_base {
                Some(from) => format!("{id}'s change of {base}, {:?}", from.changed(id)),
                None => "a base that was made".to_owned(),
            };
            let seen = format!("{version} made from {base}, {value:?}");
            Witness::new(at, node, expected, seen).of(object).in_operation(id)
        });
        self.tally.judge(version.counter == base.counter.wrapping_add(1), || {
            let seen = format!("{version} made from {base}");
            Witness::new(at, node, "a counter one above that of the base", seen).of(object)
        });
    }

    /// What a member starts from is a state that the group had.
    fn joined(
        &mut self,
        (at, node, group): (Time, NodeId, ObjectId),
        id: OperationId,
        (number, value): (u32, Value),
        facts: &Facts,
    ) {
        self.tally.judge(is_state(facts, group, (number, value)), || {
            let expected = format!("a state of the group after message {number}");
            Witness::new(at, node, expected, format!("{value:?}")).of(group).in_operation(id)
        });
    }

    fn value(
        &mut self,
        (at, node, object): (Time, NodeId, ObjectId),
        version: Version,
        value: Value,
        facts: &Facts,
    ) {
        let made = written(facts, object, version);
        self.tally.judge(made == Some(value), || {
            let expected = match made {
                Some(made) => format!("the value made as {version}, {made:?}"),
                None => "a version that was made".to_owned(),
            };
            Witness::new(at, node, expected, format!("{version}, {value:?}")).of(object)
        });
    }
}

/// Whether a version of `object` was made that has that counter and that value.
fn is_state(facts: &Facts, object: ObjectId, (number, value): (u32, Value)) -> bool {
    if number == 0 {
        return value == facts.census.initial(object);
    }
    let mut versions = facts.holdings.versions.of(object).map(|(_, made)| made);
    versions.any(|made| made.version.counter == number && made.value == value)
}

/// The value that `version` of `object` was made with.
fn written(facts: &Facts, object: ObjectId, version: Version) -> Option<Value> {
    let index = facts.holdings.versions.find(object, version)?;
    let made = facts.holdings.versions.entry(index).map(|entry| entry.value);
    Some(made.unwrap_or_else(|| facts.census.initial(object)))
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{Answer, Observation, Operation, Outcome, Value, Version};
    use crate::observe::consistency::script::{OBJECT, op, version};

    const FORGED: Value = Value { bytes: 10, fingerprint: 1 };

    #[test]
    fn copies_and_answers_of_what_was_made_pass() {
        let run = judged("H4", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(60).ask_read(op(7, 0));
            run.at(70).read(op(7, 0), version(1, 1));
            run.at(80).ask_read(op(7, 1));
            run.at(90).read(op(7, 1), Version::ZERO);
        });
        assert!(passes(&run));
    }

    #[test]
    fn a_read_of_a_forged_value_is_found() {
        let run = judged("H4", |run| {
            run.at(60).ask_read(op(7, 0));
            let answer = Answer::Read { version: Version::ZERO, value: FORGED };
            run.at(70).end(op(7, 0), Outcome::Ok(answer));
        });
        broken(&run);
    }

    #[test]
    fn a_copy_of_what_was_never_made_is_found() {
        let run = judged("H4", |run| run.at(10).commit(1, version(1, 1), None));
        assert!(broken(&run).contains("a version that was made"), "{run}");
    }

    #[test]
    fn an_answer_with_a_version_of_nobody_is_found() {
        let run = judged("H4", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(20).updated(op(6, 0), version(1, 1));
        });
        broken(&run);
    }

    #[test]
    fn a_member_starts_from_a_state_of_the_group() {
        let joined = |number, value: Option<Value>| {
            judged("H4", |run| {
                run.whole_update(10, op(6, 0), version(1, 1), None);
                run.whole_update(60, op(6, 1), version(2, 2), Some(version(1, 1)));
                let value = value.unwrap_or_else(|| match number {
                    0 => run.value(Version::ZERO),
                    _ => run.value(version(number, number)),
                });
                run.at(110).ask(op(7, 0), Operation::Join { group: OBJECT });
                run.at(120).end(op(7, 0), Outcome::Ok(Answer::Joined { number, value }));
            })
        };
        for number in 0..=2 {
            assert!(passes(&joined(number, None)));
        }
        let run = joined(2, Some(FORGED));
        assert!(broken(&run).contains("a state of the group after message 2"), "{run}");
        broken(&joined(0, Some(FORGED)));
        broken(&joined(3, Some(FORGED)));
    }

    #[test]
    fn a_change_must_start_from_its_base() {
        for (counter, value) in [(1, FORGED), (2, FORGED)] {
            let run = judged("H4", |run| {
                let (id, version, base) = (op(6, 0), version(counter, 1), Version::ZERO);
                let made = Observation::Made { id, object: OBJECT, version, base, value };
                run.at(10).tell(3, made);
            });
            broken(&run);
        }
        let run = judged("H4", |run| run.at(10).made(op(6, 0), version(2, 1), version(1, 9)));
        assert!(broken(&run).contains("a base that was made"), "{run}");
        let run = judged("H4", |run| run.at(10).made(op(6, 0), version(2, 1), Version::ZERO));
        assert!(broken(&run).contains("one above"), "{run}");
    }
}

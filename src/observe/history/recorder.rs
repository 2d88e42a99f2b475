//! Puts what happens to objects into order, and holds it back until it is known how calls end.

use super::call::{Call, Change, Effect, Event};
use crate::node::{Answer, NodeId, ObjectId, Operation, OperationId, Outcome, Time, Version};
use crate::observe::consistency::Versions;
use std::collections::{BTreeMap, VecDeque};

/// What is known of a call's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Unknown,
    /// It took no effect, and showed nothing.
    Void,
    Known(Effect),
}

#[derive(Clone, Copy, Debug)]
struct Known {
    object: ObjectId,
    asked: Time,
    answered: Time,
    updates: bool,
    end: End,
}

/// Something that waits for its turn.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    Asked(OperationId),
    Made(OperationId, Change),
    Answered(OperationId),
}

/// Reads and updates of all objects. An operation takes about 100 bytes while it is open, and those
/// that never end for the rest of the run; O(log open) each.
#[derive(Clone, Debug, Default)]
pub struct History {
    calls: BTreeMap<OperationId, Known>,
    waiting: BTreeMap<ObjectId, VecDeque<Waiting>>,
    /// Objects of which something may no longer have to wait.
    ready: Vec<ObjectId>,
}

impl History {
    /// An operation was asked for.
    pub fn asked(&mut self, at: Time, id: OperationId, operation: &Operation) {
        let (object, updates) = match *operation {
            Operation::Read { object } => (object, false),
            Operation::Update { object } => (object, true),
            _ => return,
        };
        let known = Known { object, asked: at, answered: Time::NEVER, updates, end: End::Unknown };
        self.calls.insert(id, known);
        self.wait(object, Waiting::Asked(id));
    }

    /// A version was made for an operation.
    pub fn made(&mut self, id: OperationId, change: Change) {
        let Some(&Known { object, end, .. }) = self.calls.get(&id) else { return };
        if matches!(end, End::Unknown | End::Known(Effect::Open)) {
            self.wait(object, Waiting::Made(id, change));
            self.ready.push(object);
        }
    }

    /// An operation ended. `versions` holds what was made until then; of a lineage, so many last
    /// versions tell whether it holds an operation.
    pub fn ended(
        &mut self,
        at: Time,
        id: OperationId,
        outcome: Outcome,
        versions: &Versions,
        dedupe: u32,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.end != End::Unknown {
            return;
        }
        let object = call.object;
        call.end = match outcome {
            Outcome::Ok(Answer::Read { version, .. }) => End::Known(Effect::Read(version)),
            Outcome::Ok(Answer::Updated { version }) => {
                End::Known(effect((object, id), version, versions, dedupe))
            }
            Outcome::Failed { maybe_applied: true, .. } if call.updates => End::Known(Effect::Open),
            Outcome::Ok(_) | Outcome::Failed { .. } => End::Void,
        };
        if !matches!(call.end, End::Void | End::Known(Effect::Open)) {
            call.answered = at;
            self.wait(object, Waiting::Answered(id));
        }
        self.ready.push(object);
    }

    /// A client stopped: nobody hears how its operations end.
    pub fn stopped(&mut self, client: NodeId) {
        let all = OperationId { client, count: 0 }..=OperationId { client, count: u32::MAX };
        for (_, call) in self.calls.range_mut(all) {
            abandon(call, &mut self.ready);
        }
    }

    /// The run is over.
    pub fn finish(&mut self) {
        for call in self.calls.values_mut() {
            abandon(call, &mut self.ready);
        }
    }

    /// The next thing that happened to an object and whose turn has come.
    pub fn pop(&mut self) -> Option<(ObjectId, Event)> {
        while let Some(&object) = self.ready.last() {
            if let Some(event) = self.pop_of(object) {
                return Some((object, event));
            }
            self.ready.pop();
        }
        None
    }

    fn wait(&mut self, object: ObjectId, what: Waiting) {
        self.waiting.entry(object).or_default().push_back(what);
    }

    fn pop_of(&mut self, object: ObjectId) -> Option<Event> {
        let waiting = self.waiting.get_mut(&object)?;
        while let Some(&first) = waiting.front() {
            let event = match first {
                Waiting::Asked(id) => {
                    let known = self.calls.get(&id)?;
                    let Known { asked, answered, end, .. } = *known;
                    match end {
                        End::Unknown => return None,
                        End::Void => {
                            self.calls.remove(&id);
                            None
                        }
                        End::Known(effect) => {
                            Some(Event::Asked(Call { id, asked, answered, effect }))
                        }
                    }
                }
                // Of calls that have ended it is known what they did.
                Waiting::Made(id, change) => {
                    let is_open = |call: &Known| call.end == End::Known(Effect::Open);
                    self.calls.get(&id).is_some_and(is_open).then_some(Event::Made(id, change))
                }
                Waiting::Answered(id) => {
                    self.calls.remove(&id);
                    Some(Event::Answered(id))
                }
            };
            waiting.pop_front();
            if event.is_some() {
                return event;
            }
        }
        self.waiting.remove(&object);
        None
    }
}

/// Nobody will hear how the call ends.
fn abandon(call: &mut Known, ready: &mut Vec<ObjectId>) {
    if call.end == End::Unknown {
        call.end = if call.updates { End::Known(Effect::Open) } else { End::Void };
        ready.push(call.object);
    }
}

/// What an update did that was answered with `version`: that, or something before it in its lineage.
fn effect(
    (object, id): (ObjectId, OperationId),
    version: Version,
    versions: &Versions,
    dedupe: u32,
) -> Effect {
    let Some(index) = versions.find(object, version) else { return Effect::Missing(version) };
    let mut lineage = versions.lineage(index).take(dedupe.max(1) as usize);
    let own = lineage.find(|(_, entry)| entry.operation == id);
    own.map_or(Effect::Missing(version), |(_, entry)| {
        Effect::Changed(Change { from: versions.version(entry.base), to: entry.version })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{FailureCause, Value};
    use crate::observe::consistency::VersionIndex;
    use crate::observe::consistency::script::{OBJECT, op, version};

    const READ: Operation = Operation::Read { object: OBJECT };
    const UPDATE: Operation = Operation::Update { object: OBJECT };

    fn at(ns: u64) -> Time {
        Time::from_nanos(ns)
    }

    fn read(version: Version) -> Outcome {
        Outcome::Ok(Answer::Read { version, value: Value::default() })
    }

    fn drained(history: &mut History) -> Vec<Event> {
        std::iter::from_fn(|| history.pop()).map(|(_, event)| event).collect()
    }

    fn one() -> Change {
        Change { from: Version::ZERO, to: version(1, 1) }
    }

    /// Versions 1 by client 6 and 2, made from it, by client 7.
    fn versions() -> Versions {
        let mut versions = Versions::new(1);
        let value = Value::default();
        let first = versions.add(OBJECT, version(1, 1), VersionIndex::ZERO, op(6, 0), value);
        versions.add(OBJECT, version(2, 2), first, op(7, 0), value);
        versions
    }

    #[test]
    fn events_wait_until_the_ends_of_calls_before_them_are_known() {
        let (mut history, versions) = (History::default(), versions());
        history.asked(at(1), op(6, 0), &UPDATE);
        history.asked(at(2), op(8, 0), &READ);
        history.ended(at(3), op(8, 0), read(Version::ZERO), &versions, 4);
        assert_eq!(drained(&mut history), []);
        history.ended(
            at(4),
            op(6, 0),
            Outcome::Ok(Answer::Updated { version: version(1, 1) }),
            &versions,
            4,
        );
        let update =
            Call { id: op(6, 0), asked: at(1), answered: at(4), effect: Effect::Changed(one()) };
        let seen = Call {
            id: op(8, 0),
            asked: at(2),
            answered: at(3),
            effect: Effect::Read(Version::ZERO),
        };
        assert_eq!(
            drained(&mut history),
            [
                Event::Asked(update),
                Event::Asked(seen),
                Event::Answered(op(8, 0)),
                Event::Answered(op(6, 0))
            ]
        );
        assert!(history.calls.is_empty() && history.waiting.is_empty() && history.ready.is_empty());
    }

    #[test]
    fn an_update_that_is_found_in_a_later_version_made_its_own() {
        let versions = versions();
        let did = |id, version, dedupe| effect((OBJECT, id), version, &versions, dedupe);
        assert_eq!(did(op(6, 0), version(2, 2), 4), Effect::Changed(one()));
        assert_eq!(did(op(6, 0), version(2, 2), 1), Effect::Missing(version(2, 2)));
        assert_eq!(did(op(7, 0), version(1, 1), 4), Effect::Missing(version(1, 1)));
        assert_eq!(did(op(7, 0), version(9, 9), 4), Effect::Missing(version(9, 9)));
    }

    #[test]
    fn what_may_be_applied_stays_open_and_what_is_not_leaves_nothing() {
        let (mut history, versions) = (History::default(), versions());
        let failed =
            |maybe_applied| Outcome::Failed { cause: FailureCause::Timeout, maybe_applied };
        for (client, operation, maybe) in [(6, UPDATE, true), (7, UPDATE, false), (8, READ, true)] {
            history.asked(at(1), op(client, 0), &operation);
            history.made(op(client, 0), one());
            history.ended(at(9), op(client, 0), failed(maybe), &versions, 4);
        }
        let never = Time::NEVER;
        let open = Call { id: op(6, 0), asked: at(1), answered: never, effect: Effect::Open };
        assert_eq!(drained(&mut history), [Event::Asked(open), Event::Made(op(6, 0), one())]);
        // Its coordinator goes on.
        let late = Change { from: version(1, 1), to: version(2, 9) };
        history.made(op(6, 0), late);
        assert_eq!(drained(&mut history), [Event::Made(op(6, 0), late)]);
        history.made(op(7, 0), late);
        assert_eq!(drained(&mut history), []);
    }

    #[test]
    fn who_stops_leaves_open_updates_and_no_reads() {
        for whole in [false, true] {
            let mut history = History::default();
            history.asked(at(1), op(6, 0), &UPDATE);
            history.asked(at(2), op(6, 1), &READ);
            if whole {
                history.finish();
            } else {
                history.stopped(NodeId(6));
            }
            let events = drained(&mut history);
            assert!(
                matches!(events[..], [Event::Asked(Call { effect: Effect::Open, .. })]),
                "{events:?}"
            );
        }
    }
}

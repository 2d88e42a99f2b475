//! A small part of a history that isn't linearizable either, for a person to read.
//!
//! Taking a call out of a history may break it; these may be taken back without doing so: a read may
//! be left out, and an update may be taken for one that nobody heard the end of. What can't be taken
//! back is what the history breaks on.

use super::register::{Register, Standing};
use crate::node::{OperationId, Time, Version};
use crate::observe::history::{Call, Change, Effect, Event};
use std::collections::BTreeSet;

/// The calls that a history breaks on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// The versions at which the object could stand before.
    pub stands: BTreeSet<Version>,
    /// The calls, in the order in which they were asked.
    pub calls: Vec<Call>,
    /// Further changes from or to a version that they name.
    pub changes: Vec<(OperationId, Change)>,
}

/// Reduces `events`, which break an object that was as `before` says; of the calls that were open
/// then, `open` says what they are.
pub fn shrink(before: &Register, open: &[Call], events: &[Event]) -> Core {
    let mut events = events.to_vec();
    let calls: Vec<OperationId> = ids(&events).collect();
    // What one call was needed for may go with another: until nothing goes any more.
    loop {
        let kept = ids(&events).count();
        for &id in &calls {
            let fewer = without(&events, id);
            if is_broken(before, &fewer) {
                events = fewer;
            }
        }
        if ids(&events).count() == kept {
            break;
        }
    }
    core(before, open, &events)
}

fn ids(events: &[Event]) -> impl Iterator<Item = OperationId> {
    events.iter().filter_map(|event| match event {
        Event::Answered(id) => Some(*id),
        Event::Asked(_) | Event::Made(..) => None,
    })
}

/// The history without the answer to a call.
fn without(events: &[Event], call: OperationId) -> Vec<Event> {
    let mut fewer = Vec::with_capacity(events.len());
    for event in events {
        match *event {
            Event::Answered(id) if id == call => {}
            Event::Asked(asked) if asked.id == call => match asked.effect {
                Effect::Read(_) | Effect::Missing(_) => {}
                Effect::Open => fewer.push(*event),
                Effect::Changed(change) => {
                    let (answered, effect) = (Time::NEVER, Effect::Open);
                    fewer.push(Event::Asked(Call { answered, effect, ..asked }));
                    fewer.push(Event::Made(call, change));
                }
            },
            _ => fewer.push(*event),
        }
    }
    fewer
}

fn is_broken(before: &Register, events: &[Event]) -> bool {
    let mut register = before.clone();
    events.iter().any(|event| matches!(register.take(event), Standing::Broken(_)))
}

fn core(before: &Register, open: &[Call], events: &[Event]) -> Core {
    let answered: BTreeSet<OperationId> = ids(events).collect();
    let asked = events.iter().filter_map(|event| match event {
        Event::Asked(call) => Some(*call),
        Event::Made(..) | Event::Answered(_) => None,
    });
    let all = open.iter().copied().chain(asked);
    let calls: Vec<Call> = all.filter(|call| answered.contains(&call.id)).collect();
    let mut named: BTreeSet<Version> = BTreeSet::new();
    for call in &calls {
        match call.effect {
            Effect::Read(version) | Effect::Missing(version) => drop(named.insert(version)),
            Effect::Changed(Change { from, to }) => named.extend([from, to]),
            Effect::Open => {}
        }
    }
    let changes = events.iter().filter_map(|event| match event {
        Event::Made(id, change) if named.contains(&change.from) || named.contains(&change.to) => {
            Some((*id, *change))
        }
        _ => None,
    });
    Core { stands: before.stands(), calls, changes: changes.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::consistency::script::{op, version};

    fn call(id: OperationId, effect: Effect) -> Call {
        Call { id, asked: Time::ZERO, answered: Time::ZERO, effect }
    }

    fn read(id: OperationId, seen: Version) -> [Event; 2] {
        [Event::Asked(call(id, Effect::Read(seen))), Event::Answered(id)]
    }

    fn update(id: OperationId, from: Version, to: Version) -> [Event; 2] {
        let change = Change { from, to };
        [Event::Asked(call(id, Effect::Changed(change))), Event::Answered(id)]
    }

    /// Three updates one after the other with reads of each, and then a read of what was before the
    /// last.
    #[test]
    fn what_a_stale_read_breaks_on_is_the_update_before_it() {
        let versions = [Version::ZERO, version(1, 1), version(2, 2), version(3, 3)];
        let mut events = Vec::new();
        for (count, pair) in (0..).zip(versions.windows(2)) {
            events.extend(update(op(6, count), pair[0], pair[1]));
            events.extend(read(op(7, count), pair[1]));
        }
        events.extend(read(op(8, 0), version(2, 2)));
        let core = shrink(&Register::new(), &[], &events);
        let ids: Vec<OperationId> = core.calls.iter().map(|call| call.id).collect();
        // Either the last update's own answer or a read that saw it: nobody needs both.
        assert_eq!(ids, [op(7, 2), op(8, 0)]);
        assert_eq!(core.stands, BTreeSet::from([Version::ZERO]));
        let made = |id, from, to| (id, Change { from, to });
        assert_eq!(
            core.changes,
            [
                made(op(6, 1), version(1, 1), version(2, 2)),
                made(op(6, 2), version(2, 2), version(3, 3))
            ]
        );
    }

    #[test]
    fn what_two_updates_of_one_version_break_on_is_both() {
        let lone = read(op(8, 0), Version::ZERO);
        let one = update(op(6, 0), Version::ZERO, version(1, 1));
        let other = update(op(7, 0), Version::ZERO, version(1, 2));
        let events = [lone, one, read(op(8, 1), version(1, 1)), other].concat();
        let core = shrink(&Register::new(), &[], &events);
        let ids: Vec<OperationId> = core.calls.iter().map(|call| call.id).collect();
        assert!(ids == [op(6, 0), op(7, 0)] || ids == [op(8, 1), op(7, 0)], "{ids:?}");
        assert!(is_broken(&Register::new(), &events));
    }

    #[test]
    fn calls_that_were_asked_earlier_are_shown_too() {
        let mut before = Register::new();
        let open =
            call(op(6, 0), Effect::Changed(Change { from: Version::ZERO, to: version(1, 1) }));
        before.take(&Event::Asked(open));
        let events = [&[Event::Answered(op(6, 0))][..], &read(op(8, 0), Version::ZERO)].concat();
        let core = shrink(&before, &[open], &events);
        assert_eq!(core.calls.len(), 2);
        assert_eq!(core.calls[0], open);
    }
}

//! The replicated state machine: a pure function of the log.
//!
//! Each operation is applied once, however often it stands in the log. The state remembers the
//! operations of the last two operation timeouts, by the order's own clock (the latest time that an
//! entry carries); an entry older than one timeout is skipped, because nobody waits for it. A repeat
//! carries a time at most one timeout later than the first entry's: so it is skipped before the
//! first is forgotten.

use super::command::Command;
use super::effect::Effect;
use super::group::Group;
use crate::node::{
    Digestible, Hasher, NodeId, ObjectId, Operation, OperationId, Order, Span, Time, Value, Version,
};
use crate::protocol::serving::groups::Multicast;
use std::collections::{BTreeMap, BTreeSet};

/// What the machine is told once.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// An entry older than this is skipped.
    pub timeout: Span,
    /// So many messages of a group are kept.
    pub group_log: u32,
}

/// The state of a log's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Objects that were written.
    objects: BTreeMap<ObjectId, (Version, Value)>,
    /// Groups, apart from their versions and values.
    groups: BTreeMap<ObjectId, Group>,
    /// The updates and multicasts of the last two timeouts (in fifo order: version 0).
    done: BTreeMap<OperationId, Version>,
    by_time: BTreeSet<(Time, OperationId)>,
    now: Time,
}

impl State {
    /// Takes in one entry. O(log n), amortized; to ask for a view is O(access peers).
    pub fn apply(&mut self, command: &Command, rules: Rules, initial: Value) -> Effect {
        let timeout = rules.timeout;
        self.now = self.now.max(command.asked);
        self.forget(timeout);
        // Of registrations the latest stands, however late it comes.
        if command.asked + timeout < self.now && command.entry.is_none() {
            return Effect::Late;
        }
        let id = command.id;
        match command.operation {
            Operation::Read { object } => {
                let (version, value) = self.held(object).unwrap_or((Version::ZERO, initial));
                Effect::Read { version, value }
            }
            Operation::Update { object } => match self.done.get(&id) {
                Some(&version) => Effect::Known { object, version },
                None => {
                    let (version, value, base) = self.make(command, object, initial);
                    Effect::Made { object, version, value, base }
                }
            },
            Operation::Multicast { group, order, bytes } => match (self.done.get(&id), order) {
                (Some(&version), Order::Total) => Effect::Known { object: group, version },
                (Some(_), Order::Fifo) => Effect::Sent,
                (None, _) => self.cast(command, (group, order, bytes), rules, initial),
            },
            Operation::Join { group } | Operation::Leave { group } => {
                let here = self.groups.entry(group).or_default();
                let news = command.entry.filter(|&entry| here.register(entry));
                Effect::Registered { group, news }
            }
            Operation::Members { group, .. } => {
                let here = self.groups.get(&group);
                let (view, access_peers, members) = here.map(Group::view).unwrap_or_default();
                Effect::Members { view, access_peers, members }
            }
            Operation::Lookup { .. } => Effect::Late,
        }
    }

    fn make(
        &mut self,
        command: &Command,
        object: ObjectId,
        initial: Value,
    ) -> (Version, Value, Version) {
        let (base, before) = self.held(object).unwrap_or((Version::ZERO, initial));
        let version = Version { counter: base.counter + 1, attempt: command.attempt };
        let value = before.changed(command.id);
        self.objects.insert(object, (version, value));
        self.note(command, version);
        (version, value, base)
    }

    fn note(&mut self, command: &Command, version: Version) {
        self.done.insert(command.id, version);
        self.by_time.insert((command.asked, command.id));
    }

    fn cast(
        &mut self,
        command: &Command,
        (group, order, bytes): (ObjectId, Order, u32),
        rules: Rules,
        initial: Value,
    ) -> Effect {
        let id = command.id;
        let (made, number, check) = match order {
            Order::Total => {
                let made = self.make(command, group, initial);
                (Some(made), made.0.counter, Multicast::check_of(made.1))
            }
            Order::Fifo => {
                self.note(command, Version::ZERO);
                (None, self.groups.entry(group).or_default().count(id.client), 0)
            }
        };
        // A log counts for the sender, who may reboot.
        let first = u32::from(order == Order::Fifo);
        let multicast = Multicast { id, order, number, first, bytes, check };
        let here = self.groups.entry(group).or_default();
        let place = here.push(multicast, rules.group_log.max(1) as usize);
        Effect::Cast { group, place, multicast, made }
    }

    fn forget(&mut self, timeout: Span) {
        while let Some(&(asked, id)) = self.by_time.first() {
            if asked + timeout.times(2) >= self.now {
                return;
            }
            self.by_time.pop_first();
            self.done.remove(&id);
        }
    }

    /// What an object is now; `None` if it was never written.
    #[must_use]
    pub fn held(&self, object: ObjectId) -> Option<(Version, Value)> {
        self.objects.get(&object).copied()
    }

    /// The objects that were written.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, Version, Value)> + '_ {
        self.objects.iter().map(|(&object, &(version, value))| (object, version, value))
    }

    /// A group; `None` if nobody joined it or sent to it yet.
    #[must_use]
    pub fn group(&self, group: ObjectId) -> Option<&Group> {
        self.groups.get(&group)
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = (ObjectId, &Group)> + '_ {
        self.groups.iter().map(|(&id, group)| (id, group))
    }

    /// Takes in another state of the same objects and groups, of those who couldn't be heard for a
    /// while: of an object the newest version, of a group the longest stream, of access peers their
    /// latest parts. What only the other version holds is lost.
    pub fn merge(&mut self, other: &Self) {
        for (&object, &(version, value)) in &other.objects {
            let held = self.objects.entry(object).or_insert((version, value));
            if version > held.0 {
                *held = (version, value);
            }
        }
        for (&id, group) in &other.groups {
            self.groups.entry(id).or_default().merge(group);
        }
        for &(asked, id) in &other.by_time {
            if let Some(&version) = other.done.get(&id) {
                let known = self.done.entry(id).or_insert(version);
                *known = (*known).max(version);
                self.by_time.insert((asked, id));
            }
        }
        self.now = self.now.max(other.now);
    }

    /// Access peers that `is_there` doesn't know have no members any more: which they were, by group.
    pub fn retain(&mut self, is_there: impl Fn(NodeId) -> bool) -> Vec<(ObjectId, NodeId)> {
        let mut gone = Vec::new();
        for (&id, group) in &mut self.groups {
            gone.extend(group.retain(&is_there).into_iter().map(|peer| (id, peer)));
        }
        gone
    }

    /// Bytes on the wire: the objects with their contents, groups with their messages, and the
    /// operations remembered.
    #[must_use]
    pub fn size(&self) -> u32 {
        let contents = self.objects.values().map(|(_, value)| u64::from(value.bytes) + 8 + 16 + 4);
        let groups = self.groups.values().map(Group::size).sum::<u64>();
        let bytes = contents.sum::<u64>() + groups + self.done.len() as u64 * (8 + 16 + 8);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

impl Digestible for State {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.objects.len() as u64);
        for (&object, &(version, value)) in &self.objects {
            (object, version, value).digest(hasher);
        }
        hasher.word(self.by_time.len() as u64);
        for &(asked, id) in &self.by_time {
            (asked, id).digest(hasher);
        }
        self.now.digest(hasher);
        for (&id, group) in &self.groups {
            id.digest(hasher);
            group.digest(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{AttemptId, NodeId};
    use crate::protocol::serving::groups::Entry;

    const RULES: Rules = Rules { timeout: Span::from_secs(15), group_log: 3 };
    const INITIAL: Value = Value { bytes: 10, fingerprint: 1 };

    fn command(count: u32, seconds: u64) -> Command {
        let attempt = AttemptId { coordinator: NodeId(1), incarnation: 1, count };
        let id = OperationId { client: NodeId(9), count };
        let operation = Operation::Update { object: ObjectId(0) };
        let asked = Time::ZERO + Span::from_secs(seconds);
        Command { id, operation, attempt, asked, payload: 10, entry: None }
    }

    fn counter(effect: Effect) -> Option<u32> {
        match effect {
            Effect::Made { version, .. } => Some(version.counter),
            _ => None,
        }
    }

    #[test]
    fn a_repeat_is_applied_at_no_time() {
        let mut state = State::default();
        let mut apply = |command| state.apply(&command, RULES, INITIAL);
        assert_eq!(counter(apply(command(1, 0))), Some(1));
        assert!(matches!(apply(command(1, 15)), Effect::Known { .. }));
        assert_eq!(counter(apply(command(2, 30))), Some(2));
        // The last moment at which the first is remembered, and the first at which it isn't.
        assert_eq!(apply(command(1, 0)), Effect::Late);
        assert!(matches!(apply(command(1, 15)), Effect::Known { .. }));
        assert_eq!(counter(apply(command(3, 31))), Some(3));
        assert_eq!(apply(command(1, 15)), Effect::Late);
        assert_eq!(state.done.len(), 2);
    }

    #[test]
    fn of_two_states_the_newest_of_everything_is_left() {
        let (mut one, mut other) = (State::default(), State::default());
        let apply = |state: &mut State, command: Command| {
            state.apply(&command, RULES, INITIAL);
        };
        apply(&mut one, command(1, 0));
        apply(&mut other, command(2, 1));
        apply(&mut other, command(3, 2));
        let group = ObjectId(5);
        let say = Operation::Multicast { group, order: Order::Fifo, bytes: 1 };
        apply(&mut one, Command { operation: say, ..command(4, 3) });
        let stamp = crate::protocol::serving::groups::Stamp { incarnation: 1, count: 1 };
        let join = Operation::Join { group };
        for (state, peer, members) in [(&mut one, NodeId(1), 2), (&mut other, NodeId(2), 3)] {
            let entry = Some(Entry { peer, stamp, members });
            apply(state, Command { operation: join, entry, ..command(5, 3) });
        }
        let (mut a, mut b) = (one.clone(), other.clone());
        a.merge(&other);
        b.merge(&one);
        assert_eq!(a, b);
        assert_eq!(a.held(ObjectId(0)).map(|(version, _)| version.counter), Some(2));
        let merged = a.group(group).expect("it was joined");
        assert_eq!((merged.place(), merged.view()), (1, (1, 2, 5)));
        // What either has done isn't done again.
        for count in 1..=3 {
            let known = a.apply(&command(count, 4), RULES, INITIAL);
            assert!(matches!(known, Effect::Known { .. }), "{known:?}");
        }
        assert_eq!(a.retain(|peer| peer != NodeId(2)), [(group, NodeId(2))]);
        assert_eq!(a.group(group).map(Group::view), Some((2, 1, 2)));
    }

    #[test]
    fn a_read_sees_the_place_where_it_stands() {
        let mut state = State::default();
        let read = |count| Command {
            operation: Operation::Read { object: ObjectId(0) },
            ..command(count, 1)
        };
        let Effect::Read { version, value } = state.apply(&read(1), RULES, INITIAL) else {
            panic!("a read reads");
        };
        assert_eq!((version, value), (Version::ZERO, INITIAL));
        state.apply(&command(2, 1), RULES, INITIAL);
        let Effect::Read { version, value } = state.apply(&read(3), RULES, INITIAL) else {
            panic!("a read reads");
        };
        assert_eq!((version.counter, value), (1, INITIAL.changed(command(2, 1).id)));
    }

    #[test]
    fn messages_get_numbers_and_places_once() {
        let mut state = State::default();
        let group = ObjectId(5);
        let mut say = |count, client, order| {
            let operation = Operation::Multicast { group, order, bytes: 9 };
            let id = OperationId { client: NodeId(client), count };
            state.apply(&Command { id, operation, ..command(count, 1) }, RULES, INITIAL)
        };
        let mut cast = |count, client, order| match say(count, client, order) {
            Effect::Cast { place, multicast, made, .. } => {
                assert_eq!(
                    made.map(|(version, ..)| version.counter),
                    match order {
                        Order::Total => Some(multicast.number),
                        Order::Fifo => None,
                    }
                );
                Some((place, multicast.number))
            }
            Effect::Known { .. } | Effect::Sent => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(cast(1, 8, Order::Total), Some((1, 1)));
        assert_eq!(cast(2, 8, Order::Fifo), Some((2, 1)));
        assert_eq!(cast(1, 9, Order::Fifo), Some((3, 1)));
        assert_eq!(cast(3, 8, Order::Fifo), Some((4, 2)));
        assert_eq!(cast(4, 8, Order::Total), Some((5, 2)));
        assert_eq!([cast(1, 8, Order::Total), cast(3, 8, Order::Fifo)], [None, None]);
        let here = state.group(group).unwrap();
        let (first, kept) = here.after(0);
        assert_eq!((here.place(), first, kept.len()), (5, 3, 3), "three are kept");
        assert_eq!(here.after(4).0, 5);
        assert_eq!(here.after(9).1.len(), 0);
    }
}

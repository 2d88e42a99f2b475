//! The replicated state machine: a pure function of the log.
//!
//! Each operation is applied once, however often it stands in the log. The state remembers the
//! operations of the last two operation timeouts, by the log's own clock (the latest time that an
//! entry carries); an entry older than one timeout is skipped, because nobody waits for it. A repeat
//! carries a time at most one timeout later than the first entry's: so it is skipped before the
//! first is forgotten.

use super::command::Command;
use crate::node::{
    Digestible, Hasher, ObjectId, Operation, OperationId, Span, Time, Value, Version,
};
use std::collections::{BTreeMap, BTreeSet};

/// What applying an entry came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A read's answer.
    Read {
        /// The version at this place of the log.
        version: Version,
        /// Its value.
        value: Value,
    },
    /// A new version.
    Made {
        /// Of which object.
        object: ObjectId,
        /// Its name.
        version: Version,
        /// Its value.
        value: Value,
        /// What it was made from.
        base: Version,
    },
    /// The operation was applied before, in this version.
    Known {
        /// Of which object.
        object: ObjectId,
        /// The version that the operation made.
        version: Version,
    },
    /// Nobody waits for it any more.
    Late,
}

/// The state of a log's objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Objects that were written.
    objects: BTreeMap<ObjectId, (Version, Value)>,
    /// The updates of the last two timeouts.
    done: BTreeMap<OperationId, Version>,
    by_time: BTreeSet<(Time, OperationId)>,
    now: Time,
}

impl State {
    /// Takes in one entry. O(log n), amortized.
    pub fn apply(&mut self, command: &Command, timeout: Span, initial: Value) -> Effect {
        self.now = self.now.max(command.asked);
        self.forget(timeout);
        if command.asked + timeout < self.now {
            return Effect::Late;
        }
        match command.operation {
            Operation::Read { object } => {
                let (version, value) = self.held(object).unwrap_or((Version::ZERO, initial));
                Effect::Read { version, value }
            }
            Operation::Update { object } => {
                if let Some(&version) = self.done.get(&command.id) {
                    return Effect::Known { object, version };
                }
                let (base, before) = self.held(object).unwrap_or((Version::ZERO, initial));
                let version = Version { counter: base.counter + 1, attempt: command.attempt };
                let value = before.changed(command.id);
                self.objects.insert(object, (version, value));
                self.done.insert(command.id, version);
                self.by_time.insert((command.asked, command.id));
                Effect::Made { object, version, value, base }
            }
            _ => Effect::Late,
        }
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

    /// Bytes on the wire: the objects with their contents, and the operations remembered.
    #[must_use]
    pub fn size(&self) -> u32 {
        let contents = self.objects.values().map(|(_, value)| u64::from(value.bytes) + 8 + 16 + 4);
        let bytes = contents.sum::<u64>() + self.done.len() as u64 * (8 + 16 + 8);
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{AttemptId, NodeId};

    const TIMEOUT: Span = Span::from_secs(15);
    const INITIAL: Value = Value { bytes: 10, fingerprint: 1 };

    fn command(count: u32, seconds: u64) -> Command {
        let attempt = AttemptId { coordinator: NodeId(1), incarnation: 1, count };
        let id = OperationId { client: NodeId(9), count };
        let operation = Operation::Update { object: ObjectId(0) };
        let asked = Time::ZERO + Span::from_secs(seconds);
        Command { id, operation, attempt, asked, payload: 10 }
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
        let mut apply = |command| state.apply(&command, TIMEOUT, INITIAL);
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
    fn a_read_sees_the_place_where_it_stands() {
        let mut state = State::default();
        let read = |count| Command {
            operation: Operation::Read { object: ObjectId(0) },
            ..command(count, 1)
        };
        let Effect::Read { version, value } = state.apply(&read(1), TIMEOUT, INITIAL) else {
            panic!("a read reads");
        };
        assert_eq!((version, value), (Version::ZERO, INITIAL));
        state.apply(&command(2, 1), TIMEOUT, INITIAL);
        let Effect::Read { version, value } = state.apply(&read(3), TIMEOUT, INITIAL) else {
            panic!("a read reads");
        };
        assert_eq!((version.counter, value), (1, INITIAL.changed(command(2, 1).id)));
    }
}

//! Which step caused which.

use crate::node::{NodeId, Pending, Protocol, Step, Time};
use serde::{Deserialize, Serialize};

/// A step, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Where.
    #[serde(with = "node")]
    pub node: NodeId,
    /// The node's step count.
    pub number: u32,
    /// When.
    #[serde(with = "time")]
    pub at: Time,
}

/// Nodes in files are numbers.
mod node {
    use crate::node::NodeId;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
    pub fn serialize<S: Serializer>(node: &NodeId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(node.0)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<NodeId, D::Error> {
        u32::deserialize(source).map(NodeId)
    }
}

/// Times in files are nanoseconds since the start of the run.
mod time {
    use crate::node::Time;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference to the field")]
    pub fn serialize<S: Serializer>(at: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(at.nanos())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<Time, D::Error> {
        u64::deserialize(source).map(Time::from_nanos)
    }
}

/// Remembers which step put what under way. Takes 16 bytes for each thing that was under way at one
/// time; all operations take constant time.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    messages: Vec<Origin>,
    timers: Vec<Origin>,
    last: Origin,
}

impl Causes {
    /// A step begins; the step that caused it, unless the world did.
    pub fn step<P: Protocol>(&mut self, step: &Step<'_, P>) -> Option<Origin> {
        self.last = Origin { node: step.node, number: step.number, at: step.at };
        step.cause.map(|pending| *self.slot(pending))
    }

    /// The step told last has put something under way.
    pub fn set_off(&mut self, pending: Pending) {
        let last = self.last;
        *self.slot(pending) = last;
    }

    /// A message has become two.
    pub fn copied(&mut self, original: Pending, copy: Pending) {
        let origin = *self.slot(original);
        *self.slot(copy) = origin;
    }

    fn slot(&mut self, pending: Pending) -> &mut Origin {
        let (slots, place) = match pending {
            Pending::Message(place) => (&mut self.messages, place as usize),
            Pending::Timer(place) => (&mut self.timers, place as usize),
        };
        if slots.len() <= place {
            slots.resize(place + 1, Origin::default());
        }
        &mut slots[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Happening, Role};
    use crate::observe::fake::Fake;

    fn step(node: u32, number: u32, cause: Option<Pending>) -> Step<'static, Fake> {
        Step {
            at: Time::from_nanos(u64::from(10 * node + number)),
            node: NodeId(node),
            role: Role::Peer,
            incarnation: 1,
            number,
            cause,
            happening: Happening::Boot,
        }
    }

    #[test]
    fn a_step_is_traced_to_the_one_that_set_it_off() {
        let mut causes = Causes::default();
        assert_eq!(causes.step(&step(1, 0, None)), None);
        causes.set_off(Pending::Message(0));
        causes.set_off(Pending::Timer(0));
        causes.step(&step(2, 0, None));
        causes.set_off(Pending::Message(1));
        causes.copied(Pending::Message(1), Pending::Message(2));
        let (one, two) = (Pending::Message(0), Pending::Message(2));
        let first = Origin { node: NodeId(1), number: 0, at: Time::from_nanos(10) };
        let second = Origin { node: NodeId(2), number: 0, at: Time::from_nanos(20) };
        assert_eq!(causes.step(&step(3, 0, Some(one))), Some(first));
        // The name is free again, and the step takes it.
        causes.set_off(one);
        assert_eq!(causes.step(&step(1, 1, Some(two))), Some(second));
        assert_eq!(causes.step(&step(1, 2, Some(Pending::Timer(0)))), Some(first));
        assert_eq!(causes.step(&step(4, 0, Some(one))).unwrap().node, NodeId(3));
    }
}

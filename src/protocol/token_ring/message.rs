//! All that the nodes of the token-ring baseline say to each other.

use super::ring;
use crate::node::{Digestible, Hasher, MessageKind, ObjectId, WireSize};
use crate::protocol::serving;
use crate::protocol::serving::groups::{self, Said};

/// What nodes say to each other.
#[derive(Clone, Debug)]
pub enum Message {
    /// Between daemons.
    Ring(ring::Message),
    /// Between clients and daemons.
    Serving(serving::Message),
}

impl From<serving::Message> for Message {
    fn from(message: serving::Message) -> Self {
        Self::Serving(message)
    }
}

impl From<Said> for Message {
    fn from(said: Said) -> Self {
        Self::Serving(said.into())
    }
}

impl From<groups::Message> for Message {
    fn from(message: groups::Message) -> Self {
        Self::Serving(message.into())
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        match self {
            Self::Ring(message) => message.wire_size(),
            Self::Serving(message) => message.wire_size(),
        }
    }
}

const RING: &[&str] = <ring::Message as MessageKind>::KINDS;
const SERVING: &[&str] = <serving::Message as MessageKind>::KINDS;
const COUNT: usize = RING.len() + SERVING.len();
const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let mut next = 0;
    while next < COUNT {
        names[next] = if next < RING.len() { RING[next] } else { SERVING[next - RING.len()] };
        next += 1;
    }
    names
};

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &NAMES;

    fn kind(&self) -> usize {
        match self {
            Self::Ring(message) => message.kind(),
            Self::Serving(message) => RING.len() + message.kind(),
        }
    }

    fn is_background(kind: usize) -> bool {
        if kind < RING.len() {
            ring::Message::is_background(kind)
        } else {
            serving::Message::is_background(kind - RING.len())
        }
    }

    fn is_dissemination(kind: usize) -> bool {
        if kind < RING.len() {
            ring::Message::is_dissemination(kind)
        } else {
            serving::Message::is_dissemination(kind - RING.len())
        }
    }

    fn group(&self) -> Option<ObjectId> {
        match self {
            Self::Ring(message) => message.group(),
            Self::Serving(message) => message.group(),
        }
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Ring(message) => message.digest(hasher),
            Self::Serving(message) => message.digest(hasher),
        }
    }
}

//! A protocol that does nothing, for tests that feed observers by hand.

use crate::node::{
    Context, Digestible, Hasher, Input, MessageKind, ObjectId, Protocol, Setup, WireSize,
};

/// The protocol that does nothing.
pub struct Fake;

/// Its messages.
#[derive(Clone, Debug)]
pub enum Word {
    /// Work for an operation, of so many bytes; also what carries multicasts of object 0.
    Work(u32),
    /// Upkeep.
    Upkeep,
}

impl WireSize for Word {
    fn wire_size(&self) -> u32 {
        match *self {
            Self::Work(bytes) => bytes,
            Self::Upkeep => 100,
        }
    }
}

impl MessageKind for Word {
    const KINDS: &'static [&'static str] = &["work", "upkeep"];

    fn kind(&self) -> usize {
        usize::from(matches!(self, Self::Upkeep))
    }

    fn is_background(kind: usize) -> bool {
        kind == 1
    }

    fn is_dissemination(kind: usize) -> bool {
        kind == 0
    }

    fn group(&self) -> Option<ObjectId> {
        matches!(self, Self::Work(_)).then_some(ObjectId(0))
    }
}

impl Digestible for Word {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Work(number) => (0_u8, *number).digest(hasher),
            Self::Upkeep => hasher.word(1),
        }
    }
}

impl Protocol for Fake {
    const NAME: &'static str = "fake";
    type Config = ();
    type Message = Word;
    type Timer = u32;
    type World = ();
    type Record = ();
    type Durable = ();

    fn fold((): &mut (), (): ()) {}

    fn boot(_: Setup<'_, Self>, _: &mut Context<'_, Self>) -> Self {
        Self
    }

    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

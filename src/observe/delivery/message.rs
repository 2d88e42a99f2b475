//! A multicast, as it is known.

use super::bits::Bits;
use crate::node::{ObjectId, OperationId, Order, Span, Time};

/// How long a member must stay, from a message's number on, to be one that must get it (CLIPPEE
/// M10).
pub const STAY: Span = Span::from_secs(30);

/// A message under its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// The message.
    pub id: OperationId,
    /// Of which group.
    pub group: ObjectId,
    /// In which order.
    pub order: Order,
    /// Its number there.
    pub number: u32,
}

/// Names a message in a [`Ledger`](super::Ledger).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageIndex(pub(super) u32);

impl MessageIndex {
    /// The index into tables with an entry a message.
    #[must_use]
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// A number given to a message (a version made, or a count accepted), before it was told that it is
/// on its way under that number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making {
    pub number: u32,
    pub at: Time,
    pub moment: u64,
}

/// When a message got its number, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// When.
    pub at: Time,
    /// The same on the ledger's own clock, which no two events share.
    pub moment: u64,
    /// Its number and order.
    pub numbering: Numbering,
    /// Members at that moment that hadn't gone before it got on its way.
    pub members: u32,
}

/// Deliveries of one message under one number, without repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The number.
    pub number: u32,
    /// How many.
    pub count: u64,
    /// How many of them came behind one with a higher number.
    pub disordered: u64,
}

/// A multicast.
#[derive(Clone, Debug)]
pub struct Message {
    /// The operation that sent it.
    pub id: OperationId,
    /// When its sender asked; `None`: nobody did.
    pub asked: Option<Time>,
    /// When it got its number; `None`: it has none.
    pub start: Option<Start>,
    /// Members from then on that haven't gone within [`STAY`].
    pub expected: Bits,
    /// Members from then on that got it.
    pub got: Bits,
    /// Its copies by the number that they had: one entry, unless members disagree.
    pub copies: Vec<Copies>,
    /// How often a member got it again.
    pub duplicates: u64,
    /// Versions made for it.
    pub(super) made: Vec<Making>,
}

impl Message {
    pub(super) const fn new(id: OperationId, asked: Option<Time>) -> Self {
        Self {
            id,
            asked,
            start: None,
            expected: Bits { words: Vec::new() },
            got: Bits { words: Vec::new() },
            copies: Vec::new(),
            duplicates: 0,
            made: Vec::new(),
        }
    }

    /// The end of the time for which a member must stay.
    #[must_use]
    pub fn due(&self) -> Time {
        self.start.map_or(Time::NEVER, |start| start.at + STAY)
    }

    /// A member gets it, under `number`.
    pub(super) fn copied(&mut self, number: u32, disordered: bool) {
        let disordered = u64::from(disordered);
        match self.copies.iter_mut().find(|copies| copies.number == number) {
            Some(copies) => {
                copies.count += 1;
                copies.disordered += disordered;
            }
            None => self.copies.push(Copies { number, count: 1, disordered }),
        }
    }

    /// How many members must get it and did.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.expected.common(&self.got)
    }
}

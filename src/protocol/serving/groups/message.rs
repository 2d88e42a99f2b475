//! What members of groups and those who serve them say to each other (CLIPPEE 7). Sizes are those of
//! Clippee's messages of the same names, so that bytes can be compared.

use crate::node::{NodeId, ObjectId, OperationId, Order, Span, Value};

pub(super) const KEY: u32 = 8;
const ADDRESS: u32 = 6;
pub(super) const OPERATION: u32 = 8;
pub(super) const NUMBER: u32 = 4;
pub(super) const TAG: u32 = 1;

/// A sender's count of its messages in fifo order to one group.
///
/// Numbers rise from message to message by one, and over all reboots of the sender. A sender that
/// has rebooted doesn't know its last number: it starts from its operation's, which is higher than
/// any number it gave before, since operations are counted over reboots and a message never has a
/// higher number than its own operation. So what was sent before and after a reboot is one order,
/// and the first number tells where the present count begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The message's number, from 1; 0: it isn't counted.
    pub number: u32,
    /// The number of the first message since the sender booted.
    pub first: u32,
}

impl Count {
    /// The first message since the sender booted, sent by operation `id`.
    #[must_use]
    pub const fn begin(id: OperationId) -> Self {
        let number = id.count.saturating_add(1);
        Self { number, first: number }
    }

    /// That of the next message.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { number: self.number + 1, ..self }
    }
}

/// One message of the application to a group, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multicast {
    /// The operation that sent it, and so its sender.
    pub id: OperationId,
    /// Which order it has a number in.
    pub order: Order,
    /// In total order the counter of the group's version that it made; in fifo its sender's
    /// [number](Count::number).
    pub number: u32,
    /// In fifo order the number of its sender's [first](Count::first) message; 0 in total order.
    pub first: u32,
    /// Its size.
    pub bytes: u32,
    /// In total order, half of the fingerprint of the group's state after it: an access peer whose
    /// own idea of the state differs has missed a branch, and asks a replica. 0: not known.
    pub check: u32,
}

impl Multicast {
    /// The check of a group's state; never that of an unknown one.
    #[must_use]
    pub const fn check_of(state: Value) -> u32 {
        let half = state.fingerprint as u32;
        if half == 0 { 1 } else { half }
    }

    /// Bytes, content included. There is either a check or the number of a first message.
    #[must_use]
    pub const fn wire_size(&self) -> u32 {
        (OPERATION + TAG + 3 * NUMBER).saturating_add(self.bytes)
    }
}

/// Bytes of a list of messages, contents included.
#[must_use]
pub fn messages_size(messages: &[Multicast]) -> u32 {
    messages.iter().map(Multicast::wire_size).fold(NUMBER, u32::saturating_add)
}

/// One place in the stream of what members of a group get from who serves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// A message.
    Message(Multicast),
    /// The messages in total order up to this number can't be had.
    Lost {
        /// The last of them.
        number: u32,
    },
    /// Messages in fifo order may lack, nobody knows how many.
    Doubt {
        /// Of this sender; `None`: of any.
        sender: Option<NodeId>,
    },
}

impl Element {
    /// Bytes, content included.
    #[must_use]
    pub const fn wire_size(&self) -> u32 {
        match self {
            Self::Message(multicast) => multicast.wire_size(),
            Self::Lost { .. } => TAG + NUMBER,
            Self::Doubt { .. } => TAG + ADDRESS,
        }
    }
}

/// To a client: "you are a member from here on."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Of which group.
    pub group: ObjectId,
    /// The place of the last element that this member doesn't get by [`Deliver`].
    pub place: u32,
    /// The number of the last message in total order up to that place.
    pub number: u32,
    /// The group's state after that message; the message carries its content.
    pub value: Value,
    /// To a member that comes back: what it missed, as far as it can still be had, in the order of
    /// delivery. All numbers in total order from the member's own to `number` that are lacking here
    /// are lost. Messages in fifo order may be among them that it has already.
    pub missed: Box<[Multicast]>,
    /// To a member that comes back: whether it may lack messages in fifo order all the same, because
    /// nobody could say what there was.
    pub doubt: bool,
}

impl Welcome {
    /// Bytes of the fields, contents included. The doubt is a bit of the list's length.
    #[must_use]
    pub fn wire_size(&self) -> u32 {
        (KEY + 3 * NUMBER)
            .saturating_add(self.value.bytes)
            .saturating_add(messages_size(&self.missed))
    }
}

/// To a member: the next element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Of which group.
    pub group: ObjectId,
    /// Its place: one more than that of the element before.
    pub place: u32,
    /// The element.
    pub element: Element,
}

impl Deliver {
    /// Bytes of the fields, content included.
    #[must_use]
    pub const fn wire_size(&self) -> u32 {
        (KEY + NUMBER).saturating_add(self.element.wire_size())
    }
}

/// What a member has had of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Had {
    /// The last number in total order.
    pub number: u32,
    /// The place of the last element, in the stream of who delivered it.
    pub place: u32,
    /// How long ago what it may lack in fifo order can have been sent at the earliest.
    pub age: Span,
}

/// What a member has to say. Protocols make messages of their own of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// "I'm a member" (it joins, or comes back). Repeated until welcomed.
    Enter {
        /// Of which group.
        group: ObjectId,
        /// The count of the operation by which it joined: what an older leave says is over.
        turn: u32,
        /// What it has had; `None`: it is new.
        had: Option<Had>,
    },
    /// "I'm no member any more." Repeated until answered.
    Exit {
        /// Of which group.
        group: ObjectId,
        /// The count of its last operation on memberships: a later join isn't meant.
        turn: u32,
    },
    /// "I lack these places."
    Missing {
        /// Of which group.
        group: ObjectId,
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
}

/// What a member that comes back says it has, where places are the group's own: the same for a
/// member, whoever serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// The last number in total order.
    pub number: u32,
    /// The last place.
    pub place: u32,
}

/// What members and those who serve them say to each other, where places are the group's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// By a member: [`Said::Enter`].
    Enter {
        /// Of which group.
        group: ObjectId,
        /// The count of the operation by which it joined.
        turn: u32,
        /// What it has; `None`: it is new.
        back: Option<Back>,
    },
    /// To a client.
    Welcome(Box<Welcome>),
    /// By a member: [`Said::Exit`].
    Exit {
        /// Of which group.
        group: ObjectId,
        /// The count of its last operation on memberships.
        turn: u32,
    },
    /// To a client: "you are no member."
    Exited {
        /// Of which group.
        group: ObjectId,
    },
    /// To a member.
    Deliver(Deliver),
    /// By a member: [`Said::Missing`].
    Missing {
        /// Of which group.
        group: ObjectId,
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
}

impl Message {
    /// Whether it is for a client, and not for who serves it.
    #[must_use]
    pub const fn is_for_client(&self) -> bool {
        matches!(self, Self::Welcome(_) | Self::Exited { .. } | Self::Deliver(_))
    }
}

impl From<Said> for Message {
    fn from(said: Said) -> Self {
        match said {
            Said::Enter { group, turn, had } => {
                let back = had.map(|Had { number, place, .. }| Back { number, place });
                Self::Enter { group, turn, back }
            }
            Said::Exit { group, turn } => Self::Exit { group, turn },
            Said::Missing { group, from, to } => Self::Missing { group, from, to },
        }
    }
}

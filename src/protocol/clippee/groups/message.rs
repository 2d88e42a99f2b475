//! What nodes say to each other about groups (CLIPPEE 7). What it weighs and what it is called is in
//! `wire.rs`.

use crate::node::{NodeId, ObjectId, OperationId, Span, Value};
use crate::protocol::serving::groups::{Deliver, Entry, Had, Multicast, Said, Stamp, Welcome};

/// A multicast that has its number, on its way from its coordinator into the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// To which group.
    pub group: ObjectId,
    /// What.
    pub multicast: Multicast,
    /// Access peers with members, as far as the coordinator knows.
    pub roll: Vec<Entry>,
}

/// What a member has that comes back to an access peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// The last number in total order.
    pub number: u32,
    /// How long ago what it may lack in fifo order can have been sent at the earliest.
    pub age: Span,
}

/// Access peer to replica: "I have members" (or none any more, or: that peer is dead).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Of which group.
    pub group: ObjectId,
    /// The entry; its peer is the sender, or one that the sender found dead.
    pub entry: Entry,
}

/// The answer to [`Register`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Of which group.
    pub group: ObjectId,
    /// To which entry.
    pub entry: Entry,
    /// What became of it.
    pub verdict: RegisterVerdict,
}

/// What became of a registration at a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterVerdict {
    /// Taken in, or known already.
    Taken {
        /// The number of the group's last message at this replica.
        number: u32,
        /// The group's state after it; the content stays at the replica (an access peer asks one
        /// replica for it by [`Fill`]).
        value: Value,
        /// A few other access peers that have members: what the registering one missed in fifo
        /// order, they have.
        others: Box<[NodeId]>,
    },
    /// Something newer is known of that peer: it must register under a later stamp.
    Outdated {
        /// What is known.
        known: Entry,
    },
    /// This peer isn't responsible in its own view; these are, closest first.
    NotResponsible {
        /// The replica set in its view.
        closer: Box<[NodeId]>,
    },
}

/// Access peer to a replica, once an interval: "is anything new?"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Of which group.
    pub group: ObjectId,
    /// The sender's last registration.
    pub entry: Entry,
}

/// The answer to [`Poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollReply {
    /// Of which group.
    pub group: ObjectId,
    /// The number of the group's last message at this replica.
    pub number: u32,
    /// Whether the replica has that registration, and is responsible; if not, the sender looks the
    /// set up and registers again.
    pub known: bool,
}

/// Access peer to a replica: "give me the messages of these numbers, and the state."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Of which group.
    pub group: ObjectId,
    /// From behind this number on.
    pub after: u32,
    /// To this number, if not to the last one.
    pub upto: Option<u32>,
}

/// The answer to [`Fill`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Of which group.
    pub group: ObjectId,
    /// The question.
    pub after: u32,
    /// The number of the group's last message at this replica; what is asked for above it may come
    /// later.
    pub number: u32,
    /// The group's state after that message, content included.
    pub value: Value,
    /// What is still held of it, by rising number. Lacking numbers up to `number` are gone here.
    pub messages: Box<[Multicast]>,
    /// Whether the replica is responsible for the group in its own view; if not, the answer says
    /// nothing else.
    pub responsible: bool,
}

/// Access peer to access peer: "deliver this, and pass it on to these."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Of which group.
    pub group: ObjectId,
    /// The message.
    pub multicast: Multicast,
    /// Where it entered the tree: whom to ask for what is lacking in fifo order.
    pub origin: NodeId,
    /// Those that the receiver passes it on to.
    pub list: Box<[Entry]>,
}

/// Access peer to access peer, in answer to [`Message::Lack`]: what a sender sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// To which group.
    pub group: ObjectId,
    /// Whose messages.
    pub sender: NodeId,
    /// The question: below this count.
    pub before: u32,
    /// Those that were addressed to the asker, or are its members' nevertheless, and are still held,
    /// by rising count. What is lacking is neither, or is gone.
    pub messages: Box<[Multicast]>,
}

/// Access peer to access peer, in answer to [`Message::Recall`]: what was delivered there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// To which group.
    pub group: ObjectId,
    /// The question.
    pub age: Span,
    /// Messages in fifo order, and where the last one of each one's sender entered the tree; in the
    /// order of delivery.
    pub messages: Box<[(Multicast, NodeId)]>,
    /// Whether these are all that were sent since then, as far as the answerer can know: it had
    /// members before, and its log reaches back.
    pub whole: bool,
}

/// What nodes say to each other about groups.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Client to access peer: "I'm a member" (it joins, or comes back). Repeated until welcomed.
    Enter {
        /// Of which group.
        group: ObjectId,
        /// The count of the operation by which it joined: what an older leave says is over.
        turn: u32,
        /// What it has; `None`: it is new.
        back: Option<Back>,
    },
    /// Access peer to client.
    Welcome(Box<Welcome>),
    /// Client to access peer: "I'm no member any more." Repeated until answered.
    Exit {
        /// Of which group.
        group: ObjectId,
        /// The count of its last operation on memberships: a later join isn't meant.
        turn: u32,
    },
    /// Access peer to client.
    Exited {
        /// Of which group.
        group: ObjectId,
    },
    /// Access peer to client.
    Deliver(Deliver),
    /// Client to access peer: "I lack these places."
    Missing {
        /// Of which group.
        group: ObjectId,
        /// The first.
        from: u32,
        /// The last.
        to: u32,
    },
    /// Access peer to replica.
    Register(Register),
    /// Replica to access peer.
    Registered(Box<Registered>),
    /// Access peer to replica: upkeep.
    Poll(Poll),
    /// Replica to access peer: upkeep.
    PollReply(PollReply),
    /// Access peer to replica.
    Fill(Fill),
    /// Replica to access peer.
    Filled(Box<Filled>),
    /// Access peer to access peer: down the tree.
    Relay(Box<Relay>),
    /// "I have it, and pass it on."
    RelayAck {
        /// Of which group.
        group: ObjectId,
        /// Which message.
        id: OperationId,
    },
    /// Access peer to the sender's access peer: "I lack messages in fifo order."
    Lack {
        /// Of which group.
        group: ObjectId,
        /// Whose.
        sender: NodeId,
        /// From behind this count.
        after: u32,
        /// To before this count.
        before: u32,
        /// The stamp under which the asker has had members since: what was addressed to it before
        /// isn't those members' business.
        since: Stamp,
        /// How long ago those of them that came from other access peers may have begun to lack
        /// messages: what was sent since then is theirs, whomever it was addressed to.
        age: Span,
    },
    /// The answer to [`Message::Lack`].
    Supply(Box<Supply>),
    /// To an access peer: "who are your members?"
    Who {
        /// Of which group.
        group: ObjectId,
        /// Comes back in the answer.
        token: u32,
    },
    /// The answer to [`Message::Who`].
    Names {
        /// Of which group.
        group: ObjectId,
        /// Of the question.
        token: u32,
        /// The members, by id.
        names: Box<[NodeId]>,
    },
    /// Access peer to access peer: "what came in fifo order, while I had no members?"
    Recall {
        /// To which group.
        group: ObjectId,
        /// Since how long ago.
        age: Span,
    },
    /// The answer to [`Message::Recall`].
    Recalled(Box<Recalled>),
}

impl From<Said> for Message {
    fn from(said: Said) -> Self {
        match said {
            Said::Enter { group, turn, had } => {
                let back = had.map(|Had { number, age, .. }| Back { number, age });
                Self::Enter { group, turn, back }
            }
            Said::Exit { group, turn } => Self::Exit { group, turn },
            Said::Missing { group, from, to } => Self::Missing { group, from, to },
        }
    }
}

//! What replicas say to each other for hand-over and repair: all of it upkeep.

use super::ring::Stretch;
use super::state::State;
use crate::node::{Digestible, HEADER_BYTES, Hasher, MessageKind, ObjectId, Version, WireSize};
use crate::protocol::clippee::groups;

/// At most this many entries travel in one message (objects of equal keys aside, which stay
/// together).
pub(super) const PAGE: usize = 256;

const KEY: u32 = 8;
const VERSION: u32 = 16;
const OPERATION: u32 = 8;
const FINGERPRINT: u32 = 8;
const TOKEN: u32 = 8;
const NUMBER: u32 = 4;
const FLAG: u32 = 1;

/// An object and the version in which the sender holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The object.
    pub object: ObjectId,
    /// Its version at the sender.
    pub version: Version,
}

/// What a peer holds in a stretch of keys: all that it lists there, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The keys that this page speaks for.
    pub stretch: Stretch,
    /// What is held there, by key and then object. Never a version 0.
    pub entries: Box<[Entry]>,
}

/// An object's state on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which object.
    pub object: ObjectId,
    /// Its state at the sender; the message carries the content of the value.
    pub state: State,
    /// Whether the sender waits for an [`Message::Ack`], because it wants to drop its copy.
    pub confirm: bool,
}

/// What a peer knows of the access peers with members of a group (CLIPPEE 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which group.
    pub group: ObjectId,
    /// Entries of its roll, or those of them that the receiver lacks.
    pub entries: Box<[groups::Entry]>,
    /// Whether the sender wants to know what it lacks.
    pub ask: bool,
}

/// What replicas say to each other for hand-over and repair (CLIPPEE 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// "What do you hold in this stretch?" From a peer that isn't ready there.
    Ask {
        /// Comes back in the answer.
        token: u64,
        /// The keys asked about.
        stretch: Stretch,
    },
    /// The answer to [`Message::Ask`]: the first page of it. The asker asks on for the rest.
    Summary {
        /// Of the request.
        token: u64,
        /// The page; it begins where the request's stretch begins.
        page: Page,
    },
    /// "This is what I hold of what we share", in short: (object, version) pairs by key.
    Digest {
        /// How many pairs.
        objects: u32,
        /// A hash of them.
        hash: u64,
    },
    /// The answer to a [`Message::Digest`] that differs: what the sender holds of what both share.
    Differs(Page),
    /// "I hold these: take what you lack, and tell me what you have."
    Offer(Box<[Entry]>),
    /// "I am responsible for these, and hold them in these versions."
    Ack(Box<[Entry]>),
    /// "Send me these."
    Fetch(Box<[ObjectId]>),
    /// The answer to [`Message::Fetch`] for what isn't held.
    Absent(Box<[ObjectId]>),
    /// An object: the answer to [`Message::Fetch`], or pushed in a hand-over.
    Transfer(Box<Transfer>),
    /// "These are the hashes of the rolls that we share" ([`groups::Roll::hash`]).
    RollDigest(Box<[(ObjectId, u64)]>),
    /// The answer to a [`Message::RollDigest`] that differs, or pushed in a hand-over.
    Roll(Box<Told>),
}

fn list(items: usize, bytes: u32) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX).saturating_mul(bytes)
}

impl Page {
    fn wire_size(&self) -> u32 {
        (2 * KEY).saturating_add(list(self.entries.len(), KEY + VERSION))
    }
}

impl Transfer {
    fn wire_size(&self) -> u32 {
        let State { value, recent, group, .. } = &self.state;
        let fixed = KEY + 2 * VERSION + FINGERPRINT + FLAG;
        let group = group.as_ref().map_or(0, |group| {
            (2 * (NUMBER + FINGERPRINT)).saturating_add(groups::messages_size(&group.log))
        });
        fixed
            .saturating_add(list(recent.len(), OPERATION))
            .saturating_add(value.bytes)
            .saturating_add(group)
    }
}

impl WireSize for Message {
    fn wire_size(&self) -> u32 {
        let body = match self {
            Self::Ask { .. } => TOKEN + 2 * KEY,
            Self::Summary { page, .. } => TOKEN + page.wire_size(),
            Self::Digest { .. } => 4 + FINGERPRINT,
            Self::Differs(page) => page.wire_size(),
            Self::Offer(entries) | Self::Ack(entries) => list(entries.len(), KEY + VERSION),
            Self::Fetch(objects) | Self::Absent(objects) => list(objects.len(), KEY),
            Self::Transfer(transfer) => transfer.wire_size(),
            Self::RollDigest(hashes) => list(hashes.len(), KEY + FINGERPRINT),
            Self::Roll(told) => (KEY + FLAG).saturating_add(groups::entries_size(&told.entries)),
        };
        HEADER_BYTES.saturating_add(body)
    }
}

impl MessageKind for Message {
    const KINDS: &'static [&'static str] = &[
        "summary_request",
        "summary",
        "repair_digest",
        "repair_summary",
        "offer",
        "offer_ack",
        "fetch",
        "fetch_absent",
        "transfer",
        "roll_digest",
        "roll",
    ];

    fn kind(&self) -> usize {
        match self {
            Self::Ask { .. } => 0,
            Self::Summary { .. } => 1,
            Self::Digest { .. } => 2,
            Self::Differs(_) => 3,
            Self::Offer(_) => 4,
            Self::Ack(_) => 5,
            Self::Fetch(_) => 6,
            Self::Absent(_) => 7,
            Self::Transfer(_) => 8,
            Self::RollDigest(_) => 9,
            Self::Roll(_) => 10,
        }
    }

    fn is_background(_: usize) -> bool {
        true
    }
}

impl Digestible for Entry {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, self.version).digest(hasher);
    }
}

impl Digestible for Page {
    fn digest(&self, hasher: &mut Hasher) {
        (self.stretch, &*self.entries).digest(hasher);
    }
}

impl Digestible for Transfer {
    fn digest(&self, hasher: &mut Hasher) {
        (self.object, &self.state, self.confirm).digest(hasher);
    }
}

impl Digestible for Told {
    fn digest(&self, hasher: &mut Hasher) {
        (self.group, &self.entries, self.ask).digest(hasher);
    }
}

impl Digestible for Message {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(self.kind() as u64);
        match self {
            Self::Ask { token, stretch } => (*token, *stretch).digest(hasher),
            Self::Summary { token, page } => (*token, page).digest(hasher),
            Self::Digest { objects, hash } => (*objects, *hash).digest(hasher),
            Self::Differs(page) => page.digest(hasher),
            Self::Offer(entries) | Self::Ack(entries) => entries.digest(hasher),
            Self::Fetch(objects) | Self::Absent(objects) => objects.digest(hasher),
            Self::Transfer(transfer) => transfer.digest(hasher),
            Self::RollDigest(hashes) => hashes.digest(hasher),
            Self::Roll(told) => told.digest(hasher),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::GroupState;
    use super::*;
    use crate::node::{NodeId, OperationId, Order, Value};

    #[test]
    fn a_transfer_weighs_its_content_and_a_summary_its_entries() {
        let mut state = State::initial(Value { bytes: 1_024, fingerprint: 1 });
        state.recent = Box::new([OperationId::default(); 32]);
        let transfer = Transfer { object: ObjectId(1), state, confirm: false };
        assert_eq!(
            Message::Transfer(Box::new(transfer)).wire_size(),
            HEADER_BYTES + 49 + 256 + 1_024
        );
        let entry = Entry { object: ObjectId(1), version: Version::ZERO };
        let stretch = Stretch { start: 0, length: 9 };
        let page = Page { stretch, entries: Box::new([entry; 10]) };
        assert_eq!(Message::Differs(page).wire_size(), HEADER_BYTES + 16 + 240);
    }

    #[test]
    fn a_groups_log_travels_with_its_content_and_a_roll_with_its_entries() {
        let mut state = State::initial(Value { bytes: 100, fingerprint: 1 });
        let message = groups::Multicast {
            id: OperationId::default(),
            order: Order::Total,
            number: 1,
            first: 0,
            bytes: 200,
            check: 0,
        };
        state.group = Some(Box::new(GroupState { log: [message; 3].into(), ..Default::default() }));
        let transfer = Transfer { object: ObjectId(1), state, confirm: false };
        let log = 4 + 3 * (21 + 200);
        assert_eq!(
            Message::Transfer(Box::new(transfer)).wire_size(),
            HEADER_BYTES + 49 + 100 + 24 + log
        );
        let entry = groups::Entry { peer: NodeId(1), stamp: Default::default(), members: 1 };
        let told = Told { group: ObjectId(1), entries: Box::new([entry; 2]), ask: false };
        assert_eq!(Message::Roll(Box::new(told)).wire_size(), HEADER_BYTES + 9 + 4 + 36);
        let digest = Message::RollDigest(Box::new([(ObjectId(1), 7)]));
        assert_eq!(digest.wire_size(), HEADER_BYTES + 16);
    }

    #[test]
    fn each_kind_has_its_own_name_and_is_upkeep() {
        let names: std::collections::BTreeSet<_> = Message::KINDS.iter().collect();
        assert_eq!(names.len(), Message::KINDS.len());
        let last = Told { group: ObjectId(0), entries: Box::default(), ask: true };
        assert_eq!(Message::Roll(Box::new(last)).kind(), Message::KINDS.len() - 1);
        assert!((0..Message::KINDS.len()).all(Message::is_background));
    }
}

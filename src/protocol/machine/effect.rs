//! What an ordered command came to.

use crate::node::{ObjectId, Value, Version};
use crate::protocol::serving::groups::{Entry, Multicast};

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
    /// A message to a group has its place, and its number. In total order a version was made.
    Cast {
        /// Which group.
        group: ObjectId,
        /// Its place.
        place: u32,
        /// The message.
        multicast: Multicast,
        /// In total order: the version's name, its value, what it was made from.
        made: Option<(Version, Value, Version)>,
    },
    /// It was sent before, in fifo order.
    Sent,
    /// An access peer's part in a group.
    Registered {
        /// Which group.
        group: ObjectId,
        /// What is news.
        news: Option<Entry>,
    },
    /// The membership view.
    Members {
        /// Its number.
        view: u32,
        /// Access peers in it.
        access_peers: u32,
        /// Members, as of the last registrations.
        members: u32,
    },
    /// Nobody waits for it any more.
    Late,
}

//! What a message weighs and what it is called.

use super::ids::ObjectId;

/// What every message costs on the wire beside its content, in bytes: IPv4 and UDP headers.
pub const HEADER_BYTES: u32 = 28;

/// The size of a message on the wire, for bandwidth and byte counts.
pub trait WireSize {
    /// Bytes, headers included.
    fn wire_size(&self) -> u32;
}

/// The kinds of a protocol's messages, for counting (`network.by_kind`) and for telling work from
/// upkeep.
pub trait MessageKind {
    /// The name of each kind, in snake case; the index is the kind.
    const KINDS: &'static [&'static str];

    /// The index of this message's kind in [`MessageKind::KINDS`].
    fn kind(&self) -> usize;

    /// Whether kind `kind` is upkeep (heartbeats, maintenance, repair) rather than work for an
    /// operation (CLIPPEE M9).
    fn is_background(kind: usize) -> bool;

    /// Whether kind `kind` carries a multicast to its members, acknowledges it, or fills gaps
    /// (CLIPPEE 7): what a delivered copy costs beside its operation.
    fn is_dissemination(kind: usize) -> bool {
        let _ = kind;
        false
    }

    /// The group that a message of such a kind is about; others need not say.
    fn group(&self) -> Option<ObjectId> {
        None
    }
}

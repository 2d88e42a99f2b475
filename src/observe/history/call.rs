//! Calls: operations as a checker of one object sees them.

use crate::node::{OperationId, Time, Version};

/// A version was made from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The version that it was made from.
    pub from: Version,
    /// The version that was made.
    pub to: Version,
}

/// What a call did, as far as its client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A read, which returned this version.
    Read(Version),
    /// An update, which made this change.
    Changed(Change),
    /// An update that was answered with a version that doesn't hold its change.
    Missing(Version),
    /// An update whose client heard nothing, or that it may have been applied: one of its changes
    /// may come at any time, or none ([`Event::Made`] tells what they are).
    Open,
}

/// A call whose end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation.
    pub id: OperationId,
    /// When it was asked for.
    pub asked: Time,
    /// When it was answered; [`Time::NEVER`]: never.
    pub answered: Time,
    /// What it did.
    pub effect: Effect,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call begins.
    Asked(Call),
    /// A change was made for an open call that has begun.
    Made(OperationId, Change),
    /// A call that has begun ends; open calls don't.
    Answered(OperationId),
}

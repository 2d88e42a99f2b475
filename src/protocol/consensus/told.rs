//! What a member of a log tells observers of versions.

use super::Consensus;
use crate::node::{Context, ObjectId, Observation, OperationId, Value, Version};
use crate::protocol::machine::applied;

/// A version was made, of an object or of a group.
pub(super) fn made(
    (id, object): (OperationId, ObjectId),
    (version, value, base): (Version, Value, Version),
    leads: bool,
    cx: &mut Context<'_, Consensus>,
) {
    // A leader that takes over tells again what the one before it may have told.
    if leads {
        cx.observe(Observation::Made { id, object, version, base, value });
    }
    let previous = (base != Version::ZERO).then_some(base);
    cx.observe(applied(object, (version, value), previous, true));
}

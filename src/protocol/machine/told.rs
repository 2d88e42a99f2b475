//! What those who keep an ordered state tell observers.

use crate::node::{ObjectId, Observation, Value, Version};

/// A member holds a version now.
pub(in crate::protocol) fn applied(
    object: ObjectId,
    (version, value): (Version, Value),
    previous: Option<Version>,
    by_commit: bool,
) -> Observation {
    Observation::Applied {
        object,
        version,
        value,
        previous,
        commit: by_commit.then_some(version.attempt),
        late: false,
        responsible: true,
    }
}

//! What never changes and every node may know.

use crate::node::{ObjectId, Value, mix};
use crate::protocol::overlay::{self, Key};
use std::sync::Arc;

/// Clippee's immutable world.
pub struct World {
    /// The overlay's part.
    pub overlay: Arc<overlay::World>,
    /// The key of each object, by its number; groups are objects, and come last.
    pub keys: Vec<Key>,
    /// How many of the objects are groups.
    pub groups: u32,
    /// Size of every object in bytes.
    pub object_bytes: u32,
}

impl World {
    /// How many objects there are.
    #[must_use]
    pub fn objects(&self) -> u32 {
        u32::try_from(self.keys.len()).unwrap_or(u32::MAX)
    }

    /// The ring position of `object`.
    #[must_use]
    pub fn key(&self, object: ObjectId) -> Key {
        self.keys[object.0 as usize]
    }

    /// Whether `object` is a group.
    #[must_use]
    pub fn is_group(&self, object: ObjectId) -> bool {
        object.0 as usize + self.groups as usize >= self.keys.len()
    }

    /// The value that `object` has at boot, in version 0.
    #[must_use]
    pub fn initial(&self, object: ObjectId) -> Value {
        Value { bytes: self.object_bytes, fingerprint: mix(u64::from(object.0)) }
    }
}

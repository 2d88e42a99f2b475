//! What never changes and every node may know.

use crate::node::{NodeId, ObjectId, Value, mix};

/// Where objects live.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The servers are the peers 1 to this; at least 1.
    pub servers: u32,
    /// Size of every object in bytes.
    pub object_bytes: u32,
}

impl World {
    /// The server of `object`: by a hash, so that popular objects spread.
    #[must_use]
    pub fn server_of(&self, object: ObjectId) -> NodeId {
        let server = mix(u64::from(object.0)) % u64::from(self.servers.max(1));
        NodeId(server as u32 + 1)
    }

    /// The server that `client` keeps a session with: clients take turns.
    #[must_use]
    pub const fn home_of(&self, client: NodeId) -> NodeId {
        let servers = if self.servers == 0 { 1 } else { self.servers };
        NodeId(client.0 % servers + 1)
    }

    /// The value that `object` has at boot, in version 0.
    #[must_use]
    pub fn initial(&self, object: ObjectId) -> Value {
        Value { bytes: self.object_bytes, fingerprint: mix(u64::from(object.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_clients_are_spread_over_all_servers_and_no_others() {
        let world = World { servers: 4, object_bytes: 1 };
        let (mut objects, mut clients) = ([0; 5], [0; 5]);
        for number in 0..10_000 {
            objects[world.server_of(ObjectId(number)).index()] += 1;
            clients[world.home_of(NodeId(number)).index()] += 1;
        }
        assert_eq!(clients, [0, 2_500, 2_500, 2_500, 2_500]);
        assert!(objects[0] == 0 && objects[1..].iter().all(|&n| (2_300..2_700).contains(&n)));
    }
}

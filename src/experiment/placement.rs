//! Who has which id, and which objects the probes of C3 ask for: drawn from the placement key.

use crate::node::{Key, NodeId, ObjectId, Operation, Purpose, Time, WORLD};
use crate::sim::{Action, Group, Scripted};

/// Lanes of the placement key.
const ID_LANE: u32 = 0x6964_6964;
const KEY_LANE: u32 = 0x6b65_7973;
const PROBE_LANE: u32 = 0x7072_6f62;

/// Probes issued at the end of a run (CLIPPEE C3).
const PROBES: usize = 100;

/// Overlay ids of the peers 1..=`peers`, by node index (entry 0 is unused): distinct and uniform.
#[must_use]
pub fn ids(seed: u64, peers: u32) -> Vec<u64> {
    let key = Key::new(seed, Purpose::Placement);
    let mut ids: Vec<u64> = (0..=peers).map(|node| key.lane(node, 0, ID_LANE).word()).collect();
    // Two of a million draws coincide once in 40 million runs; then the later one moves on until it
    // is free.
    let mut order: Vec<usize> = (1..ids.len()).collect();
    loop {
        order.sort_unstable_by_key(|&node| (ids[node], node));
        let Some(pair) = order.windows(2).find(|pair| ids[pair[0]] == ids[pair[1]]) else {
            return ids;
        };
        ids[pair[1]] = ids[pair[1]].wrapping_add(1);
    }
}

/// Ring positions of `objects` objects, groups included.
#[must_use]
pub fn keys(seed: u64, objects: u32) -> Vec<u64> {
    let key = Key::new(seed, Purpose::Placement);
    (0..objects).map(|object| key.lane(object, 0, KEY_LANE).word()).collect()
}

/// The peers that are up at time 0, sorted by id.
#[must_use]
pub fn online(ids: &[u64], peers: &Group) -> Vec<(u64, NodeId)> {
    let up = |&node: &NodeId| peers.churn.is_up_at_start(node);
    let mut online: Vec<(u64, NodeId)> = (1..=peers.identities)
        .map(NodeId)
        .filter(up)
        .map(|node| (ids[node.index()], node))
        .collect();
    online.sort_unstable();
    online
}

/// One update on each of up to 100 distinct drawn plain objects, of which there are `objects`, at
/// `settle`, wherever a client is online then.
#[must_use]
pub fn probes(seed: u64, objects: u32, settle: Time) -> Vec<Scripted> {
    let mut stream = Key::new(seed, Purpose::Workload).lane(WORLD.0, 0, PROBE_LANE);
    let mut drawn: Vec<u32> = Vec::new();
    while drawn.len() < PROBES.min(objects as usize) {
        let object = stream.below(u64::from(objects)) as u32;
        if !drawn.contains(&object) {
            drawn.push(object);
        }
    }
    let probe = |object| Scripted {
        at: settle,
        node: None,
        action: Action::Issue(Operation::Update { object: ObjectId(object) }),
    };
    drawn.into_iter().map(probe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_depend_on_the_seed() {
        let mut first = ids(1, 10_000);
        assert_ne!(first, ids(2, 10_000));
        first.remove(0);
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 10_000);
    }

    #[test]
    fn probes_ask_for_distinct_objects() {
        let probes = probes(1, 120, Time::from_nanos(9));
        let mut objects: Vec<_> = probes
            .iter()
            .map(|probe| match probe.action {
                Action::Issue(Operation::Update { object }) => object,
                other => panic!("{other:?}"),
            })
            .collect();
        objects.sort_unstable();
        objects.dedup();
        assert_eq!(objects.len(), 100);
        assert_eq!(super::probes(1, 7, Time::ZERO).len(), 7);
    }
}

//! Random churn, loss, locks, commits and registrations; the lab's observer checks what must never
//! happen, and after the storm all replicas agree (CLIPPEE C2) and no lock is left (C4).

use super::lab::config;
use super::*;
use crate::protocol::clippee::groups::{Entry as Member, Register, Stamp};
use crate::protocol::clippee::{GroupChange, Lock, Yield};
use proptest::prelude::*;

const PEERS: u32 = 9;
const OBJECTS: u32 = 6;
/// The last object is a group.
const GROUP: ObjectId = ObjectId(OBJECTS - 1);

#[derive(Clone, Debug)]
enum Act {
    Lock {
        peer: u32,
        object: u32,
        attempt: u32,
        /// Since when it waits; a try-lock doesn't.
        waits: Option<u64>,
    },
    Yield {
        peer: u32,
        object: u32,
    },
    Unlock {
        peer: u32,
        object: u32,
        attempt: u32,
    },
    /// A commit made from what `from` holds, told to all whose bit is set.
    Commit {
        from: u32,
        object: u32,
        to: u32,
    },
    /// An access peer has so many members in the group.
    Register {
        peer: u32,
        by: u32,
        members: u32,
    },
    Crash {
        peer: u32,
    },
    Boot {
        peer: u32,
    },
    /// A peer sees who is there now; others don't yet.
    See {
        peer: u32,
    },
    Pass {
        ms: u64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let (peer, object, attempt) = (1..=PEERS, 0..OBJECTS, 0..40_u32);
    prop_oneof![
        2 => (peer.clone(), object.clone(), attempt.clone(), proptest::option::of(0..9_u64))
            .prop_map(|(peer, object, attempt, waits)| Act::Lock { peer, object, attempt, waits }),
        1 => (peer.clone(), object.clone())
            .prop_map(|(peer, object)| Act::Yield { peer, object }),
        1 => (peer.clone(), object.clone(), attempt)
            .prop_map(|(peer, object, attempt)| Act::Unlock { peer, object, attempt }),
        4 => (peer.clone(), object, any::<u32>())
            .prop_map(|(from, object, to)| Act::Commit { from, object, to }),
        2 => (peer.clone(), peer.clone(), 0..3_u32)
            .prop_map(|(peer, by, members)| Act::Register { peer, by, members }),
        1 => peer.clone().prop_map(|peer| Act::Crash { peer }),
        1 => peer.clone().prop_map(|peer| Act::Boot { peer }),
        3 => peer.prop_map(|peer| Act::See { peer }),
        2 => (0..9_000_u64).prop_map(|ms| Act::Pass { ms }),
    ]
}

fn key(object: u32) -> Key {
    at(u64::from(object) * 3) + 12_345
}

/// Attempt numbers are per object, so that an attempt belongs to one.
fn of(object: u32, attempt: u32) -> AttemptId {
    AttemptId { coordinator: NodeId(90 + object), incarnation: 1, count: attempt }
}

struct Storm {
    lab: Lab,
    made: u32,
}

impl Storm {
    fn begin(durable: bool) -> Self {
        let ids: Vec<Key> = (0..u64::from(PEERS)).map(|n| at(n) + at(n) / 3 + n * 977).collect();
        let keys: Vec<Key> = (0..OBJECTS).map(key).collect();
        let mut lab = Lab::with_groups(Config { durable, ..config(3) }, &ids, &keys, 1);
        let everybody: Vec<u32> = (1..=PEERS).collect();
        for &peer in &everybody {
            lab.boot(peer, &everybody, true);
        }
        lab.loss = 0.2;
        Self { lab, made: 1_000 }
    }

    fn is_up(&self, peer: u32) -> bool {
        self.lab.nodes.contains_key(&NodeId(peer))
    }

    fn up(&self) -> Vec<u32> {
        self.lab.nodes.keys().map(|node| node.0).collect()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Lock { peer, object, attempt, waits } if self.is_up(peer) => {
                let (object, attempt) = (ObjectId(object), of(object, attempt));
                let waits = waits.map(Time::from_nanos);
                self.lab.request(peer, Lock { object, attempt, waits });
            }
            Act::Yield { peer, object } if self.is_up(peer) => {
                // Whoever got this lock last gives it back, if it was told so.
                let object = ObjectId(object);
                let granted = self.lab.unasked.iter().rev().find_map(|(attempt, verdict)| {
                    let LockVerdict::Granted { turn: Some(turn), .. } = verdict else {
                        return None;
                    };
                    (attempt.coordinator == of(object.0, 0).coordinator).then_some(Yield {
                        object,
                        attempt: *attempt,
                        at: turn.at,
                    })
                });
                if let Some(yielded) = granted {
                    self.lab.give_way(peer, yielded);
                }
            }
            Act::Unlock { peer, object, attempt } if self.is_up(peer) => {
                self.lab.unlock(peer, ObjectId(object), of(object, attempt));
            }
            Act::Commit { from, object, to } if self.is_up(from) => {
                self.commit(from, ObjectId(object), to);
            }
            Act::Register { peer, by, members } if self.is_up(peer) => {
                self.made += 1;
                let stamp = Stamp { incarnation: 1, count: self.made };
                let entry = Member { peer: NodeId(by), stamp, members };
                let register = Register { group: GROUP, entry };
                self.lab.step(peer, |replica, ring, cx, _| replica.register(register, ring, cx));
            }
            Act::Crash { peer } if self.is_up(peer) && self.up().len() > 4 => self.lab.crash(peer),
            Act::Boot { peer } if !self.is_up(peer) => {
                let mut alive = self.up();
                alive.push(peer);
                self.lab.boot(peer, &alive, true);
            }
            Act::See { peer } if self.is_up(peer) => {
                let alive = self.up();
                self.lab.sees(peer, &alive);
            }
            Act::Pass { ms } => self.lab.run(MS.times(ms)),
            _ => {}
        }
    }

    fn commit(&mut self, from: u32, object: ObjectId, to: u32) {
        if self.lab.version(from, object).is_none() {
            return;
        }
        let State { version: base, value, .. } =
            self.lab.nodes[&NodeId(from)].replica.state(object);
        self.made += 1;
        let attempt = of(object.0, self.made);
        let version = Version { counter: base.counter + 1, attempt };
        let operation = operation(self.made);
        let (value, holder) = (value.changed(operation), NodeId(from));
        let change = GroupChange { bytes: 10, roll: 0, view: u64::from(self.made / 3) };
        let multicast = (object == GROUP).then_some(change);
        let commit = Commit { object, version, base, operation, value, holder, multicast };
        for peer in self.up().into_iter().filter(|peer| to >> peer & 1 == 1) {
            self.lab.commit(peer, commit);
        }
    }

    /// The newest version of each object that anybody holds.
    fn newest(&self) -> Vec<Version> {
        let newest = |object| {
            let nodes = self.lab.nodes.values();
            nodes.map(|node| node.replica.copies.version(object)).max().unwrap_or_default()
        };
        (0..OBJECTS).map(ObjectId).map(newest).collect()
    }

    fn calm_down(&mut self) {
        self.lab.loss = 0.0;
        self.lab.all_see_all();
        self.lab.run(Span::from_secs(120));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn after_the_storm_all_agree(
        durable: bool,
        acts in proptest::collection::vec(act(), 0..200),
    ) {
        let mut storm = Storm::begin(durable);
        for act in acts {
            storm.act(act);
        }
        let newest = storm.newest();
        storm.calm_down();
        let up = storm.up();
        for object in (0..OBJECTS).map(ObjectId) {
            let set = storm.lab.nodes[&NodeId(up[0])].ring.replicas(key(object.0), 3);
            let versions: Vec<_> =
                set.iter().map(|peer| storm.lab.version(peer.0, object)).collect();
            prop_assert!(versions[0].is_some(), "not ready: {:?}", versions);
            prop_assert!(versions[0] >= Some(newest[object.0 as usize]), "lost: {:?}", versions);
            prop_assert!(versions.iter().all(|v| *v == versions[0]), "{:?}", versions);
            // Recent operations, log and view follow from the version alone.
            let held = |peer: &NodeId| storm.lab.nodes[peer].replica.state(object);
            let states: Vec<State> = set.iter().map(held).collect();
            prop_assert!(states.iter().all(|state| *state == states[0]), "{:?}", states);
            let known = |peer: &NodeId| storm.lab.nodes[peer].replica.rolls.hash(object);
            let rolls: Vec<u64> = set.iter().map(known).collect();
            prop_assert!(rolls.iter().all(|roll| *roll == rolls[0]), "{:?}", rolls);
            for &peer in &up {
                let holds = storm.lab.holds(peer, object);
                prop_assert!(!holds || set.contains(&NodeId(peer)), "kept by {}", peer);
                let knows = storm.lab.nodes[&NodeId(peer)].replica.rolls.groups().count() > 0;
                let of_group = object == GROUP && knows;
                prop_assert!(!of_group || set.contains(&NodeId(peer)), "roll kept by {}", peer);
            }
        }
        for node in storm.lab.nodes.values() {
            prop_assert_eq!(node.replica.locks.len(), (0, 0));
            prop_assert_eq!(node.replica.needs.len(), 0);
            prop_assert!(node.replica.departing.is_empty());
            prop_assert!(!node.replica.readiness.is_waiting());
        }
    }
}

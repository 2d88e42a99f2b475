//! A few peers on a network without surprises, for the tests of this module: delays fixed per pair,
//! no queues; nodes can be crashed, restarted and cut off, and messages lost.

use super::{Config, Key, Lookups, LookupsConfig, Message, Overlay, World};
use crate::node::{
    Answer, Context, Effect, Input, Key as Philox, NodeId, Observation, Operation, OperationId,
    Outcome, Protocol, Role, Setup, Span, Stream, Time, TimerId, Timers, mix,
};
use std::collections::BTreeMap;
use std::sync::Arc;

enum Event {
    Message { from: NodeId, to: NodeId, message: Message },
    Timer(NodeId, TimerId),
}

struct Running {
    node: Lookups,
    rng: Stream,
    timers: Timers<<Lookups as Protocol>::Timer>,
}

/// The peers 1..=n and what is under way between them.
pub(super) struct Net {
    pub now: Time,
    pub world: Arc<World>,
    config: Arc<LookupsConfig>,
    running: Vec<Option<Running>>,
    incarnations: Vec<u32>,
    queue: BTreeMap<(Time, u64), Event>,
    pushed: u64,
    /// Whether a message passes now.
    pub passes: fn(NodeId, NodeId) -> bool,
    /// One message in so many is lost.
    pub loses_one_in: Option<u64>,
    pub sent: u64,
    pub ended: BTreeMap<u32, Outcome>,
    issued: u32,
    pub held: Vec<(&'static str, u32, u32)>,
}

/// One way, 10 to 90 ms, the same both ways.
fn delay(a: NodeId, b: NodeId) -> Span {
    let pair = u64::from(a.0.min(b.0)) << 32 | u64::from(a.0.max(b.0));
    Span::from_micros(10_000 + mix(pair) % 80_000)
}

pub(super) fn world(peers: u32) -> Arc<World> {
    let ids: Vec<Key> = (0..=u64::from(peers)).map(|node| mix(node ^ 0x5eed)).collect();
    let mut online: Vec<(Key, NodeId)> =
        (1..=peers).map(|node| (ids[node as usize], NodeId(node))).collect();
    online.sort_unstable();
    Arc::new(World { ids, online, nearness: Box::new(delay) })
}

impl Net {
    pub fn new(peers: u32, config: Config) -> Self {
        let operation_timeout = Span::from_secs(15);
        Self {
            now: Time::ZERO,
            world: world(peers),
            config: Arc::new(LookupsConfig { overlay: Arc::new(config), operation_timeout }),
            running: (0..=peers).map(|_| None).collect(),
            incarnations: vec![0; peers as usize + 1],
            queue: BTreeMap::new(),
            pushed: 0,
            passes: |_, _| true,
            loses_one_in: None,
            sent: 0,
            ended: BTreeMap::new(),
            issued: 0,
            held: Vec::new(),
        }
    }

    /// All peers, up or not.
    pub fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..self.running.len() as u32).map(NodeId)
    }

    pub fn is_up(&self, node: NodeId) -> bool {
        self.running[node.index()].is_some()
    }

    pub fn overlay(&self, node: NodeId) -> &Overlay {
        let running = self.running[node.index()].as_ref().expect("the node is up");
        running.node.overlay().expect("the node is a peer")
    }

    pub fn boot(&mut self, node: NodeId, contacts: &[NodeId]) {
        self.incarnations[node.index()] += 1;
        let incarnation = self.incarnations[node.index()];
        let mut rng = Philox::from_word(7).stream(node.0, incarnation);
        let (mut timers, mut effects) = (Timers::default(), Vec::new());
        let setup = Setup {
            role: Role::Peer,
            config: &self.config,
            durable: &(),
            contacts,
            world: &self.world,
        };
        let mut cx = Context::new(node, incarnation, self.now, &mut rng, &mut timers, &mut effects);
        let state = Lookups::boot(setup, &mut cx);
        self.running[node.index()] = Some(Running { node: state, rng, timers });
        self.carry_out(node, effects);
    }

    /// Boots all peers at once, with up to eight contacts of smaller ids.
    pub fn boot_all(&mut self) {
        for node in self.peers() {
            let earlier: Vec<NodeId> = (1..node.0).map(NodeId).collect();
            let mut contacts = Vec::new();
            for draw in 0..8 {
                let index = mix(u64::from(node.0) << 8 | draw) % (earlier.len() as u64).max(1);
                contacts.extend(earlier.get(index as usize).filter(|c| !contacts.contains(*c)));
            }
            self.boot(node, &contacts);
        }
    }

    pub fn crash(&mut self, node: NodeId) {
        self.running[node.index()] = None;
    }

    pub fn leave(&mut self, node: NodeId) {
        self.step(node, Input::Leave);
    }

    /// Issues a lookup; returns its number in [`Net::ended`].
    pub fn look_up(&mut self, node: NodeId, target: NodeId) -> u32 {
        self.issued += 1;
        let id = OperationId { client: node, count: self.issued };
        self.step(node, Input::Operation { id, operation: Operation::Lookup { target } });
        self.issued
    }

    fn step(&mut self, node: NodeId, input: Input<Lookups>) {
        let Some(running) = self.running[node.index()].as_mut() else { return };
        let mut effects = Vec::new();
        let mut cx = Context::new(
            node,
            self.incarnations[node.index()],
            self.now,
            &mut running.rng,
            &mut running.timers,
            &mut effects,
        );
        running.node.step(input, &mut cx);
        self.carry_out(node, effects);
    }

    fn push(&mut self, after: Span, event: Event) {
        self.pushed += 1;
        self.queue.insert((self.now + after, self.pushed), event);
    }

    fn carry_out(&mut self, node: NodeId, effects: Vec<Effect<Lookups>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, message } => {
                    self.sent += 1;
                    let lost = self.loses_one_in.is_some_and(|n| mix(self.sent).is_multiple_of(n));
                    if !lost && (self.passes)(node, to) {
                        self.push(delay(node, to), Event::Message { from: node, to, message });
                    }
                }
                Effect::Arm { id, after } => self.push(after, Event::Timer(node, id)),
                Effect::Disarm(id) => {
                    if let Some(running) = self.running[node.index()].as_mut() {
                        running.timers.remove(id);
                    }
                }
                Effect::Save(()) => {}
                Effect::Observe(Observation::Ended { id, outcome }) => {
                    let before = self.ended.insert(id.count, outcome);
                    assert_eq!(before, None, "{id} ended twice");
                }
                Effect::Observe(Observation::Held { table, entries, bound }) => {
                    self.held.push((table, entries, bound));
                }
                Effect::Observe(_) => {}
            }
        }
    }

    /// Lets `span` pass.
    pub fn pass(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= until) {
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            match event {
                Event::Message { from, to, message } => {
                    self.step(to, Input::Message { from, message });
                }
                Event::Timer(node, id) => {
                    let Some(running) = self.running[node.index()].as_mut() else { continue };
                    if let Some((_, timer)) = running.timers.remove(id) {
                        self.step(node, Input::Timer(timer));
                    }
                }
            }
        }
        self.now = until;
    }

    /// The peers that are up, by distance to `key`.
    pub fn closest_up(&self, key: Key, count: usize) -> Vec<NodeId> {
        let mut up: Vec<(Key, NodeId)> =
            self.world.online.iter().copied().filter(|&(_, node)| self.is_up(node)).collect();
        up.sort_unstable_by(|a, b| super::ring::nearer(key, a.0, b.0));
        up.into_iter().take(count).map(|(_, node)| node).collect()
    }

    /// Peers that have joined and whose leaf set is the true one.
    pub fn is_true(&self, node: NodeId) -> bool {
        let overlay = self.overlay(node);
        let key = self.world.id(node);
        let mut truth = super::leaf_set::LeafSet::new(key, overlay.leaves_per_side());
        for &(key, other) in self.world.online.iter().filter(|&&(_, other)| self.is_up(other)) {
            truth.insert(key, other);
        }
        let known: Vec<NodeId> = overlay.leaves().collect();
        overlay.is_joined() && known == truth.nodes().to_vec()
    }

    /// Looks the ids of `count` drawn peers (up or not) up, each from a drawn peer that is up;
    /// returns how many end at another peer than the true root, and how many fail.
    pub fn count_wrong(&mut self, count: u64) -> (usize, usize) {
        let up: Vec<NodeId> = self.peers().filter(|&node| self.is_up(node)).collect();
        let all: Vec<NodeId> = self.peers().collect();
        let drawn = |i: u64, from: &[NodeId]| from[(mix(i) % from.len() as u64) as usize];
        let mut expected = Vec::new();
        for i in 0..count {
            let target = drawn(2 * i, &all);
            let number = self.look_up(drawn(2 * i + 1, &up), target);
            expected.push((number, target));
        }
        self.pass(Span::from_secs(16));
        let (mut wrong, mut failed) = (0, 0);
        for (number, target) in expected {
            let root = self.closest_up(self.world.id(target), 1)[0];
            match self.ended[&number] {
                Outcome::Ok(Answer::Found { root: found, .. }) => {
                    wrong += usize::from(found != root);
                }
                _ => failed += 1,
            }
        }
        (wrong, failed)
    }
}

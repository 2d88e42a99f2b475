//! The lab: rings that tests set, and a network with one latency.

use super::super::*;
use super::bench::{Bench, Tick, Wire};
use super::view::Ring;
use crate::node::{Effect, Key as RandomKey, MessageKind, Span, Stream, TimerId, Timers, Version};
use crate::protocol::clippee::{CommitVerdict, Lock, LockVerdict, Quorum, Unlock, Yield};
use crate::protocol::overlay;
use std::collections::{BTreeMap, BTreeSet};

pub struct Node {
    pub replica: Replica,
    pub ring: Ring,
    stream: Stream,
    incarnation: u32,
}

enum Event {
    Message { from: NodeId, to: NodeId, message: Wire },
    Timer { node: NodeId, id: TimerId },
}

/// Peers, network, clock, and what was observed.
pub struct Lab {
    pub now: Time,
    pub nodes: BTreeMap<NodeId, Node>,
    pub observed: Vec<(Time, NodeId, Observation)>,
    pub sent: Vec<(NodeId, NodeId, Message)>,
    pub answers: Vec<(NodeId, CommitReply)>,
    /// What coordinators were told about locks without asking.
    pub unasked: Vec<(AttemptId, LockVerdict)>,
    /// Messages between these are lost.
    pub cut: BTreeSet<(NodeId, NodeId)>,
    /// A share of all messages is lost.
    pub loss: f64,
    pub latency: Span,
    pub config: Arc<Config>,
    pub world: Arc<World>,
    pub random: Stream,
    durable: BTreeMap<NodeId, Durable>,
    incarnations: BTreeMap<NodeId, u32>,
    queue: BTreeMap<(Time, u64), Event>,
    count: u64,
    timers: Timers<Tick>,
    held: BTreeMap<(NodeId, ObjectId), AttemptId>,
    versions: BTreeMap<(NodeId, ObjectId), Version>,
    changes: BTreeSet<(NodeId, ObjectId, AttemptId)>,
}

pub fn config(r: u32) -> Config {
    Config { replicas: r, lock_quorum: Quorum::Majority, ..Config::default() }
}

impl Lab {
    /// Peers 1, 2, ... at these ids, all there from the start; objects 0, 1, ... at these keys.
    pub fn new(config: Config, ids: &[Key], keys: &[Key]) -> Self {
        let mut lab = Self::empty(config, ids, keys);
        let everybody: Vec<u32> = (1..=ids.len() as u32).collect();
        for &peer in &everybody {
            lab.boot(peer, &everybody, true);
        }
        lab
    }

    /// The same, with nobody there yet.
    pub fn empty(config: Config, ids: &[Key], keys: &[Key]) -> Self {
        Self::with_groups(config, ids, keys, 0)
    }

    /// The same; the last of the objects are groups.
    pub fn with_groups(config: Config, ids: &[Key], keys: &[Key], groups: u32) -> Self {
        let nearness = Box::new(|_, _| Span::ZERO);
        let ids = std::iter::once(0).chain(ids.iter().copied()).collect();
        let overlay = Arc::new(overlay::World { ids, online: vec![], nearness });
        Self {
            now: Time::ZERO,
            nodes: BTreeMap::new(),
            observed: vec![],
            sent: vec![],
            answers: vec![],
            unasked: vec![],
            cut: BTreeSet::new(),
            loss: 0.0,
            latency: Span::from_millis(50),
            config: Arc::new(config),
            world: Arc::new(World { overlay, keys: keys.to_vec(), groups, object_bytes: 100 }),
            random: RandomKey::from_word(7).stream(0, 0),
            durable: BTreeMap::new(),
            incarnations: BTreeMap::new(),
            queue: BTreeMap::new(),
            count: 0,
            timers: Timers::default(),
            held: BTreeMap::new(),
            versions: BTreeMap::new(),
            changes: BTreeSet::new(),
        }
    }

    fn ring(&self, peer: NodeId, alive: &[u32], joined: bool) -> Ring {
        let id = self.world.overlay.id(peer);
        let alive = alive.iter().map(|&n| (self.world.overlay.id(NodeId(n)), NodeId(n))).collect();
        Ring { me: peer, id, joined, alive }
    }

    /// A peer boots and sees these peers (itself included).
    pub fn boot(&mut self, peer: u32, alive: &[u32], joined: bool) {
        let node = NodeId(peer);
        let ring = self.ring(node, alive, joined);
        let incarnation = *self.incarnations.entry(node).and_modify(|n| *n += 1).or_insert(1);
        let mut stream = RandomKey::from_word(5).stream(peer, incarnation);
        let durable = self.durable.entry(node).or_default().clone();
        let mut effects = Vec::new();
        let mut cx = Context::<Bench>::new(
            node,
            incarnation,
            self.now,
            &mut stream,
            &mut self.timers,
            &mut effects,
        );
        let (config, world) = (self.config.clone(), self.world.clone());
        let replica = Replica::start(config, world, &durable, &ring, &mut cx);
        self.nodes.insert(node, Node { replica, ring, stream, incarnation });
        self.carry_out(node, effects);
    }

    /// A peer stops without a word.
    pub fn crash(&mut self, peer: u32) {
        let node = NodeId(peer);
        self.nodes.remove(&node);
        self.held.retain(|&(at, _), _| at != node);
        self.versions.retain(|&(at, _), _| at != node);
        self.changes.retain(|&(at, _, _)| at != node);
    }

    /// A peer's view of the ring becomes this.
    pub fn sees(&mut self, peer: u32, alive: &[u32]) {
        let ring = self.ring(NodeId(peer), alive, true);
        let Some(node) = self.nodes.get_mut(&NodeId(peer)) else { return };
        let before: Vec<NodeId> = node.ring.leaves().collect();
        node.ring = ring.clone();
        self.step(peer, |replica, overlay, cx, _| {
            for gone in before.into_iter().filter(|peer| !overlay.leaves().any(|p| p == *peer)) {
                replica.on_gone(gone, overlay, cx);
            }
            replica.on_leaves_changed(overlay, cx);
        });
    }

    /// All peers see all peers that are there.
    pub fn all_see_all(&mut self) {
        let everybody: Vec<u32> = self.nodes.keys().map(|node| node.0).collect();
        for &peer in &everybody {
            self.sees(peer, &everybody);
        }
    }

    /// A step of one peer.
    pub fn step<R>(
        &mut self,
        peer: u32,
        f: impl FnOnce(&mut Replica, &Ring, &mut Context<'_, Bench>, &mut Answers) -> R,
    ) -> R {
        let id = NodeId(peer);
        let node = self.nodes.get_mut(&id).expect("the peer is up");
        let mut effects = Vec::new();
        let mut cx = Context::new(
            id,
            node.incarnation,
            self.now,
            &mut node.stream,
            &mut self.timers,
            &mut effects,
        );
        let mut answers = Vec::new();
        let result = f(&mut node.replica, &node.ring, &mut cx, &mut answers);
        let unasked = node.replica.hand_on(&node.ring, &mut cx);
        self.answers.extend(answers);
        self.unasked.extend(unasked.into_iter().map(|reply| (reply.attempt, reply.verdict)));
        self.carry_out(id, effects);
        result
    }

    fn carry_out(&mut self, node: NodeId, effects: Vec<Effect<Bench>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.send(node, to, message),
                Effect::Arm { id, after } => self.push(after, Event::Timer { node, id }),
                Effect::Disarm(id) => {
                    self.timers.remove(id);
                }
                Effect::Save(record) => self.durable.entry(node).or_default().fold(record),
                Effect::Observe(observation) => {
                    self.check(node, &observation);
                    self.observed.push((self.now, node, observation));
                }
            }
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Wire) {
        assert_ne!(from, to, "a replica needn't write to itself");
        if let Wire::Replica(message) = &message {
            self.sent.push((from, to, message.clone()));
        }
        if self.random.chance(self.loss) || self.cut.contains(&(from, to)) {
            return;
        }
        let jitter = Span::from_nanos(self.random.below(self.latency.nanos() / 5 + 1));
        self.push(self.latency + jitter, Event::Message { from, to, message });
    }

    fn push(&mut self, after: Span, event: Event) {
        self.count += 1;
        self.queue.insert((self.now + after, self.count), event);
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Span) {
        let end = self.now + span;
        while let Some((&(time, count), _)) = self.queue.first_key_value() {
            if time > end {
                break;
            }
            self.now = time;
            match self.queue.remove(&(time, count)).expect("it was there") {
                Event::Message { from, to, message } => {
                    let Wire::Replica(message) = message else { continue };
                    if self.nodes.contains_key(&to) {
                        self.step(to.0, |replica, overlay, cx, answers| {
                            replica.on_message(from, message, overlay, cx, answers);
                        });
                    }
                }
                Event::Timer { node, id } => {
                    let Some((incarnation, Tick::Replica(timer))) = self.timers.remove(id) else {
                        continue;
                    };
                    let up = self.nodes.get(&node).is_some_and(|n| n.incarnation == incarnation);
                    if up {
                        self.step(node.0, |replica, overlay, cx, answers| {
                            replica.on_timer(timer, overlay, cx, answers);
                        });
                    }
                }
            }
        }
        self.now = end;
    }

    /// What must never happen (CLIPPEE H1, H2, H3, H5, H10).
    fn check(&mut self, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Locked { object, attempt, responsible } => {
                assert!(responsible, "granted without being responsible");
                assert_eq!(self.held.insert((node, object), attempt), None, "two holders");
            }
            Observation::LockEnded { object, attempt, .. } => {
                assert_eq!(self.held.remove(&(node, object)), Some(attempt), "another's lock");
            }
            Observation::Applied { object, version, previous, commit, responsible, .. } => {
                let before = self.versions.insert((node, object), version);
                assert_eq!(before, previous, "what was held before isn't told truthfully");
                assert!(before.is_none_or(|before| before <= version), "a version went back");
                let Some(attempt) = commit else { return };
                assert!(responsible, "committed without being responsible");
                assert_eq!(version.attempt, attempt);
                assert!(self.changes.insert((node, object, attempt)), "changed twice");
            }
            Observation::Forgot { object, version } => {
                assert_eq!(self.versions.remove(&(node, object)), Some(version));
                self.changes.retain(|&(at, of, _)| (at, of) != (node, object));
            }
            _ => {}
        }
    }

    pub fn lock(&mut self, peer: u32, object: ObjectId, attempt: AttemptId) -> LockVerdict {
        self.request(peer, Lock { object, attempt, waits: None })
    }

    pub fn request(&mut self, peer: u32, lock: Lock) -> LockVerdict {
        let Lock { object, attempt, .. } = lock;
        let reply = self.step(peer, |replica, overlay, cx, _| replica.lock(lock, overlay, cx));
        assert_eq!((reply.object, reply.attempt), (object, attempt));
        reply.verdict
    }

    pub fn unlock(&mut self, peer: u32, object: ObjectId, attempt: AttemptId) {
        self.step(peer, |replica, _, cx, _| replica.unlock(Unlock { object, attempt }, cx));
    }

    pub fn give_way(&mut self, peer: u32, yielded: Yield) {
        self.step(peer, |replica, _, cx, _| replica.give_way(yielded, cx));
    }

    pub fn commit(&mut self, peer: u32, commit: Commit) -> Option<CommitVerdict> {
        self.reply_to(peer, commit).map(|reply| reply.verdict)
    }

    pub fn reply_to(&mut self, peer: u32, commit: Commit) -> Option<CommitReply> {
        let from = NodeId(99);
        let reply =
            self.step(peer, |replica, ring, cx, _| replica.commit(from, commit, ring, cx))?;
        assert_eq!((reply.object, reply.version), (commit.object, commit.version));
        Some(reply)
    }

    pub fn read(&mut self, peer: u32, object: ObjectId) -> ReadVerdict {
        let read = Read { object, token: 3 };
        self.step(peer, |replica, overlay, cx, _| replica.read(read, overlay, cx)).verdict
    }

    /// The version that a peer gives to readers; `None`: it refuses.
    pub fn version(&mut self, peer: u32, object: ObjectId) -> Option<Version> {
        match self.read(peer, object) {
            ReadVerdict::Value { version, .. } => Some(version),
            ReadVerdict::Roll { .. } => {
                Some(self.nodes[&NodeId(peer)].replica.copies.version(object))
            }
            ReadVerdict::Refused(_) => None,
        }
    }

    pub fn recent(&self, peer: u32, object: ObjectId) -> Vec<crate::node::OperationId> {
        let state = self.nodes[&NodeId(peer)].replica.copies.state(object);
        state.expect("it is held").recent.to_vec()
    }

    pub fn holds(&self, peer: u32, object: ObjectId) -> bool {
        self.nodes[&NodeId(peer)].replica.holds(object)
    }

    /// The answers that came late, emptied.
    pub fn late_answers(&mut self) -> Vec<CommitVerdict> {
        std::mem::take(&mut self.answers).into_iter().map(|(_, reply)| reply.verdict).collect()
    }

    /// What was observed since the last time, without its times, at one peer.
    pub fn news(&mut self, peer: u32) -> Vec<Observation> {
        let observed = std::mem::take(&mut self.observed);
        observed.into_iter().filter(|o| o.1.0 == peer).map(|o| o.2).collect()
    }

    /// How many messages of a kind were sent.
    pub fn count_of(&self, kind: &str) -> usize {
        self.sent.iter().filter(|sent| Message::KINDS[sent.2.kind()] == kind).count()
    }
}

//! Nodes that never crash, in a network that is cut as it pleases.

use clippee_sim::node::*;
use std::collections::{BTreeMap, BTreeSet};

pub const PEERS: u32 = 9;
pub const CLIENTS: u32 = 12;
/// One pattern of cuts lasts so long.
const PATTERN: Span = Span::from_secs(8);
pub const HEALED: Time = Time::from_nanos(120_000_000_000);
pub const END: Time = Time::from_nanos(240_000_000_000);

enum Event<P: Protocol> {
    Deliver { from: NodeId, to: NodeId, message: P::Message },
    Fire { node: NodeId, timer: TimerId },
    Issue { id: OperationId, operation: Operation },
}

/// Nodes that never crash, and a network that is cut as it pleases.
pub struct Net<P: Protocol, O> {
    now: Time,
    queue: BTreeMap<(Time, u64), Event<P>>,
    count: u64,
    nodes: BTreeMap<NodeId, (P, Stream)>,
    timers: Timers<P::Timer>,
    delays: Stream,
    /// By pattern: the pairs of peers that can't hear each other.
    cuts: Vec<BTreeSet<(NodeId, NodeId)>>,
    pub observer: O,
    steps: BTreeMap<NodeId, u32>,
    pub asked: BTreeMap<OperationId, Time>,
    pub ended: BTreeMap<OperationId, Outcome>,
    pub dropped: u32,
}

impl<P: Protocol<Record = (), Durable = ()>, O: Observer<P>> Net<P, O> {
    /// Boots all nodes; cuts come from `draw`.
    pub fn new(
        key: Key,
        draw: &mut Stream,
        observer: O,
        config: &P::Config,
        world: &P::World,
    ) -> Self {
        let mut net = Self {
            now: Time::ZERO,
            queue: BTreeMap::new(),
            count: 0,
            nodes: BTreeMap::new(),
            timers: Timers::default(),
            delays: key.lane(0, 0, 4),
            cuts: patterns(draw),
            observer,
            steps: BTreeMap::new(),
            asked: BTreeMap::new(),
            ended: BTreeMap::new(),
            dropped: 0,
        };
        for node in (1..=PEERS + CLIENTS).map(NodeId) {
            let role = role_of(node);
            let mut contacts: Vec<_> =
                (1..=PEERS).map(NodeId).filter(|&peer| peer != node).collect();
            draw.shuffle(&mut contacts);
            contacts.truncate(8);
            let (mut stream, mut effects) = (key.stream(node.0, 1), Vec::new());
            net.watch(node, Happening::Boot);
            let (now, timers) = (net.now, &mut net.timers);
            let cx = &mut Context::new(node, 1, now, &mut stream, timers, &mut effects);
            let machine =
                P::boot(Setup { role, config, durable: &(), contacts: &contacts, world }, cx);
            net.nodes.insert(node, (machine, stream));
            net.take(node, effects);
        }
        net
    }

    /// An operation, so long after the start.
    pub fn issue(&mut self, after: Span, id: OperationId, operation: Operation) {
        self.push(after, Event::Issue { id, operation });
    }

    fn push(&mut self, after: Span, event: Event<P>) {
        self.count += 1;
        self.queue.insert((self.now + after, self.count), event);
    }

    fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        let pattern = (self.now.nanos() / PATTERN.nanos()) as usize;
        let pair = (a.min(b), a.max(b));
        self.now < HEALED && self.cuts.get(pattern).is_some_and(|cuts| cuts.contains(&pair))
    }

    fn take(&mut self, node: NodeId, effects: Vec<Effect<P>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, .. } if self.is_cut(node, to) => self.dropped += 1,
                Effect::Send { to, message } => {
                    let (kind, bytes) = (message.kind(), message.wire_size());
                    self.observer.sent(self.now, node, to, kind, bytes);
                    let delay = Span::from_millis(10 + self.delays.below(20));
                    self.push(delay, Event::Deliver { from: node, to, message });
                }
                Effect::Arm { id, after } => self.push(after, Event::Fire { node, timer: id }),
                Effect::Disarm(id) => drop(self.timers.remove(id)),
                Effect::Save(()) => {}
                Effect::Observe(observation) => {
                    if let Observation::Ended { id, outcome } = observation {
                        self.ended.insert(id, outcome);
                    }
                    self.observer.observation(self.now, node, &observation);
                }
            }
        }
    }

    fn watch(&mut self, node: NodeId, happening: Happening<'_, P>) {
        let count = self.steps.entry(node).or_default();
        let number = *count;
        *count += 1;
        let (at, role) = (self.now, role_of(node));
        self.observer.step(&Step { at, node, role, incarnation: 1, number, happening });
    }

    fn step(&mut self, node: NodeId, input: Input<P>) {
        match &input {
            Input::Operation { id, operation } => {
                self.asked.insert(*id, self.now);
                self.watch(node, Happening::Operation { id: *id, operation });
            }
            Input::Message { from, message } => {
                self.watch(node, Happening::Message { from: *from, message });
            }
            Input::Timer(timer) => self.watch(node, Happening::Timer(*timer)),
            Input::Leave => self.watch(node, Happening::Leave),
        }
        let mut effects = Vec::new();
        let (machine, stream) = self.nodes.get_mut(&node).unwrap();
        let timers = &mut self.timers;
        machine.step(input, &mut Context::new(node, 1, self.now, stream, timers, &mut effects));
        self.take(node, effects);
    }

    pub fn run(&mut self) {
        while let Some(((at, _), event)) = self.queue.pop_first() {
            if at > END {
                return;
            }
            self.now = at;
            match event {
                Event::Deliver { from, to, message } => {
                    self.step(to, Input::Message { from, message });
                }
                Event::Fire { node, timer } => {
                    if let Some((_, timer)) = self.timers.remove(timer) {
                        self.step(node, Input::Timer(timer));
                    }
                }
                Event::Issue { id, operation } => {
                    self.step(id.client, Input::Operation { id, operation });
                }
            }
        }
    }
}

fn role_of(node: NodeId) -> Role {
    if node.0 <= PEERS { Role::Peer } else { Role::Client }
}

/// Halves, lone peers, and single pairs: what omnipaxos is said to live with, and no ring.
fn patterns(draw: &mut Stream) -> Vec<BTreeSet<(NodeId, NodeId)>> {
    let pairs = || (1..=PEERS).flat_map(|a| (a + 1..=PEERS).map(move |b| (NodeId(a), NodeId(b))));
    let one = |turn: u64, draw: &mut Stream| {
        let side: Vec<bool> = (0..=PEERS).map(|_| draw.chance(0.4)).collect();
        let lone = NodeId(draw.below(u64::from(PEERS)) as u32 + 1);
        let share: Vec<_> = pairs().filter(|_| draw.chance(0.3)).collect();
        match turn % 4 {
            0 => pairs().filter(|(a, b)| side[a.index()] != side[b.index()]).collect(),
            1 => share.into_iter().collect(),
            2 => pairs().filter(|&(a, b)| a == lone || b == lone).collect(),
            _ => BTreeSet::new(),
        }
    };
    (0..HEALED.nanos() / PATTERN.nanos()).map(|turn| one(turn, draw)).collect()
}

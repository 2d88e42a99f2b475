//! The consensus baseline in a small hand-made network that is cut in two, and cut between single
//! pairs: it stays linearizable, and serves again when all is whole.

use clippee_sim::node::*;
use clippee_sim::observe::consistency::{Census, Consistency, ConsistencyReport};
use clippee_sim::protocol::consensus::{Config, Consensus, Message, Timer, World};
use clippee_sim::protocol::overlay;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const PEERS: u32 = 9;
const CLIENTS: u32 = 12;
const OBJECTS: u32 = 6;
/// One pattern of cuts lasts so long.
const PATTERN: Span = Span::from_secs(8);
const HEALED: Time = Time::from_nanos(120_000_000_000);
const END: Time = Time::from_nanos(240_000_000_000);

enum Event {
    Deliver { from: NodeId, to: NodeId, message: Message },
    Fire { node: NodeId, timer: TimerId },
    Issue { id: OperationId, operation: Operation },
}

/// Nodes that never crash, and a network that is cut as it pleases.
struct Net {
    now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    count: u64,
    nodes: BTreeMap<NodeId, (Consensus, Stream)>,
    timers: Timers<Timer>,
    delays: Stream,
    /// By pattern: the pairs of peers that can't hear each other.
    cuts: Vec<BTreeSet<(NodeId, NodeId)>>,
    observer: Consistency,
    steps: u32,
    asked: BTreeMap<OperationId, Time>,
    ended: BTreeMap<OperationId, Outcome>,
    dropped: u32,
}

impl Net {
    fn push(&mut self, after: Span, event: Event) {
        self.count += 1;
        self.queue.insert((self.now + after, self.count), event);
    }

    fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        let pattern = (self.now.nanos() / PATTERN.nanos()) as usize;
        let pair = (a.min(b), a.max(b));
        self.now < HEALED && self.cuts.get(pattern).is_some_and(|cuts| cuts.contains(&pair))
    }

    fn take(&mut self, node: NodeId, effects: Vec<Effect<Consensus>>) {
        for effect in effects {
            match effect {
                Effect::Send { to, .. } if self.is_cut(node, to) => self.dropped += 1,
                Effect::Send { to, message } => {
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
                    let now = self.now;
                    Observer::<Consensus>::observation(&mut self.observer, now, node, &observation);
                }
            }
        }
    }

    fn watch(&mut self, node: NodeId, happening: Happening<'_, Consensus>) {
        let role = if node.0 <= PEERS { Role::Peer } else { Role::Client };
        let number = self.steps;
        self.steps += 1;
        let (at, incarnation, cause) = (self.now, 1, None);
        self.observer.step(&Step { at, node, role, incarnation, number, cause, happening });
    }

    fn step(&mut self, node: NodeId, input: Input<Consensus>) {
        match &input {
            Input::Operation { id, operation } => {
                self.asked.insert(*id, self.now);
                self.watch(node, Happening::Operation { id: *id, operation });
            }
            Input::Message { from, message } => {
                self.watch(node, Happening::Message { from: *from, message });
            }
            Input::Timer(_) | Input::Leave => {}
        }
        let mut effects = Vec::new();
        let (machine, stream) = self.nodes.get_mut(&node).unwrap();
        let timers = &mut self.timers;
        machine.step(input, &mut Context::new(node, 1, self.now, stream, timers, &mut effects));
        self.take(node, effects);
    }

    fn run(&mut self) {
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

/// Halves, lone peers, and single pairs: what omnipaxos is said to live with.
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

fn build(seed: u64) -> Net {
    let key = Key::from_word(seed);
    let ids: Vec<u64> = (0..=PEERS).map(|node| key.lane(node, 0, 1).word()).collect();
    let mut online: Vec<_> = (1..=PEERS).map(|peer| (ids[peer as usize], NodeId(peer))).collect();
    online.sort_unstable();
    let keys: Vec<u64> = (0..OBJECTS).map(|object| key.lane(object, 0, 2).word()).collect();
    let config = Arc::new(Config {
        logs: 2,
        election_timeout: Span::from_millis(500),
        replace_after: Span::from_secs(3),
        overlay: overlay::Config {
            maintenance_interval: Span::from_secs(5),
            ..overlay::Config::default()
        },
        ..Config::default()
    });
    let nearness = Box::new(|_, _| Span::from_millis(1));
    let overlay = Arc::new(overlay::World { ids: ids.clone(), online, nearness });
    let world = Arc::new(World::new(overlay, keys.clone(), (2, 5), 100));
    let census = Census {
        peers: PEERS,
        nodes: PEERS + CLIENTS,
        ids: Arc::new(ids),
        keys: Arc::new(keys),
        replicas: 0,
        lock_quorum: 1,
        read_quorum: 1,
        write_acks: 1,
        lock_lease: Span::ZERO,
        lock_patience: Span::ZERO,
        operation_timeout: config.operation_timeout,
        dedupe: 32,
        object_bytes: 100,
        warmup: Time::ZERO,
        duration: END,
        servers: 0,
        groups: 0,
        max_clients: 100,
        service_time: Span::ZERO,
        settle: None,
        end: END,
    };
    let mut draw = key.lane(0, 0, 3);
    let mut net = Net {
        now: Time::ZERO,
        queue: BTreeMap::new(),
        count: 0,
        nodes: BTreeMap::new(),
        timers: Timers::default(),
        delays: key.lane(0, 0, 4),
        cuts: patterns(&mut draw),
        observer: Consistency::new(census),
        steps: 0,
        asked: BTreeMap::new(),
        ended: BTreeMap::new(),
        dropped: 0,
    };
    for node in (1..=PEERS + CLIENTS).map(NodeId) {
        let role = if node.0 <= PEERS { Role::Peer } else { Role::Client };
        let mut contacts: Vec<_> = (1..=PEERS).map(NodeId).filter(|&peer| peer != node).collect();
        draw.shuffle(&mut contacts);
        contacts.truncate(8);
        let (mut stream, mut effects) = (key.stream(node.0, 1), Vec::new());
        net.watch(node, Happening::Boot);
        let cx = &mut Context::new(node, 1, net.now, &mut stream, &mut net.timers, &mut effects);
        let setup =
            Setup { role, config: &config, durable: &(), contacts: &contacts, world: &world };
        let machine = Consensus::boot(setup, cx);
        net.nodes.insert(node, (machine, stream));
        net.take(node, effects);
    }
    // Four operations a second until well after the cuts have healed.
    for turn in 0..800_u32 {
        let client = NodeId(PEERS + 1 + turn % CLIENTS);
        let object = ObjectId(draw.below(u64::from(OBJECTS)) as u32);
        let write = draw.chance(0.5);
        let operation =
            if write { Operation::Update { object } } else { Operation::Read { object } };
        let id = OperationId { client, count: turn };
        net.push(Span::from_millis(2_000 + 250 * u64::from(turn)), Event::Issue { id, operation });
    }
    net
}

#[test]
fn cuts_lose_nothing_and_nothing_is_stale() {
    let mut failed = 0;
    for seed in 1..=30 {
        let mut net = build(seed);
        net.run();
        assert!(net.dropped > 1_000, "seed {seed}: {} messages were cut off", net.dropped);
        assert_eq!(net.ended.len(), net.asked.len(), "seed {seed}: every operation ends");
        let settled = HEALED + Span::from_secs(40);
        for (id, outcome) in &net.ended {
            let ok = matches!(outcome, Outcome::Ok(_));
            assert!(ok || net.asked[id] < settled, "seed {seed}: {id} {outcome:?} after healing");
            failed += u32::from(!ok);
        }
        let ConsistencyReport { lost_updates, stale_reads, concurrent_commits, detail, .. } =
            net.observer.finish();
        assert_eq!((lost_updates, stale_reads, concurrent_commits), (0, 0, 0), "seed {seed}");
        let sessions = detail.sessions;
        assert_eq!(sessions.monotonic_reads + sessions.read_your_writes, 0, "seed {seed}");
    }
    println!("{failed} of {} operations failed", 30 * 800);
    assert!(failed > 0, "cuts that hurt nobody show nothing");
}

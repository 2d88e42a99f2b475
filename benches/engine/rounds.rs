//! W2 as a protocol, and how a protocol is run for a benchmark.

use crate::Engine;
use clippee_sim::node::*;
use clippee_sim::observe::Digest;
use clippee_sim::sim::churn::ChurnConfig;
use clippee_sim::sim::fault::Schedule;
use clippee_sim::sim::network::{Latency, Network, NetworkConfig};
use clippee_sim::sim::population::Population;
use clippee_sim::sim::workload::{Popularity, Workload, WorkloadConfig};
use clippee_sim::sim::{Driver, Group, Parallel, Plan, Simulation};

const TIMEOUT: Span = Span::from_secs(2);

/// Asks others, and answers them.
pub struct Rounds {
    nodes: u32,
    asked: u32,
    /// Timeouts of requests without a reply, by the request's number. Hardly ever are there more
    /// than two; of five the first would be left to fire.
    open: [Option<TimerId>; 4],
}

const fn place(number: u32) -> usize {
    number as usize % 4
}

/// A request or its reply.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Request(u32),
    Reply(u32),
}

/// Time for the next request, or no reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    Tick,
    Timeout,
}

impl WireSize for Word {
    fn wire_size(&self) -> u32 {
        HEADER_BYTES + 4
    }
}

impl MessageKind for Word {
    const KINDS: &'static [&'static str] = &["request", "reply"];
    fn kind(&self) -> usize {
        match self {
            Self::Request(_) => 0,
            Self::Reply(_) => 1,
        }
    }
    fn is_background(_: usize) -> bool {
        false
    }
}

impl Digestible for Word {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Request(number) => (0_u8, *number).digest(hasher),
            Self::Reply(number) => (1_u8, *number).digest(hasher),
        }
    }
}

impl Digestible for Alarm {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(*self as u64);
    }
}

fn gap(cx: &mut Context<'_, Rounds>) -> Span {
    Span::from_secs_f64(-libm::log(cx.rng().unit_open()))
}

impl Protocol for Rounds {
    const NAME: &'static str = "rounds";
    type Config = u32;
    type Message = Word;
    type Timer = Alarm;
    type World = ();
    type Record = ();
    type Durable = ();

    fn fold(_: &mut (), (): ()) {}

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        let after = gap(cx);
        cx.arm(Alarm::Tick, after);
        Self { nodes: *setup.config, asked: 0, open: [None; 4] }
    }

    #[inline]
    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        match input {
            Input::Timer(Alarm::Tick) => {
                let after = gap(cx);
                cx.arm(Alarm::Tick, after);
                let drawn = 1 + cx.rng().below(u64::from(self.nodes) - 1) as u32;
                let to = NodeId(drawn + u32::from(drawn >= cx.id().0));
                self.asked += 1;
                cx.send(to, Word::Request(self.asked));
                let timeout = cx.arm(Alarm::Timeout, TIMEOUT);
                self.open[place(self.asked)] = Some(timeout);
            }
            Input::Message { from, message: Word::Request(number) } => {
                cx.send(from, Word::Reply(number));
            }
            Input::Message { message: Word::Reply(number), .. } => {
                if let Some(timeout) = self.open[place(number)].take() {
                    cx.disarm(timeout);
                }
            }
            _ => {}
        }
    }
}

/// A run of a protocol among peers.
pub struct Run<P: Protocol> {
    run: Box<dyn Driver<P>>,
    /// Operations for each event of the engine: cancelled timeouts are operations, but no events.
    per_event: fn(u64) -> u64,
}

impl<P: Protocol<World = ()> + 'static> Run<P> {
    /// On so many threads.
    pub fn new(nodes: u32, config: P::Config, network: &NetworkConfig, threads: u32) -> Self {
        let seed = 1;
        let population = |count| Population {
            count,
            leave_grace: Span::ZERO,
            service_time: Span::ZERO,
            boot_within: Span::from_secs(1),
            churn: ChurnConfig::None,
        };
        let workload = WorkloadConfig {
            rate: 0.0,
            mix: vec![(OperationKind::Lookup, 1.0)],
            objects: 1,
            popularity: Popularity::Uniform,
            object_bytes: 1,
            groups: None,
            changes: Vec::new(),
        };
        let plan = Plan {
            seed,
            config,
            world: (),
            peers: Group::new(&population(nodes), NodeId(1), seed),
            clients: Group::new(&population(0), NodeId(nodes + 1), seed),
            network: Network::new(network, nodes as usize, seed).into(),
            uplink: None,
            downlink: None,
            workload: Workload::new(&workload, nodes, 0, seed),
            issuers: Role::Peer,
            stagger: Span::ZERO,
            duration: Time::NEVER,
            end: Time::NEVER,
            script: Vec::new(),
            faults: Schedule::default(),
        };
        let run: Box<dyn Driver<P>> = match threads {
            1 => Box::new(Simulation::new(plan, Digest::new())),
            _ => Box::new(Parallel::new(plan, threads, Digest::new, ())),
        };
        Self { run, per_event: |events| events }
    }
}

impl<P: Protocol> Engine for Run<P> {
    fn run(&mut self, operations: u64) -> u64 {
        let (before, mut done) = (self.run.events(), 0);
        while done < operations {
            self.run.run(Time::NEVER, 32_768.min(operations - done));
            done = (self.per_event)(self.run.events() - before);
        }
        done
    }
}

/// W2 on the engine.
pub fn engine(nodes: u32, threads: u32) -> Box<dyn Engine> {
    let ms = Span::from_millis;
    let latency = Latency::Euclid { min: ms(10), max: ms(300) };
    let network = NetworkConfig { latency, ..NetworkConfig::default() };
    // Of four operations three are events: the fourth is the timeout that the reply disarms.
    let per_event = |events: u64| events + events / 3;
    Box::new(Run::<Rounds> { per_event, ..Run::new(nodes, nodes, &network, threads) })
}

//! The parallel driver: a shard a thread, from window to window.
//!
//! A message takes at least the network's least delay. So what happens within a window of that length
//! in one shard reaches no other before the window is over, and all shards can go through it at the
//! same time (conservative synchronization: Chandy and Misra, CACM 1981; with windows: Nicol, JACM
//! 1993). The order of events knows no shards, and whatever is drawn is named by nodes and counts: so
//! all nodes take the steps that they take in the sequential driver.
//!
//! What concerns all nodes at once (faults that begin, draws among everybody) ends a window, and
//! happens while all shards rest. Observers that can be kept in parts ([`Mergeable`]) have one in each
//! shard; the others are told, in the order of events, between windows.
//!
//! Windows in which little happens cost more than they give: then one thread goes through all shards.

mod crew;
mod log;
mod roles;

use super::driver::Driver;
use super::event::Kind;
use super::fault::View;
use super::nodes::Nodes;
use super::plan::Plan;
use super::shard::Shard;
use super::territory::Partition;
use super::world;
use crate::node::{
    Incarnation, Key, NodeId, Observer, Mergeable, Protocol, Purpose, Span, Time,
};
use crew::{Crew, Gate, Leading, Mail, Report, Watched, Window, lock};
use log::{Log, at_boot, replay};
use roles::Roles;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Events and windows after which the observers are told, and the driver looks whether threads pay.
const SLICE: (u64, u64) = (65_536, 16_384);
/// Fewer events a window and shard than this, and one thread is as fast as several.
const PAYS: u64 = 24;
/// Looks of a waiting thread before it sleeps: some ten microseconds.
const LOOKS: u32 = 1_000;

/// A run in several shards. `L` is an observer that each has a part of, `O` one that is told of all.
pub struct Parallel<P: Protocol, L, O> {
    plan: Arc<Plan<P>>,
    partition: Partition,
    shards: Vec<Mutex<Watched<P, L>>>,
    mail: Mail<P::Message>,
    reports: Vec<Mutex<Report>>,
    /// What happens while all rest, in order: 0 is the number of a fault or of a script entry.
    world: BTreeMap<(Time, u32), (Kind, u32, u32)>,
    planned: u32,
    /// What isn't kept in parts.
    audience: (O, Option<Roles>),
    lookahead: Span,
    /// Everything before this has happened.
    next: Time,
    windows: u64,
    together: bool,
}

impl<P: Protocol, L: Observer<P> + Mergeable + Send, O: Observer<P>> Parallel<P, L, O> {
    /// Boots the nodes that are up at time 0 and plans what is known in advance, for `shards` threads,
    /// at least one. `part` makes the observer of a shard.
    #[must_use]
    pub fn new(plan: Plan<P>, shards: u32, mut part: impl FnMut() -> L, observer: O) -> Self {
        let partition = Partition::new(shards, plan.peers.identities, plan.clients.identities);
        let plan = Arc::new(plan);
        let roles = plan.faults.has_roles().then(|| Roles::new(&plan.faults));
        let audience = (observer, roles);
        let traffic = audience.watches_traffic();
        let shard = |shard| {
            let observer = (part(), Log::new(traffic));
            Mutex::new(Shard::new(Arc::clone(&plan), partition.territory(shard), observer))
        };
        let report = |_| Mutex::new(Report { earliest: Time::ZERO, events: 0 });
        let mut run = Self {
            partition,
            shards: (0..shards).map(shard).collect(),
            mail: Mail::new(shards),
            reports: (0..shards).map(report).collect(),
            world: BTreeMap::new(),
            planned: 0,
            audience,
            lookahead: plan.network.least_delay(),
            next: Time::ZERO,
            windows: 0,
            together: false,
            plan,
        };
        run.plan_world();
        run.boot();
        run
    }

    fn boot(&mut self) {
        let Self { shards, mail, reports, .. } = self;
        let crew = Crew { shards, mail, reports };
        for (index, shard) in shards.iter().enumerate() {
            let mut shard = lock(shard);
            shard.begin(|observer, node| observer.1.begin(at_boot(node)));
            // The first window's number is 0.
            crew.hand_over(index, &mut shard, 1);
        }
        self.tell();
    }

    /// Plans what happens while all shards rest. What is wrong with the network at time 0 is so
    /// before the first nodes boot.
    fn plan_world(&mut self) {
        let plan = Arc::clone(&self.plan);
        for (index, fault) in (0..).zip(&plan.faults.planned) {
            if fault.at == Time::ZERO && fault.is_weather() {
                self.begin_fault(index);
            } else {
                self.plan_rest(fault.at, Kind::Fault, index, 0);
            }
        }
        for (entry, scripted) in (0..).zip(&plan.script) {
            if scripted.node.is_none() {
                self.plan_rest(scripted.at, Kind::Draw, entry, 0);
            }
        }
    }

    fn plan_rest(&mut self, at: Time, kind: Kind, a: u32, b: u32) {
        self.world.insert((at, self.planned), (kind, a, b));
        self.planned += 1;
    }

    /// Something happens while all shards rest.
    fn happen(&mut self, kind: Kind, a: u32, b: u32) {
        match kind {
            Kind::Draw => {
                let node = world::draw_issuer(&self.plan, a, &Everybody::new(self.partition, &mut self.shards));
                if let Some(node) = node {
                    self.rested().for_each(|shard| shard.plan_entry(a, node));
                }
            }
            _ if b == 0 => self.begin_fault(a),
            _ => self.rested().for_each(|shard| shard.end_weather(a)),
        }
        for (shard, report) in self.shards.iter_mut().zip(&self.reports) {
            lock(report).earliest = rested(shard).earliest();
        }
    }

    fn begin_fault(&mut self, index: u32) {
        let plan = Arc::clone(&self.plan);
        let planned = &plan.faults.planned[index as usize];
        let registry = self.audience.1.as_ref().map(Roles::registry);
        let view = Everybody::new(self.partition, &mut self.shards);
        let found = world::find_targets(&plan.faults, planned, registry, &view);
        world::announce(&mut self.audience, planned, &found);
        if let Some(first) = self.rested().next() {
            world::announce(&mut first.observer.0, planned, &found);
        }
        self.rested().for_each(|shard| shard.meet_fault(index, &found));
        if planned.is_weather() {
            self.plan_rest(planned.until, Kind::Fault, index, 1);
        }
    }

    fn rested(&mut self) -> impl Iterator<Item = &mut Watched<P, L>> {
        self.shards.iter_mut().map(rested)
    }

    /// Tells those that aren't kept in parts what has happened since the last time.
    fn tell(&mut self) {
        let key = Key::new(self.plan.seed, Purpose::Tie);
        let mut logs: Vec<&mut Log<P>> =
            self.shards.iter_mut().map(|shard| &mut rested(shard).observer.1).collect();
        replay(&mut logs, key, &mut self.audience);
    }

    /// Lets everything up to and including `until` (at most the plan's end) happen; but not much more
    /// than `most` events. Returns whether all of it has.
    pub fn run(&mut self, until: Time, most: u64) -> bool {
        let until = until.min(self.plan.end);
        let enough = self.events().saturating_add(most);
        loop {
            let due = self.world.first_key_value().map_or(Time::NEVER, |(&(at, _), _)| at);
            let is_there = self.go_to(until, due, enough.saturating_sub(self.events()));
            self.tell();
            if is_there && due <= until {
                if let Some((_, (kind, a, b))) = self.world.pop_first() {
                    self.next = due;
                    self.happen(kind, a, b);
                }
            } else if is_there {
                self.next = self.next.max(until + Span::from_nanos(1));
                return true;
            }
            if self.events() >= enough {
                return false;
            }
        }
    }

    /// Goes on for a slice, but not past `until`, and not to what is due at `due`; whether it came
    /// there.
    fn go_to(&mut self, until: Time, due: Time, most: u64) -> bool {
        let Self { shards, mail, reports, .. } = self;
        let crew = Crew { shards, mail, reports };
        let (events, windows) = (crew.events(), self.windows);
        let mut watch = Pace { next: self.next, windows, lookahead: self.lookahead, until, due };
        let goes_on = |crew: &Crew<'_, P, L>, watch: &Pace| {
            let done = crew.events() - events;
            done < most.min(SLICE.0) && watch.windows - windows < SLICE.1
        };
        let is_there = if self.together {
            let leader = thread::current();
            let looks = if thread::available_parallelism().is_ok_and(|it| it.get() >= shards.len()) { LOOKS } else { 0 };
            let gate = Gate::new(&leader, looks);
            thread::scope(|scope| {
                let crew = &crew;
                let gate = &gate;
                let follow = |index| scope.spawn(move || crew.follow(index, gate)).thread().clone();
                let leading = Leading { gate, others: (1..shards.len()).map(follow).collect() };
                loop {
                    let Some(window) = watch.window(crew.earliest()) else { break true };
                    gate.open(window, &leading.others);
                    crew.go_through(0, window);
                    if !gate.close(&leading.others) || !goes_on(crew, &watch) {
                        break false;
                    }
                }
            })
        } else {
            loop {
                let Some(window) = watch.window(crew.earliest()) else { break true };
                (0..shards.len()).for_each(|index| crew.go_through(index, window));
                if !goes_on(&crew, &watch) {
                    break false;
                }
            }
        };
        let (events, windows) = (crew.events() - events, watch.windows - windows);
        (self.next, self.windows) = (watch.next, watch.windows);
        if windows > 0 {
            self.together = events / windows >= PAYS * u64::from(self.partition.shards());
        }
        is_there
    }

    /// Runs to the plan's end.
    pub fn run_to_end(&mut self) {
        while !self.run(Time::NEVER, u64::MAX) {}
    }

    /// Messages handled, timers fired, operations and churn changes so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.reports.iter().map(|report| lock(report).events).sum()
    }

    /// What `look` sees in each part.
    pub fn parts<T>(&self, look: impl Fn(&L) -> T) -> impl Iterator<Item = T> {
        self.shards.iter().map(move |shard| look(&lock(shard).observer.0))
    }

    /// Ends the run: what the parts have seen together, and who was told of all.
    #[must_use]
    pub fn into_observers(self) -> (L, O) {
        let shards = self.shards.into_iter();
        let shards = shards.map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner));
        (merge(shards.map(|shard| shard.observer.0)), self.audience.0)
    }

    /// Who is told of all.
    #[must_use]
    pub const fn observer(&self) -> &O {
        &self.audience.0
    }
}

/// The windows of one slice.
struct Pace {
    next: Time,
    windows: u64,
    lookahead: Span,
    until: Time,
    due: Time,
}

impl Pace {
    /// The next window, where nothing happens before `earliest`; `None`: it would lie behind `until` or
    /// what is due.
    fn window(&mut self, earliest: Time) -> Option<Window> {
        if earliest > self.until || earliest >= self.due {
            return None;
        }
        let tick = Span::from_nanos(1);
        let last = (earliest + self.lookahead - tick).min(self.until).min(self.due - tick);
        let window = Window { first: self.next, last, number: self.windows };
        (self.next, self.windows) = (last + tick, self.windows + 1);
        Some(window)
    }
}

impl<P: Protocol, L: Observer<P>> Crew<'_, P, L> {
    fn earliest(&self) -> Time {
        self.reports.iter().map(|report| lock(report).earliest).min().unwrap_or(Time::NEVER)
    }

    fn events(&self) -> u64 {
        self.reports.iter().map(|report| lock(report).events).sum()
    }
}

impl<P: Protocol, L: Observer<P> + Mergeable + Send, O: Observer<P>> Driver<P> for Parallel<P, L, O> {
    fn run(&mut self, until: Time, most: u64) -> bool {
        Self::run(self, until, most)
    }

    fn now(&self) -> Time {
        self.next - Span::from_nanos(1)
    }

    fn events(&self) -> u64 {
        Self::events(self)
    }

    fn plan(&self) -> &Plan<P> {
        &self.plan
    }
}

fn merge<L: Mergeable>(mut parts: impl Iterator<Item = L>) -> L {
    let mut all = parts.next().expect("there is at least one shard");
    parts.for_each(|part| all.merge(part));
    all
}

fn rested<T>(shard: &mut Mutex<T>) -> &mut T {
    shard.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// Who is online, by those who know.
struct Everybody<'a, P> {
    partition: Partition,
    nodes: Vec<&'a Nodes<P>>,
}

impl<'a, P: Protocol> Everybody<'a, P> {
    fn new<L>(partition: Partition, shards: &'a mut [Mutex<Watched<P, L>>]) -> Self {
        let nodes = shards.iter_mut().map(|shard| &rested(shard).nodes).collect();
        Self { partition, nodes }
    }

    fn owner(&self, node: NodeId) -> &Nodes<P> {
        self.nodes[self.partition.owner(node)]
    }
}

impl<P: Protocol> View for Everybody<'_, P> {
    fn up(&self, node: NodeId) -> Option<Incarnation> {
        self.owner(node).up(node)
    }

    fn is_founder(&self, peer: NodeId) -> bool {
        self.owner(peer).is_founder(peer)
    }

    fn nodes(&self) -> u32 {
        self.nodes.first().map_or(0, |first| first.nodes())
    }
}

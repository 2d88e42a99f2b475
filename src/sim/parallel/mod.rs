//! The parallel driver: a shard a thread, from window to window.
//!
//! A message takes at least the network's least delay. So what happens within a window of that length
//! in one shard reaches no other before the window is over, and all shards can go through it at the
//! same time (conservative synchronization: Chandy and Misra, CACM 1981; in windows: Nicol, JACM
//! 1993). The order of events knows no shards, and whatever is drawn is named by nodes and counts: so
//! all nodes take the steps that they take in the sequential driver.
//!
//! What concerns all nodes at once (faults that begin, draws among everybody) ends a window, and
//! happens while all shards rest. Observers that can be kept in parts ([`Mergeable`]) have one in
//! each shard; the others are told, in the order of events, between windows.
//!
//! Windows in which little happens cost more than they give: then one thread goes through all shards.

mod crew;
mod everybody;
mod gate;
mod log;
mod pace;
mod roles;

use super::driver::Driver;
use super::event::Kind;
use super::plan::Plan;
use super::shard::Shard;
use super::territory::Partition;
use super::world;
use crate::node::{Key, Mergeable, Observer, Protocol, Purpose, Span, Time};
use crew::{Crew, Mail, Report, Watched};
use everybody::Everybody;
use log::{Log, replay};
use pace::{Pace, Slice, Tempo};
use roles::Roles;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A run in several shards. `L` is an observer that each has a part of, `O` one that is told of all.
pub struct Parallel<P: Protocol, L, O> {
    plan: Arc<Plan<P>>,
    partition: Partition,
    shards: Vec<Mutex<Watched<P, L>>>,
    mail: Mail<P::Message>,
    reports: Vec<Mutex<Report>>,
    /// What happens while all rest, in order: a fault or a draw, and the event's payload.
    world: BTreeMap<(Time, u32), (Kind, u32, u32)>,
    planned: u32,
    /// Those that aren't kept in parts.
    audience: (O, Option<Roles>),
    pace: Pace,
    tempo: Tempo,
}

impl<P: Protocol, L: Observer<P> + Mergeable + Send, O: Observer<P>> Parallel<P, L, O> {
    /// Boots the nodes that are up at time 0 and plans what is known in advance, for `shards` threads,
    /// at least one. `part` makes the observer of a shard. Space: as one shard, and 28 bytes a node
    /// and shard.
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
        let lookahead = plan.network.least_delay();
        let mut run = Self {
            partition,
            shards: (0..shards).map(shard).collect(),
            mail: Mail::new(shards),
            reports: (0..shards).map(|_| Mutex::default()).collect(),
            world: BTreeMap::new(),
            planned: 0,
            audience,
            pace: Pace { next: Time::ZERO, windows: 0, lookahead },
            tempo: Tempo::new(),
            plan,
        };
        run.plan_world();
        run.boot();
        run
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

    fn boot(&mut self) {
        let Self { shards, mail, reports, pace, .. } = self;
        Crew { shards, mail, reports }.boot(pace.windows);
        self.tell();
    }

    /// Lets everything up to and including `until` (at most the plan's end) happen; but not much more
    /// than `most` events. Returns whether all of it has.
    ///
    /// # Panics
    /// If a step does, in any thread.
    pub fn run(&mut self, until: Time, most: u64) -> bool {
        let until = until.min(self.plan.end);
        let enough = self.events().saturating_add(most);
        loop {
            let due = self.world.first_key_value().map_or(Time::NEVER, |(&(at, _), _)| at);
            let (events, windows) = self.tempo.slice();
            let (events, windows) = (self.events() + events, self.pace.windows + windows);
            let slice = Slice { until, due, events: enough.min(events), windows };
            let Self { shards, mail, reports, pace, tempo, .. } = self;
            let is_there = Crew { shards, mail, reports }.go_on(pace, &slice, tempo);
            self.tell();
            if is_there && due > until {
                self.pace.next = self.pace.next.max(until + Span::from_nanos(1));
                return true;
            }
            if is_there && let Some((_, (kind, a, b))) = self.world.pop_first() {
                self.pace.next = due;
                self.happen(kind, a, b);
            }
            if self.events() >= enough {
                return false;
            }
        }
    }

    /// Runs to the plan's end.
    pub fn run_to_end(&mut self) {
        while !self.run(Time::NEVER, u64::MAX) {}
    }

    /// Something happens while all shards rest.
    fn happen(&mut self, kind: Kind, a: u32, b: u32) {
        match (kind, b) {
            (Kind::Draw, _) => {
                let everybody = Everybody::new(self.partition, &mut self.shards);
                if let Some(node) = world::draw_issuer(&self.plan, a, &everybody) {
                    self.rested().for_each(|shard| shard.plan_entry(a, node));
                }
            }
            (_, 0) => self.begin_fault(a),
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
        let everybody = Everybody::new(self.partition, &mut self.shards);
        let found = world::find_targets(&plan, planned, registry, &everybody);
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
        let logs = self.shards.iter_mut().map(|shard| &mut rested(shard).observer.1);
        replay(&mut logs.collect::<Vec<_>>(), key, &mut self.audience);
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

    /// Who is told of all.
    #[must_use]
    pub const fn observer(&self) -> &O {
        &self.audience.0
    }

    /// Ends the run: what the parts have seen together, and who was told of all.
    ///
    /// # Panics
    /// Without shards.
    #[must_use]
    pub fn into_observers(self) -> (L, O) {
        let shards = self.shards.into_iter();
        let shards = shards.map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner));
        let mut parts = shards.map(|shard| shard.observer.0);
        let mut all = parts.next().expect("there is at least one shard");
        parts.for_each(|part| all.merge(part));
        (all, self.audience.0)
    }
}

impl<P: Protocol, L: Observer<P> + Mergeable + Send, O: Observer<P>> Driver<P>
    for Parallel<P, L, O>
{
    fn run(&mut self, until: Time, most: u64) -> bool {
        Self::run(self, until, most)
    }

    fn now(&self) -> Time {
        self.pace.next - Span::from_nanos(1)
    }

    fn events(&self) -> u64 {
        Self::events(self)
    }

    fn plan(&self) -> &Plan<P> {
        &self.plan
    }
}

/// What a mutex guards; whoever panicked while holding it has ended the run.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A shard, while no thread has it.
fn rested<T>(shard: &mut Mutex<T>) -> &mut T {
    shard.get_mut().unwrap_or_else(PoisonError::into_inner)
}

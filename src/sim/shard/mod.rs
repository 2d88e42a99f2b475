//! The nodes that one worker owns, and the only place that steps a node.

mod faults;
mod members;
mod messages;
mod operations;
mod outlook;
mod start;
mod transfer;

use crate::node::{
    Bug, Context, Effect, Happening, Input, Key, NodeId, Observer, Pending, Protocol, Purpose,
    Role, Setup, Span, Step, Time, TimerId, Timers, WORLD, planted,
};
use crate::sim::contacts::Contacts;
use crate::sim::event::{Event, Kind};
use crate::sim::fault::Waiting;
use crate::sim::nodes::Nodes;
use crate::sim::plan::Plan;
use crate::sim::pool::Pool;
use crate::sim::post::{Outbox, Parcel};
use crate::sim::queue::Queue;
use crate::sim::territory::Territory;
use crate::sim::workload::Members;
use faults::Troubles;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nodes, their pending events, and the observer that watches them.
///
/// A shard steps its own nodes only. Of peers that others own it follows when they come and go: that
/// is a function of the plan, and contacts are drawn among all peers.
pub struct Shard<P: Protocol, O> {
    /// What the run is made of.
    pub plan: Arc<Plan<P>>,
    /// Its nodes.
    pub territory: Territory,
    /// Who watches.
    pub observer: O,
    pub(in crate::sim) nodes: Nodes<P>,
    pub(in crate::sim) queue: Queue,
    /// Of the nodes that have saved anything.
    durable: BTreeMap<NodeId, P::Durable>,
    parcels: Pool<Parcel<P::Message>>,
    /// Messages for nodes of other shards.
    pub(in crate::sim) outbox: Outbox<P::Message>,
    timers: Timers<P::Timer>,
    effects: Vec<Effect<P>>,
    members: Members,
    contacts: Contacts,
    known: Vec<NodeId>,
    protocol_key: Key,
    troubles: Troubles,
    events: u64,
    /// The step of a node in which one draw is skipped: for tests of what finds differences.
    #[cfg(test)]
    pub(in crate::sim) perturbed: Option<(NodeId, u32)>,
}

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// All nodes of the territory, none of them running, nothing pending.
    #[must_use]
    pub fn new(plan: Arc<Plan<P>>, territory: Territory, observer: O) -> Self {
        let (peers, clients) = (plan.peers.identities, plan.clients.identities);
        let key = |purpose| Key::new(plan.seed, purpose);
        let has_backlogs = |role| plan.has_backlogs(role);
        Self {
            nodes: Nodes::new(peers, clients, [Role::Peer, Role::Client].map(has_backlogs)),
            queue: Queue::new(key(Purpose::Tie)),
            durable: BTreeMap::new(),
            parcels: Pool::default(),
            outbox: Outbox::new(territory.partition.shards()),
            timers: Timers::default(),
            effects: Vec::new(),
            members: Members::new(&plan.workload, plan.members(Role::Client)),
            contacts: Contacts::new(key(Purpose::Placement), peers),
            known: Vec::new(),
            protocol_key: key(Purpose::Protocol),
            troubles: Troubles::new(&plan.faults),
            events: 0,
            #[cfg(test)]
            perturbed: None,
            plan,
            territory,
            observer,
        }
    }

    /// Messages handled, timers fired, operations and churn changes so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Plans an event that the world originates.
    pub(in crate::sim) fn schedule(
        &mut self,
        at: Time,
        target: NodeId,
        kind: Kind,
        a: u32,
        b: u32,
    ) {
        let counters = self.nodes.world(target);
        let seq = counters.seq;
        counters.seq += 1;
        self.queue.push(Event { at, target, origin: WORLD, seq, kind, a, b });
    }

    /// Lets the event happen.
    pub(in crate::sim) fn happen(&mut self, event: Event) {
        let Event { at, target, origin, .. } = event;
        match event.kind {
            Kind::Depart => self.depart(&event),
            Kind::Arrive => self.arrive(&event),
            Kind::Handle => self.handle(at, target, origin, event.a, event.b),
            Kind::Timer => self.fire(at, &event),
            Kind::Boot => self.boot_at_start(at, target, event.a, event.b),
            Kind::Phase => self.change(at, target, event.a),
            Kind::Stop => {
                if self.nodes.is_live_in(target, event.a) {
                    self.stop(at, target, false);
                }
            }
            Kind::Issue => self.issue_drawn(at, target, event.a, event.b),
            Kind::Scripted => self.perform(at, target, event.a),
            Kind::Draw => self.draw_target(event.a),
            Kind::Turn => self.turn(at, target, event.a, event.b),
            Kind::Enter => self.enter(at, target, event.a, event.b),
            Kind::Row => self.go_on(at, target, event.a, event.b),
            Kind::Fault => self.change_weather(event.a, event.b),
            Kind::Strike => self.strike(at, target, event.a, event.b),
            Kind::Resume => self.resume(at, target, event.a, event.b),
        }
    }

    // Timers.

    fn arm(&mut self, at: Time, node: NodeId, id: TimerId, after: Span) {
        if after.is_never() {
            self.timers.remove(id);
            return;
        }
        let after = self.troubles.clocks.lasts(node, at, after);
        let at = at + after.max(Span::from_nanos(1));
        let seq = self.next_seq(node);
        let (a, b) = (id.slot, id.generation);
        self.queue.push(Event { at, target: node, origin: node, seq, kind: Kind::Timer, a, b });
        self.observer.set_off(self.timer_name(id.slot));
    }

    fn fire(&mut self, at: Time, event: &Event) {
        if self.troubles.pauses.defer(event.target, at, || Waiting::Timer(*event)) {
            return;
        }
        let id = TimerId { slot: event.a, generation: event.b };
        let Some((incarnation, timer)) = self.timers.remove(id) else { return };
        let survives = planted(Bug::TimerSurvivesCrash) && self.nodes.is_live(event.target);
        if survives || self.nodes.is_live_in(event.target, incarnation) {
            let cause = Some(self.timer_name(id.slot));
            self.tell(at, event.target, cause, Happening::Timer(timer));
            self.step(at, event.target, Input::Timer(timer));
        }
    }

    // Churn.

    /// A session or gap ends: 0 boots, 1 leaves, 2 crashes.
    fn change(&mut self, at: Time, node: NodeId, change: u32) {
        let role = self.nodes.role(node);
        let counters = self.nodes.world(node);
        counters.phase += 1;
        let (phase, incarnation) = (counters.phase, self.nodes.incarnation(node));
        let mut earliest = at;
        match change {
            0 if self.troubles.holds_down(node) => {}
            0 => self.boot(at, node),
            1 => {
                let grace = self.plan.group(role).leave_grace;
                self.leave(at, node);
                self.schedule(at + grace, node, Kind::Stop, incarnation, 0);
                earliest = at + grace + Span::from_nanos(1);
            }
            _ => self.stop(at, node, true),
        }
        if let Some(end) = self.plan.phase_end(role, node, phase, at) {
            // A gap shorter than the grace is stretched to it.
            let at = end.at.max(earliest);
            self.schedule(at, node, Kind::Phase, end.change as u32, 0);
        }
    }

    /// A node that is up at the start boots, unless its first session has ended already; so will
    /// the next client after the spacing of `low` + 2^32 `high` ns, if that isn't 0.
    fn boot_at_start(&mut self, at: Time, node: NodeId, low: u32, high: u32) {
        let is_up = self.nodes.is_live(node);
        if self.nodes.world(node).phase == 0 && !is_up && !self.troubles.holds_down(node) {
            self.boot(at, node);
        }
        let spacing = u64::from(high) << 32 | u64::from(low);
        if spacing > 0 {
            let clients = &self.plan.clients;
            let up = |&next: &NodeId| clients.churn.is_up_at_start(next);
            if let Some(next) = self.territory.clients_after(node).find(up) {
                let at = at + Span::from_nanos(spacing);
                self.schedule(at, next, Kind::Boot, low, high);
            }
        }
    }

    /// A node starts.
    pub(in crate::sim) fn boot(&mut self, at: Time, node: NodeId) {
        let role = self.nodes.role(node);
        if !self.nodes.is_live(node) {
            self.start(at, node);
        }
        if !self.territory.owns(node) {
            return;
        }
        let incarnation = self.nodes.incarnation(node);
        let mut known = std::mem::take(&mut self.known);
        self.contacts.draw(node, &self.nodes, at, &mut known);
        self.tell(at, node, None, Happening::Boot);
        let mut stream = self.protocol_key.stream(node.0, incarnation);
        let mut effects = std::mem::take(&mut self.effects);
        let (timers, rng) = (&mut self.timers, &mut stream);
        let now = self.troubles.clocks.local(node, at);
        let mut cx = Context::new(node, incarnation, now, rng, timers, &mut effects);
        let nothing = P::Durable::default();
        let setup = Setup {
            role,
            config: &self.plan.config,
            durable: self.durable.get(&node).unwrap_or(&nothing),
            contacts: &known,
            world: &self.plan.world,
        };
        let state = P::boot(setup, &mut cx);
        self.known = known;
        let live = self.nodes.live_mut(node).expect("it has just started");
        (live.state, live.draws) = (Some(state), stream.draws());
        self.apply(at, node, effects);
        if role == self.plan.issuers {
            self.draw_operation(at, node);
            self.plan_entries(at, node);
        }
    }

    /// From now on the node is no contact, and nothing is asked of it; it hears of it itself when it
    /// isn't paused.
    fn leave(&mut self, at: Time, node: NodeId) {
        if !self.nodes.is_live(node) {
            return;
        }
        self.nodes.leave(node);
        if self.territory.owns(node) && !self.troubles.pauses.defer(node, at, || Waiting::Leave) {
            self.tell(at, node, None, Happening::Leave);
            self.step(at, node, Input::Leave);
        }
    }

    fn stop(&mut self, at: Time, node: NodeId, crash: bool) {
        if !self.nodes.is_live(node) {
            return;
        }
        if self.territory.owns(node) {
            if self.troubles.pauses.concerns(node) {
                self.lose_waiting(at, node);
            }
            self.tell(at, node, None, Happening::Stop { crash });
        }
        self.nodes.stop(node);
    }

    // Steps.

    fn next_seq(&mut self, node: NodeId) -> u32 {
        let counters = self.nodes.counters(node);
        let seq = counters.seq;
        counters.seq += 1;
        seq
    }

    /// Counts the step and shows it to the observer.
    fn tell(
        &mut self,
        at: Time,
        node: NodeId,
        cause: Option<Pending>,
        happening: Happening<'_, P>,
    ) {
        self.events += 1;
        let role = self.nodes.role(node);
        let counters = self.nodes.counters(node);
        let (number, incarnation) = (counters.steps, counters.incarnation);
        counters.steps += 1;
        self.observer.step(&Step { at, node, role, incarnation, number, cause, happening });
    }

    fn step(&mut self, at: Time, node: NodeId, input: Input<P>) {
        let incarnation = self.nodes.incarnation(node);
        #[cfg(test)]
        let number = self.nodes.counters(node).steps - 1;
        let mut effects = std::mem::take(&mut self.effects);
        let live = self.nodes.live_mut(node).expect("only running nodes are stepped");
        let mut stream = self.protocol_key.stream(node.0, incarnation).resume(live.draws);
        #[cfg(test)]
        if self.perturbed == Some((node, number)) {
            stream.word();
        }
        let (timers, rng) = (&mut self.timers, &mut stream);
        let now = self.troubles.clocks.local(node, at);
        let mut cx = Context::new(node, incarnation, now, rng, timers, &mut effects);
        live.state.as_mut().expect("a running node has booted").step(input, &mut cx);
        live.draws = stream.draws();
        self.apply(at, node, effects);
    }

    fn apply(&mut self, at: Time, node: NodeId, mut effects: Vec<Effect<P>>) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Send { to, message } => self.send(at, node, to, message),
                Effect::Arm { id, after } => self.arm(at, node, id, after),
                Effect::Disarm(id) => {
                    self.timers.remove(id);
                }
                Effect::Save(record) => P::fold(self.durable.entry(node).or_default(), record),
                Effect::Observe(observation) => {
                    if let Some(registry) = &mut self.troubles.registry {
                        registry.told(node, self.nodes.incarnation(node), &observation);
                    }
                    self.observer.observation(at, node, &observation);
                }
            }
        }
        self.effects = effects;
    }
}

//! An access peer's part: it hands its clients' operations to the members of the log, until the
//! leader answers.
//!
//! It finds the members as Clippee's coordinators find replicas: by a lookup of the log's place on
//! the ring. Then it remembers them, and who answered last, which is the leader. A command that
//! isn't answered within an election timeout (or the round trip's, if that is longer) goes to the
//! next member, and so on; when all were tried, the log is looked up again and the waits double.

use super::logs::Logs;
use super::message::Message;
use super::world::{LogId, Member};
use super::{Consensus, Timer};
use crate::node::{
    AttemptId, Context, NodeId, Operation, OperationId, OperationKind, Span, Time, TimerId,
};
use crate::protocol::machine::Command;
use crate::protocol::overlay::{Notice, Overlay, RoundTrip};
use crate::protocol::serving::groups::Entry;
use std::collections::BTreeMap;

/// So many that don't keep the log may send a command on in one go.
const BOUNCES: u32 = 8;

/// What is known of a log.
#[derive(Debug, Default)]
struct Route {
    members: Vec<NodeId>,
    /// Who answered last.
    leader: Option<NodeId>,
    round_trip: RoundTrip,
    looking: bool,
}

/// A command on its way.
#[derive(Debug)]
struct Asked {
    log: LogId,
    command: Command,
    tries: u32,
    bounces: u32,
    wait: Span,
    sent_at: Time,
    /// Whom it was sent to last.
    target: Option<NodeId>,
    /// It waits for a lookup.
    unsent: bool,
    timer: Option<TimerId>,
}

/// The rest of the peer, for one step.
pub(super) struct Desk<'a, 'c> {
    pub overlay: &'a mut Overlay,
    pub logs: &'a mut Logs,
    pub notices: &'a mut Vec<Notice>,
    pub cx: &'a mut Context<'c, Consensus>,
}

/// The commands of a peer's clients.
#[derive(Debug, Default)]
pub(super) struct Access {
    routes: BTreeMap<LogId, Route>,
    asked: BTreeMap<OperationId, Asked>,
    /// Commands so far.
    count: u32,
}

impl Access {
    /// How many commands are on their way.
    pub fn len(&self) -> usize {
        self.asked.len()
    }

    /// An operation of a client, or of the application on this very peer.
    pub fn begin(
        &mut self,
        id: OperationId,
        operation: Operation,
        (payload, entry): (u32, Option<Entry>),
        desk: &mut Desk<'_, '_>,
    ) {
        let Some(object) = operation.object() else { return };
        self.count += 1;
        let (coordinator, incarnation) = (desk.cx.id(), desk.cx.incarnation());
        let attempt = AttemptId { coordinator, incarnation, count: self.count };
        let asked = desk.cx.now();
        let log = desk.logs.world.log_of(object);
        let least = desk.logs.config.election_timeout;
        let wait = self.routes.entry(log).or_default().round_trip.timeout().max(least);
        let command = Command { id, operation, attempt, asked, payload, entry };
        let asked = Asked {
            log,
            command,
            tries: 0,
            bounces: 0,
            wait,
            sent_at: asked,
            target: None,
            unsent: false,
            timer: None,
        };
        self.asked.insert(id, asked);
        self.send(id, desk);
    }

    fn send(&mut self, id: OperationId, desk: &mut Desk<'_, '_>) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        if let Some(timer) = asked.timer.take() {
            desk.cx.disarm(timer);
        }
        asked.timer = Some(desk.cx.arm(Timer::Ask(id), asked.wait));
        asked.sent_at = desk.cx.now();
        let (log, command) = (asked.log, asked.command);
        if desk.logs.propose(log, command, desk.cx) {
            return;
        }
        let route = self.routes.entry(log).or_default();
        asked.target = route.leader.or(route.members.first().copied());
        match asked.target {
            Some(member) => {
                asked.unsent = false;
                desk.cx.send(member, Message::Propose(log, Box::new(command)));
            }
            None => {
                asked.unsent = true;
                look_up(route, log, desk);
            }
        }
    }

    /// Whom to ask about a log after `tries` vain questions: first who answered last, then the other
    /// members in turn. `None`: nobody is known, or all were asked; they are looked up.
    pub fn member(&mut self, log: LogId, tries: u32, desk: &mut Desk<'_, '_>) -> Option<NodeId> {
        let route = self.routes.entry(log).or_default();
        let count = route.members.len();
        if count > 0 && tries > 0 && (tries as usize).is_multiple_of(count + 1) {
            route.members.clear();
            route.leader = None;
        }
        let leader = route.leader.into_iter();
        let others = route.members.iter().copied().filter(|&one| Some(one) != route.leader);
        let order: Vec<NodeId> = leader.chain(others).collect();
        if order.is_empty() {
            look_up(route, log, desk);
        }
        order.get(tries as usize % order.len().max(1)).copied()
    }

    /// A lookup ended: `peers` are those closest to the log.
    pub fn found(&mut self, log: LogId, peers: &[NodeId], desk: &mut Desk<'_, '_>) {
        let me = desk.cx.id();
        let route = self.routes.entry(log).or_default();
        route.looking = false;
        route.members = peers.iter().copied().filter(|&peer| peer != me).collect();
        if !route.members.is_empty() {
            let waiting = self.asked.iter().filter(|(_, asked)| asked.unsent && asked.log == log);
            for id in waiting.map(|(&id, _)| id).collect::<Vec<_>>() {
                self.send(id, desk);
            }
        }
    }

    /// A lookup came to nothing; commands look again when their waits are over.
    pub fn lost(&mut self, log: LogId) {
        self.routes.entry(log).or_default().looking = false;
    }

    /// A command wasn't answered in time.
    pub fn on_timer(&mut self, id: OperationId, desk: &mut Desk<'_, '_>) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.tries += 1;
        asked.bounces = 0;
        asked.timer = None;
        let route = self.routes.entry(asked.log).or_default();
        if let Some(silent) = asked.target.take() {
            route.leader = route.leader.filter(|&leader| leader != silent);
            // To the end: another is as good, and this one may only be slow.
            if let Some(place) = route.members.iter().position(|&member| member == silent) {
                let member = route.members.remove(place);
                route.members.push(member);
            }
        }
        if asked.tries.is_multiple_of(route.members.len().max(1) as u32) {
            asked.wait = asked.wait.times(2);
            route.members.clear();
        }
        self.send(id, desk);
    }

    /// `from` doesn't keep the log; `members` do, if it knows.
    pub fn on_not_here(
        &mut self,
        from: NodeId,
        (log, id): (LogId, OperationId),
        members: &[Member],
        desk: &mut Desk<'_, '_>,
    ) {
        let me = desk.cx.id();
        let route = self.routes.entry(log).or_default();
        route.leader = route.leader.filter(|&leader| leader != from);
        if members.is_empty() {
            route.members.retain(|&member| member != from);
        } else {
            let nodes = members.iter().map(|member| member.node);
            route.members = nodes.filter(|&node| node != me).collect();
        }
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.bounces += 1;
        if asked.bounces <= BOUNCES {
            self.send(id, desk);
        }
    }

    /// The leader answers: whether the answer was waited for.
    pub fn on_answer(
        &mut self,
        from: NodeId,
        id: OperationId,
        cx: &mut Context<'_, Consensus>,
    ) -> bool {
        let Some(asked) = self.asked.remove(&id) else { return false };
        if let Some(timer) = asked.timer {
            cx.disarm(timer);
        }
        let route = self.routes.entry(asked.log).or_default();
        if asked.tries + asked.bounces == 0 {
            route.round_trip.sample(cx.now().since(asked.sent_at));
        }
        if from != cx.id() {
            route.leader = Some(from);
        }
        true
    }

    /// An operation has had its time: whether it may take effect all the same.
    pub fn abandon(&mut self, id: OperationId, cx: &mut Context<'_, Consensus>) -> bool {
        let Some(asked) = self.asked.remove(&id) else { return false };
        if let Some(timer) = asked.timer {
            cx.disarm(timer);
        }
        let kind = asked.command.operation.kind();
        matches!(kind, OperationKind::Update | OperationKind::Multicast)
    }
}

fn look_up(route: &mut Route, log: LogId, desk: &mut Desk<'_, '_>) {
    if !route.looking {
        route.looking = true;
        let place = desk.logs.world.place(log);
        desk.overlay.lookup(place, log, desk.cx, desk.notices);
    }
}

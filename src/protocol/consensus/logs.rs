//! The logs that a peer keeps: what it does as a member of their configurations.
//!
//! One configuration follows the other (`membership.rs` says when): its stop-sign is decided by the
//! old members as any entry is, so there is one next configuration and one state that it starts
//! from. An old member that is a new one too has that state itself; a newcomer gets it from the
//! leader, or asks whoever speaks to it as a member. Who speaks in an old configuration is told of
//! the new one.

use super::groups::Cast;
use super::membership::Change;
use super::message::{ConfigId, Envelope, Membership, Message, place_of};
use super::replica::{Decided, Replica};
use super::told::made;
use super::world::{LogId, Member, World};
use super::{Config, Consensus, Timer, link};
use crate::node::{Answer, Context, NodeId, ObjectId, Observation, OperationId, Outcome, Time};
use crate::protocol::machine::{Command, Effect, Rules, State, applied};
use crate::protocol::serving::groups::Entry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One log kept here.
pub(super) struct Hosted {
    pub replica: Replica,
    pub change: Change,
    /// Commands that came while the configuration was ending.
    held: Vec<Command>,
    /// Whether timers are armed.
    flushing: bool,
    missing: bool,
}

/// All logs of a peer.
pub(super) struct Logs {
    pub config: Arc<Config>,
    pub world: Arc<World>,
    pub hosted: BTreeMap<LogId, Hosted>,
    /// Logs kept elsewhere, as far as this peer was told: 1 entry a log at most.
    moved: BTreeMap<LogId, (u32, Arc<Vec<Member>>)>,
    /// When a configuration was asked for last.
    fetched: BTreeMap<LogId, Time>,
    /// Answers to this very peer.
    pub answers: Vec<(OperationId, Outcome)>,
    /// Messages to groups that were decided where this peer leads, to be sent on their way.
    pub casts: Vec<Cast>,
}

impl Logs {
    /// Starts the logs that this peer keeps from time 0 on.
    pub fn boot(config: Arc<Config>, world: Arc<World>, cx: &mut Context<'_, Consensus>) -> Self {
        let mut logs = Self {
            config,
            world: world.clone(),
            hosted: BTreeMap::new(),
            moved: BTreeMap::new(),
            fetched: BTreeMap::new(),
            answers: Vec::new(),
            casts: Vec::new(),
        };
        let me = Member { node: cx.id(), incarnation: cx.incarnation() };
        for (log, members) in (0..).zip(&world.members) {
            if members.contains(&me) {
                let (config, state) = (ConfigId { log, number: 1 }, Arc::new(State::default()));
                logs.start(config, Arc::new(members.clone()), state, cx);
            }
        }
        logs
    }

    /// Becomes a member of a configuration.
    fn start(
        &mut self,
        config: ConfigId,
        members: Arc<Vec<Member>>,
        state: Arc<State>,
        cx: &mut Context<'_, Consensus>,
    ) {
        let Some(place) = place_of(&members, cx.id()) else { return };
        let before = self.hosted.remove(&config.log);
        for (object, version, value) in state.objects() {
            let previous = before.as_ref().and_then(|old| old.replica.state.held(object));
            if previous.is_none_or(|(held, _)| held != version) {
                let previous = previous.map(|(held, _)| held);
                cx.observe(applied(object, (version, value), previous, false));
            }
        }
        for (group, here) in state.groups() {
            for Entry { peer, members, .. } in here.roll().present() {
                cx.observe(Observation::Registered { group, peer, members });
            }
        }
        self.moved.remove(&config.log);
        let replica = Replica::start(config, members, place, state, cx.now());
        let mut hosted = Hosted {
            replica,
            change: Change::default(),
            held: Vec::new(),
            flushing: before.as_ref().is_some_and(|old| old.flushing),
            missing: before.as_ref().is_some_and(|old| old.missing),
        };
        for command in before.map(|old| old.held).unwrap_or_default() {
            hosted.replica.append(command);
        }
        self.hosted.insert(config.log, hosted);
        self.settle(config.log, cx);
    }

    /// Is no member of a log any more.
    fn retire(
        &mut self,
        config: ConfigId,
        members: Arc<Vec<Member>>,
        cx: &mut Context<'_, Consensus>,
    ) {
        self.moved.insert(config.log, (config.number, members));
        let Some(hosted) = self.hosted.remove(&config.log) else { return };
        for (object, version, _) in hosted.replica.state.objects() {
            cx.observe(Observation::Forgot { object, version });
        }
    }

    /// The newest configuration of a log that this peer knows, whether it is a member or not.
    fn newest(&self, log: LogId) -> u32 {
        let hosted = self.hosted.get(&log).map(|hosted| hosted.replica.config.number);
        hosted.or(self.moved.get(&log).map(|&(number, _)| number)).unwrap_or(0)
    }

    /// Who keeps a log as far as this peer was told; empty if it wasn't.
    pub fn elsewhere(&self, log: LogId) -> Arc<Vec<Member>> {
        self.moved.get(&log).map(|(_, members)| members.clone()).unwrap_or_default()
    }

    /// Tells somebody who asked about a group that its log isn't kept here.
    pub fn deny(&self, to: NodeId, group: ObjectId, cx: &mut Context<'_, Consensus>) {
        let log = self.world.log_of(group);
        cx.send(to, Message::NotHere(log, OperationId::default(), self.elsewhere(log)));
    }

    /// Puts a command into a log; false if this peer doesn't keep it.
    pub fn propose(
        &mut self,
        log: LogId,
        command: Command,
        cx: &mut Context<'_, Consensus>,
    ) -> bool {
        let Some(hosted) = self.hosted.get_mut(&log) else { return false };
        if !hosted.replica.append(command) {
            hosted.held.push(command);
        }
        self.settle(log, cx);
        true
    }

    // Messages.

    /// A member of some configuration speaks.
    pub fn on_paxos(&mut self, from: NodeId, envelope: Envelope, cx: &mut Context<'_, Consensus>) {
        let config = envelope.config;
        let newest = self.newest(config.log);
        match self.hosted.get_mut(&config.log) {
            Some(hosted) if hosted.replica.config == config => {
                hosted.replica.receive(from, envelope, cx.now());
                self.settle(config.log, cx);
            }
            _ if newest >= config.number => self.supersede(from, config.log, cx),
            _ => self.fetch(from, config, cx),
        }
    }

    fn supersede(&self, to: NodeId, log: LogId, cx: &mut Context<'_, Consensus>) {
        let (number, members) = match (self.hosted.get(&log), self.moved.get(&log)) {
            (Some(hosted), _) => (hosted.replica.config.number, hosted.replica.members.clone()),
            (None, Some((number, members))) => (*number, members.clone()),
            (None, None) => return,
        };
        cx.send(to, Membership::Superseded { config: ConfigId { log, number }, members });
    }

    /// Asks for a configuration that it didn't know of, but not too often.
    fn fetch(&mut self, from: NodeId, config: ConfigId, cx: &mut Context<'_, Consensus>) {
        let now = cx.now();
        let patience = self.config.election_timeout;
        if self.fetched.get(&config.log).is_none_or(|&at| at + patience <= now) {
            self.fetched.insert(config.log, now);
            cx.send(from, Membership::Fetch(config, cx.incarnation()));
        }
    }

    /// A message about membership other than a leader's recruiting.
    pub fn on_membership(
        &mut self,
        from: NodeId,
        message: Membership,
        cx: &mut Context<'_, Consensus>,
    ) {
        let me = Member { node: cx.id(), incarnation: cx.incarnation() };
        match message {
            Membership::Fetch(config, incarnation) => {
                self.on_fetch(Member { node: from, incarnation }, config, cx);
            }
            Membership::Handover { config, members, state } => {
                if config.number > self.newest(config.log) && members.contains(&me) {
                    self.start(config, members, state, cx);
                }
            }
            Membership::Superseded { config, members } => {
                if config.number <= self.newest(config.log) {
                    return;
                }
                if members.contains(&me) {
                    self.fetch(from, config, cx);
                } else {
                    self.retire(config, members, cx);
                }
            }
            Membership::Recruit(_) | Membership::Ready(..) => {}
        }
    }

    fn on_fetch(&mut self, asker: Member, config: ConfigId, cx: &mut Context<'_, Consensus>) {
        let newest = self.newest(config.log);
        match self.hosted.get_mut(&config.log) {
            Some(hosted) if hosted.replica.config == config => {
                let replica = &mut hosted.replica;
                if replica.members.contains(&asker) {
                    let (members, state) = (replica.members.clone(), replica.base.clone());
                    cx.send(asker.node, Membership::Handover { config, members, state });
                } else if let Some(place) = place_of(&replica.members, asker.node) {
                    // It has forgotten what it promised in an earlier incarnation.
                    replica.heard[place] = None;
                }
            }
            _ if newest > config.number => {
                self.supersede(asker.node, config.log, cx);
            }
            _ => {}
        }
    }

    // What comes of it.

    /// Takes in what was decided, and sees to it that what is to be sent will be.
    pub fn settle(&mut self, log: LogId, cx: &mut Context<'_, Consensus>) {
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        let leads = hosted.replica.leads();
        let mut next = None;
        for decided in hosted.replica.decided() {
            match decided {
                Decided::Entry(command, led) => self.apply(log, &command, led, cx),
                Decided::Stopped(members) => next = Some(members),
            }
        }
        if let Some(members) = next {
            return self.follow(log, members, leads, cx);
        }
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        if !hosted.flushing {
            hosted.flushing = true;
            cx.arm(Timer::Flush(log), self.config.flush_interval);
        }
        if !hosted.missing && hosted.replica.is_missing() {
            hosted.missing = true;
            cx.arm(Timer::Missing(log), link::PATIENCE);
        }
    }

    fn apply(
        &mut self,
        log: LogId,
        command: &Command,
        leads: bool,
        cx: &mut Context<'_, Consensus>,
    ) {
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        let Some(object) = command.operation.object() else { return };
        let (id, initial) = (command.id, self.world.initial(object));
        let rules =
            Rules { timeout: self.config.operation_timeout, group_log: self.config.group_log };
        let effect = hosted.replica.state.apply(command, rules, initial);
        let answer = match effect {
            Effect::Late => return,
            Effect::Read { version, value } => Answer::Read { version, value },
            Effect::Known { version, .. } => Answer::Updated { version },
            Effect::Made { object, version, value, base } => {
                made((id, object), (version, value, base), leads, cx);
                Answer::Updated { version }
            }
            Effect::Cast { group, place, multicast, made: version } => {
                if let Some(version) = version {
                    made((id, group), version, leads, cx);
                }
                if leads && let Some(here) = hosted.replica.state.group(group) {
                    let cast = Cast::new(group, (place, multicast), here);
                    cast.tell(cx);
                    self.casts.push(cast);
                }
                version.map_or(Answer::Done, |(version, ..)| Answer::Updated { version })
            }
            Effect::Sent => Answer::Done,
            Effect::Registered { group, news } => {
                if let Some(Entry { peer, members, .. }) = news {
                    cx.observe(Observation::Registered { group, peer, members });
                }
                Answer::Done
            }
            Effect::Members { view, access_peers, members } => {
                Answer::Members { view, access_peers, members }
            }
        };
        if !leads {
            return;
        }
        if let Answer::Updated { version } = answer {
            let replica = cx.id();
            cx.observe(Observation::Counted { id, object, version, replica });
        }
        if command.access() == cx.id() {
            self.answers.push((id, Outcome::Ok(answer)));
        } else {
            cx.send(command.access(), Message::Answer(id, Box::new(Outcome::Ok(answer))));
        }
    }

    /// The configuration is over, and the next one begins.
    fn follow(
        &mut self,
        log: LogId,
        members: Vec<Member>,
        led: bool,
        cx: &mut Context<'_, Consensus>,
    ) {
        self.flush(log, cx);
        let Some(hosted) = self.hosted.get(&log) else { return };
        let old = &hosted.replica;
        let config = ConfigId { log, number: old.config.number + 1 };
        let (members, state) = (Arc::new(members), Arc::new(old.state.clone()));
        if led {
            for newcomer in members.iter().filter(|member| !old.members.contains(member)) {
                let (members, state) = (members.clone(), state.clone());
                cx.send(newcomer.node, Membership::Handover { config, members, state });
            }
        }
        let me = Member { node: cx.id(), incarnation: cx.incarnation() };
        if members.contains(&me) {
            self.start(config, members, state, cx);
        } else {
            self.retire(config, members, cx);
        }
    }

    // Timers.

    fn flush(&mut self, log: LogId, cx: &mut Context<'_, Consensus>) {
        if let Some(hosted) = self.hosted.get_mut(&log) {
            hosted.replica.take_outgoing(|to, envelope| {
                cx.send(to, Message::Paxos(Box::new(envelope)));
            });
        }
    }

    /// What has gathered is sent.
    pub fn on_flush(&mut self, log: LogId, cx: &mut Context<'_, Consensus>) {
        if let Some(hosted) = self.hosted.get_mut(&log) {
            hosted.flushing = false;
        }
        self.flush(log, cx);
    }

    /// Some message may have been missed for too long.
    pub fn on_missing(&mut self, log: LogId, cx: &mut Context<'_, Consensus>) {
        if let Some(hosted) = self.hosted.get_mut(&log) {
            hosted.missing = false;
            hosted.replica.give_up(cx.now());
            self.settle(log, cx);
        }
    }
}

//! A server: its objects, and what it was asked for.
//!
//! One message is one turn at the processor (`peers.service_time`, first come, first served, by the
//! driver); within its turn a request is carried out whole, so that operations on an object follow
//! one another: linearizable, as long as the server keeps its state.

use super::groups::{Groups, KeptGroups, Posted, fold};
use super::{ClientServer, Config, Timer, World};
use crate::node::{
    Answer, AttemptId, Context, FailureCause, NodeId, ObjectId, Observation, Operation,
    OperationId, Order, Outcome, Value, Version,
};
use crate::protocol::serving::gauge::Gauge;
use crate::protocol::serving::groups::{self, Multicast};
use crate::protocol::serving::requests::{self, Requests, Verdict};
use crate::protocol::serving::{Message, Request, Response};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// An object as its server holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    version: Version,
    value: Value,
    /// The operations of its last versions, newest last.
    recent: VecDeque<OperationId>,
}

/// A change of one object or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An object, or a group's state.
    Object(ObjectId, Held),
    /// A message that was sent to a group.
    Posted(Posted),
}

/// What survives a crash, where the server's state is durable: its objects, and the messages of its
/// groups. Who was a member doesn't.
#[derive(Clone, Debug, Default)]
pub struct Durable {
    objects: BTreeMap<ObjectId, Held>,
    groups: KeptGroups,
}

impl Durable {
    pub(super) fn fold(&mut self, record: Record) {
        match record {
            Record::Object(object, held) => {
                self.objects.insert(object, held);
            }
            Record::Posted(posted) => fold(&mut self.groups, posted),
        }
    }
}

/// A server.
pub(super) struct Server {
    config: Arc<Config>,
    world: World,
    objects: BTreeMap<ObjectId, Held>,
    requests: Requests,
    /// Versions made in this incarnation.
    made: u32,
    answers: Gauge,
    groups: Groups,
    /// Whether a timer is armed for the next look at silent members.
    watches: bool,
}

impl Server {
    /// Starts with what survived, and says so.
    pub fn boot(
        config: Arc<Config>,
        world: World,
        durable: &Durable,
        cx: &mut Context<'_, ClientServer>,
    ) -> Self {
        for (&object, held) in &durable.objects {
            cx.observe(applied(object, held, None, None));
        }
        let interval = config.heartbeat_interval;
        Self {
            groups: Groups::new(world, config.group_log, interval, &durable.groups),
            watches: false,
            requests: Requests::new(config.operation_timeout),
            objects: durable.objects.clone(),
            config,
            world,
            made: 0,
            answers: Gauge::default(),
        }
    }

    /// A client speaks.
    pub fn on_message(
        &mut self,
        from: NodeId,
        message: &Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        self.groups.hear(from, cx.now());
        match message {
            Message::Attach => cx.send(from, Message::Attached),
            Message::Heartbeat => {
                let places = self.groups.places(from);
                cx.send(from, Message::HeartbeatReply { fresh: None, places });
            }
            Message::Goodbye => self.groups.lose(from, cx),
            Message::Request(request) => self.on_request(*request, cx),
            Message::Group(message) => self.on_member(from, message, cx),
            _ => {}
        }
    }

    fn on_member(
        &mut self,
        from: NodeId,
        message: &groups::Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        match *message {
            groups::Message::Enter { group, turn, back } if self.is_mine(group, cx) => {
                let Held { version, value, .. } = self.held(group);
                self.groups.enter(from, (group, turn), back, (version, value), cx);
                self.watch(cx);
            }
            _ => self.groups.on_message(from, message, cx),
        }
    }

    fn watch(&mut self, cx: &mut Context<'_, ClientServer>) {
        if let Some(wait) = self.groups.watches().filter(|_| !self.watches) {
            self.watches = true;
            cx.arm(Timer::Members, wait);
        }
    }

    /// Some members may have gone silent.
    pub fn on_members_timer(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.watches = false;
        self.groups.sweep(cx);
        self.watch(cx);
    }

    /// Carries a request out, unless it was before: then the answer is given again.
    fn on_request(&mut self, request: Request, cx: &mut Context<'_, ClientServer>) {
        let Request { id, operation, .. } = request;
        let outcome = match self.requests.accept(id, operation, cx.now()) {
            Verdict::Ignored => return,
            Verdict::Done(outcome) => outcome,
            Verdict::New => {
                let outcome = self.carry_out(id, operation, cx);
                self.requests.end(id, outcome, cx.now());
                let answers = ("answers", requests::ANSWERS_BOUND as u32);
                self.answers.note(self.requests.len().1, answers, cx);
                outcome
            }
        };
        cx.send(id.client, Message::Response(Box::new(Response { id, outcome })));
    }

    fn carry_out(
        &mut self,
        id: OperationId,
        operation: Operation,
        cx: &mut Context<'_, ClientServer>,
    ) -> Outcome {
        match operation {
            Operation::Read { object } if self.is_mine(object, cx) => {
                let held = self.held(object);
                Outcome::Ok(Answer::Read { version: held.version, value: held.value })
            }
            Operation::Update { object } if self.is_mine(object, cx) => {
                Outcome::Ok(Answer::Updated { version: self.update(id, object, cx).0 })
            }
            Operation::Multicast { group, order, bytes } if self.is_mine(group, cx) => {
                Outcome::Ok(self.multicast(id, (group, order), bytes, cx))
            }
            Operation::Members { group, .. } if self.is_mine(group, cx) => {
                Outcome::Ok(self.groups.view(group))
            }
            _ => Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false },
        }
    }

    fn is_mine(&self, object: ObjectId, cx: &Context<'_, ClientServer>) -> bool {
        self.world.server_of(object) == cx.id()
    }

    /// The object; version 0 if it was never written, or lost.
    fn held(&self, object: ObjectId) -> Held {
        let initial = || Held {
            version: Version::ZERO,
            value: self.world.initial(object),
            recent: VecDeque::new(),
        };
        self.objects.get(&object).cloned().unwrap_or_else(initial)
    }

    /// Sends a message to a group's members, unless that was done before.
    fn multicast(
        &mut self,
        id: OperationId,
        (group, order): (ObjectId, Order),
        bytes: u32,
        cx: &mut Context<'_, ClientServer>,
    ) -> Answer {
        let (numbered, answer) = match order {
            Order::Total => {
                let (version, made) = self.update(id, group, cx);
                let check = Multicast::check_of(self.held(group).value);
                (made.then_some((version.counter, check)), Answer::Updated { version })
            }
            Order::Fifo => {
                let number = self.groups.count(id, group, cx);
                (number.map(|number| (number, 0)), Answer::Done)
            }
        };
        if let Some((number, check)) = numbered {
            // A server counts for the sender, who may reboot.
            let first = u32::from(order == Order::Fifo);
            let multicast = Multicast { id, order, number, first, bytes, check };
            let posted = self.groups.cast(group, multicast, cx);
            if self.config.durable {
                cx.save(Record::Posted(posted));
            }
        }
        answer
    }

    /// Makes a version, unless one of the last ones holds the operation already; whether it did.
    fn update(
        &mut self,
        id: OperationId,
        object: ObjectId,
        cx: &mut Context<'_, ClientServer>,
    ) -> (Version, bool) {
        let mut held = self.held(object);
        let is_new = !held.recent.contains(&id);
        if is_new {
            let base = held.version;
            self.made += 1;
            let attempt =
                AttemptId { coordinator: cx.id(), incarnation: cx.incarnation(), count: self.made };
            held.version = Version { counter: base.counter + 1, attempt };
            held.value = held.value.changed(id);
            held.recent.push_back(id);
            if held.recent.len() > self.config.dedupe as usize {
                held.recent.pop_front();
            }
            let (version, value) = (held.version, held.value);
            cx.observe(Observation::Made { id, object, version, base, value });
            let previous = self.objects.get(&object).map(|held| held.version);
            cx.observe(applied(object, &held, previous, Some(attempt)));
            if self.config.durable {
                cx.save(Record::Object(object, held.clone()));
            }
            self.objects.insert(object, held.clone());
        }
        let (version, replica) = (held.version, cx.id());
        cx.observe(Observation::Counted { id, object, version, replica });
        (version, is_new)
    }
}

fn applied(
    object: ObjectId,
    held: &Held,
    previous: Option<Version>,
    commit: Option<AttemptId>,
) -> Observation {
    Observation::Applied {
        object,
        version: held.version,
        value: held.value,
        previous,
        commit,
        late: false,
        responsible: true,
    }
}

//! A server: its objects, and what it was asked for.
//!
//! One message is one turn at the processor (`peers.service_time`, first come, first served, by the
//! driver); within its turn a request is carried out whole, so that operations on an object follow
//! one another: linearizable, as long as the server keeps its state.

use super::{ClientServer, Config, World};
use crate::node::{
    Answer, AttemptId, Context, FailureCause, NodeId, ObjectId, Observation, Operation,
    OperationId, Outcome, Value, Version,
};
use crate::protocol::serving::gauge::Gauge;
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

/// A change of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    object: ObjectId,
    held: Held,
}

/// What survives a crash, where the server's state is durable: its objects.
#[derive(Clone, Debug, Default)]
pub struct Durable {
    objects: BTreeMap<ObjectId, Held>,
}

impl Durable {
    pub(super) fn fold(&mut self, record: Record) {
        self.objects.insert(record.object, record.held);
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
        Self {
            requests: Requests::new(config.operation_timeout),
            objects: durable.objects.clone(),
            config,
            world,
            made: 0,
            answers: Gauge::new("answers", requests::ANSWERS_BOUND as u32),
        }
    }

    /// A client speaks.
    pub fn on_message(
        &mut self,
        from: NodeId,
        message: &Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        match message {
            Message::Attach => cx.send(from, Message::Attached),
            Message::Heartbeat => cx.send(from, Message::HeartbeatReply { fresh: None }),
            Message::Request(request) => self.on_request(*request, cx),
            _ => {}
        }
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
                self.answers.note(self.requests.len().1, cx);
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
                Outcome::Ok(Answer::Updated { version: self.update(id, object, cx) })
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

    /// Makes a version, unless one of the last ones holds the operation already.
    fn update(
        &mut self,
        id: OperationId,
        object: ObjectId,
        cx: &mut Context<'_, ClientServer>,
    ) -> Version {
        let mut held = self.held(object);
        if !held.recent.contains(&id) {
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
                cx.save(Record { object, held: held.clone() });
            }
            self.objects.insert(object, held.clone());
        }
        let (version, replica) = (held.version, cx.id());
        cx.observe(Observation::Counted { id, object, version, replica });
        version
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

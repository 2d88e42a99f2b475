//! A client of servers.
//!
//! It knows where each object lives and asks there, again and again, as Clippee's clients do. Apart
//! from that it keeps a session with its home server, as clients of servers do: it says that it is
//! there, and asks for signs of life. The session decides nothing, because there is nobody else to
//! turn to.

use super::{ClientServer, Config, Timer, World};
use crate::node::{
    Context, FailureCause, NodeId, Observation, Operation, OperationId, Outcome, Span, TimerId,
};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::serving::{Message, Pending, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An Attach that isn't answered is repeated after the RTO, doubling up to this: so long does a
/// client of Clippee wait that has run out of contacts.
const LONGEST_WAIT: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the session is over, and begins anew (CLIPPEE 1).
const DEAD: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// None is kept: the node is a peer, or leaves.
    Off,
    /// An Attach isn't answered yet; so long until the next one.
    Asked(Span),
    /// It stands; so many heartbeats in a row are unanswered.
    Open(u8),
}

/// A client, or what a peer needs to issue operations itself.
pub(super) struct Client {
    config: Arc<Config>,
    world: World,
    pending: Vec<Pending>,
    /// By server: from requests to their answers, the wait at the server included.
    round_trips: BTreeMap<NodeId, RoundTrip>,
    session: Session,
    session_timer: Option<TimerId>,
}

impl Client {
    pub fn new(config: Arc<Config>, world: World) -> Self {
        Self {
            config,
            world,
            pending: Vec::new(),
            round_trips: BTreeMap::new(),
            session: Session::Off,
            session_timer: None,
        }
    }

    // The session.

    /// Begins the session with the home server.
    pub fn attach(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.ask(RoundTrip::default().timeout(), cx);
    }

    fn ask(&mut self, wait: Span, cx: &mut Context<'_, ClientServer>) {
        cx.send(self.world.home_of(cx.id()), Message::Attach);
        self.session = Session::Asked(wait.times(2).min(LONGEST_WAIT));
        self.session_timer = Some(cx.arm(Timer::Session, wait));
    }

    fn attached(&mut self, peer: NodeId, cx: &mut Context<'_, ClientServer>) {
        if let Some(timer) = self.session_timer.take() {
            cx.disarm(timer);
        }
        self.session = Session::Open(0);
        cx.observe(Observation::Attached { peer });
        let interval = self.config.heartbeat_interval;
        if !interval.is_never() {
            let phase = Span::from_nanos(cx.rng().below(interval.nanos().max(1)) + 1);
            self.session_timer = Some(cx.arm(Timer::Session, phase));
        }
    }

    pub fn on_session_timer(&mut self, cx: &mut Context<'_, ClientServer>) {
        match self.session {
            Session::Off => {}
            Session::Asked(wait) => self.ask(wait, cx),
            Session::Open(unanswered) if unanswered >= DEAD => self.attach(cx),
            Session::Open(unanswered) => {
                self.session = Session::Open(unanswered + 1);
                cx.send(self.world.home_of(cx.id()), Message::Heartbeat);
                self.session_timer = Some(cx.arm(Timer::Session, self.config.heartbeat_interval));
            }
        }
    }

    /// What is pending ends here without a word: the application is gone too.
    pub fn leave(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.session = Session::Off;
        if let Some(timer) = self.session_timer.take() {
            cx.disarm(timer);
        }
        for mut pending in std::mem::take(&mut self.pending) {
            pending.disarm(cx);
        }
    }

    // Operations.

    pub fn begin(
        &mut self,
        id: OperationId,
        operation: Operation,
        cx: &mut Context<'_, ClientServer>,
    ) {
        let Some(server) = self.server_for(&operation) else {
            let outcome =
                Outcome::Failed { cause: FailureCause::Unreachable, maybe_applied: false };
            return cx.observe(Observation::Ended { id, outcome });
        };
        let mut pending = Pending::new(id, operation, cx.now(), self.config.operation_timeout);
        let round_trip = self.round_trips.get(&server).copied().unwrap_or_default();
        let rto = round_trip.timeout().max(self.config.rto_min);
        pending.start(server, self.world.object_bytes, rto, cx);
        self.pending.push(pending);
    }

    /// Where the operation is carried out; `None` if nowhere.
    fn server_for(&self, operation: &Operation) -> Option<NodeId> {
        match *operation {
            Operation::Read { object } | Operation::Update { object } => {
                Some(self.world.server_of(object))
            }
            _ => None,
        }
    }

    /// A pending operation is due for a repeat or for its end.
    pub fn on_due(&mut self, count: u32, cx: &mut Context<'_, ClientServer>) {
        let Some(place) = self.place(count) else { return };
        let pending = &mut self.pending[place];
        if cx.now() >= pending.deadline {
            let outcome = pending.timed_out();
            return self.finish(place, outcome, cx);
        }
        let operation = pending.operation;
        if let Some(server) = self.server_for(&operation) {
            self.pending[place].repeat(server, self.world.object_bytes, cx);
        }
    }

    pub fn on_message(
        &mut self,
        from: NodeId,
        message: Message,
        cx: &mut Context<'_, ClientServer>,
    ) {
        match message {
            Message::Attached if matches!(self.session, Session::Asked(_)) => {
                self.attached(from, cx);
            }
            Message::HeartbeatReply { .. } if matches!(self.session, Session::Open(_)) => {
                self.session = Session::Open(0);
            }
            Message::Response(response) => self.on_response(from, *response, cx),
            _ => {}
        }
    }

    fn on_response(
        &mut self,
        from: NodeId,
        response: Response,
        cx: &mut Context<'_, ClientServer>,
    ) {
        let Some(place) = self.place(response.id.count) else { return };
        if let Some(took) = self.pending[place].round_trip(cx.now()) {
            self.round_trips.entry(from).or_default().sample(took);
        }
        self.pending[place].disarm(cx);
        self.finish(place, response.outcome, cx);
    }

    fn finish(&mut self, place: usize, outcome: Outcome, cx: &mut Context<'_, ClientServer>) {
        let Pending { id, .. } = self.pending.remove(place);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        cx.observe(Observation::Ended { id, outcome });
    }

    fn place(&self, count: u32) -> Option<usize> {
        self.pending.iter().position(|pending| pending.id.count == count)
    }
}

//! A client's session with one server: it says that it is there, and asks for signs of life, as
//! clients of servers do.

use super::{ClientServer, Timer};
use crate::node::{Context, NodeId, Observation, Span, TimerId};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::serving::Message;

/// An Attach that isn't answered is repeated after the RTO, doubling up to this: so long does a
/// client of Clippee wait that has run out of contacts.
const LONGEST_WAIT: Span = Span::from_secs(5);
/// So many heartbeats unanswered: the session is over, and begins anew (CLIPPEE 1).
const DEAD: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// None is kept: the node is a peer, or leaves.
    Off,
    /// An Attach isn't answered yet; so long until the next one.
    Asked(Span),
    /// It stands; so many heartbeats in a row are unanswered.
    Open(u8),
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    state: State,
    timer: Option<TimerId>,
    /// It stood once: what comes now is another one.
    stood: bool,
}

impl Session {
    /// None yet.
    pub const fn off() -> Self {
        Self { state: State::Off, timer: None, stood: false }
    }

    /// Begins with `server`; `timer` is what its timer says.
    pub fn begin(&mut self, server: NodeId, timer: Timer, cx: &mut Context<'_, ClientServer>) {
        self.ask(server, timer, RoundTrip::default().timeout(), cx);
    }

    fn ask(
        &mut self,
        server: NodeId,
        timer: Timer,
        wait: Span,
        cx: &mut Context<'_, ClientServer>,
    ) {
        cx.send(server, Message::Attach);
        self.state = State::Asked(wait.times(2).min(LONGEST_WAIT));
        self.timer = Some(cx.arm(timer, wait));
    }

    /// The server has said that it serves this client. Whether an earlier session was lost.
    pub fn attached(
        &mut self,
        server: NodeId,
        timer: Timer,
        interval: Span,
        cx: &mut Context<'_, ClientServer>,
    ) -> bool {
        let State::Asked(_) = self.state else { return false };
        if let Some(timer) = self.timer.take() {
            cx.disarm(timer);
        }
        self.state = State::Open(0);
        if timer == Timer::Session {
            cx.observe(Observation::Attached { peer: server });
        }
        if !interval.is_never() {
            let phase = Span::from_nanos(cx.rng().below(interval.nanos().max(1)) + 1);
            self.timer = Some(cx.arm(timer, phase));
        }
        std::mem::replace(&mut self.stood, true)
    }

    /// Its timer fired. Whether it has asked for a sign of life.
    pub fn on_timer(
        &mut self,
        server: NodeId,
        timer: Timer,
        interval: Span,
        cx: &mut Context<'_, ClientServer>,
    ) -> bool {
        match self.state {
            State::Off => false,
            State::Asked(wait) => {
                self.ask(server, timer, wait, cx);
                false
            }
            State::Open(unanswered) if unanswered >= DEAD => {
                self.begin(server, timer, cx);
                false
            }
            State::Open(unanswered) => {
                self.state = State::Open(unanswered + 1);
                cx.send(server, Message::Heartbeat);
                self.timer = Some(cx.arm(timer, interval));
                true
            }
        }
    }

    /// A sign of life. Whether the session stands.
    pub fn answered(&mut self) -> bool {
        let stands = matches!(self.state, State::Open(_));
        if stands {
            self.state = State::Open(0);
        }
        stands
    }

    /// It ends.
    pub fn end(&mut self, cx: &mut Context<'_, ClientServer>) {
        self.state = State::Off;
        if let Some(timer) = self.timer.take() {
            cx.disarm(timer);
        }
    }
}

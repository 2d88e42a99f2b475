//! The way of a token to the next daemon.
//!
//! On a network with broadcasts a daemon overhears that the token goes on. Here nothing is overheard,
//! so it is acknowledged; what isn't is sent again, and after some tries the ring is over.

use super::message::Message;
use super::token::RingId;
use super::{Due, Ring};
use crate::node::{Context, NodeId, Span, Time, TimerId};
use crate::protocol::overlay::RoundTrip;
use crate::protocol::token_ring::TokenRing;

/// A token that isn't acknowledged yet, or was not long ago: then `timer` is none.
#[derive(Debug)]
pub(super) struct Handed {
    to: NodeId,
    message: Message,
    ring: RingId,
    visit: u32,
    sends: u32,
    sent_at: Time,
    timer: Option<TimerId>,
    /// To that daemon.
    trip: RoundTrip,
}

impl Ring {
    /// Hands a token on.
    pub(super) fn hand(&mut self, to: NodeId, message: Message, cx: &mut Context<'_, TokenRing>) {
        let (ring, visit) = match &message {
            Message::Token(token) => (token.ring, token.visit),
            Message::Commit(commit) => (commit.ring, commit.visit),
            _ => return,
        };
        let before = self.handed.take();
        // That it came back says that it was taken.
        if let Some(timer) = before.as_ref().and_then(|before| before.timer) {
            cx.disarm(timer);
        }
        let trip = before.filter(|before| before.to == to).map(|before| before.trip);
        let trip = trip.unwrap_or_default();
        let sent_at = cx.now();
        let handed = Handed { to, message, ring, visit, sends: 0, sent_at, timer: None, trip };
        self.handed = Some(handed);
        self.send_handed(cx);
    }

    fn send_handed(&mut self, cx: &mut Context<'_, TokenRing>) {
        self.hands = self.hands.wrapping_add(1);
        let (least, hands) = (self.config.token_retransmit, self.hands);
        let Some(handed) = &mut self.handed else { return };
        handed.sends += 1;
        handed.sent_at = cx.now();
        cx.send(handed.to, handed.message.clone());
        let wait = handed.trip.timeout().max(least).max(Span::from_nanos(1));
        handed.timer = Some(cx.arm(Due::Hand(hands), wait));
    }

    pub(super) fn on_took(&mut self, ring: RingId, visit: u32, cx: &mut Context<'_, TokenRing>) {
        let Some(handed) = &mut self.handed else { return };
        if (handed.ring, handed.visit) != (ring, visit) {
            return;
        }
        if let Some(timer) = handed.timer.take() {
            cx.disarm(timer);
            if handed.sends == 1 {
                handed.trip.sample(cx.now().since(handed.sent_at));
            }
        }
    }

    pub(super) fn on_hand_due(&mut self, hands: u32, cx: &mut Context<'_, TokenRing>) {
        let Some(handed) = &self.handed else { return };
        if hands != self.hands || handed.timer.is_none() {
            return;
        }
        if handed.sends > self.config.token_retransmits {
            self.look(None, cx);
        } else {
            self.send_handed(cx);
        }
    }
}

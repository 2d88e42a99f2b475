//! A daemon's part in the ring (Totem's single-ring protocol): one order for all, and a new ring when
//! the token is lost, a daemon comes, or one goes.
//!
//! - `order.rs`: the order of one ring: the token, what it allows, what is safe. `queue.rs`: what waits
//!   for it.
//! - `gather.rs`: agreement on who is in the next ring; `joining.rs` speaks for it.
//! - `recovery.rs`: who lacks what when a ring ends; `committing.rs`: the making of the next ring.
//! - `hand.rs`: the token's way to the next daemon. `token.rs`, `item.rs`, `message.rs`: what is sent.
//!
//! What is delivered, and who is in the ring from then on, comes as `Event`s, in order. It knows
//! nothing of clients, objects and groups.

mod committing;
mod gather;
mod hand;
mod item;
mod joining;
mod message;
mod order;
mod queue;
mod recovery;
#[cfg(test)]
mod tests;
mod token;

pub use item::{Item, Lineage, Snapshot};
pub use message::Message;
pub use token::{Commit, Info, Join, Packet, Pass, RingId, Token};

use super::TokenRing;
use super::config::Config;
use crate::node::{Context, Digestible, Hasher, NodeId, Span, Time};
use committing::Committing;
use hand::Handed;
use joining::Joining;
use order::Order;
use queue::Queue;
use std::sync::Arc;

/// Daemons that were left out and may be there all the same, at most.
const LOST: usize = 64;
/// Packets of a ring to be that come before it has begun here, at most.
const EARLY: usize = 4_096;

/// The timers of a ring. Most number the phase that they are about, or what was handed on, so that
/// those of former ones are known as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The token may be lost.
    Token,
    /// What the token has overtaken hasn't come.
    Late(u32),
    /// What was handed on isn't acknowledged.
    Hand(u32),
    /// Those who haven't agreed are told again.
    Join(u32),
    /// Those who haven't agreed have had their time.
    Consensus(u32),
    /// What lacks of the old ring is asked for.
    Lacks(u32),
    /// It is time to look for those who were left out.
    Merge,
}

/// What a ring brings, in order.
#[derive(Debug)]
pub(super) enum Event {
    /// The next packet.
    Deliver(Packet),
    /// A packet of this daemon that the ring before didn't deliver: it has to be put in again.
    Again(Packet),
    /// A ring begins: who is in it, and where they come from.
    Begins(Arc<Commit>),
}

/// What the daemon is doing.
#[derive(Debug)]
enum Phase {
    /// It is in a ring that works.
    Running,
    /// It looks for a ring.
    Joining(Joining),
    /// A ring is being made.
    Committing(Committing),
    /// It leaves.
    Left,
}

/// A daemon's part in the ring.
#[derive(Debug)]
pub(super) struct Ring {
    config: Arc<Config>,
    me: NodeId,
    phase: Phase,
    /// Count phases, and what was handed on: for timers.
    turn: u32,
    hands: u32,
    /// The highest number of a ring that it knows.
    number: u32,
    /// The ring that it is or was in.
    order: Option<Order>,
    queue: Queue,
    handed: Option<Handed>,
    /// The token, which waits for packets that it has overtaken.
    ahead: Option<Token>,
    /// When there was a sign of the token.
    seen: Time,
    /// Daemons to join through, for one that has just booted.
    contacts: Vec<NodeId>,
    booted: Time,
    /// Daemons that were left out, but didn't say that they leave.
    lost: Vec<NodeId>,
    leaving: Vec<NodeId>,
    early: Vec<Packet>,
    /// The ring in which the state was made one with others': told by the daemon.
    pub lineage: Option<RingId>,
    /// What has happened.
    pub events: Vec<Event>,
}

impl Ring {
    fn new(config: Arc<Config>, cx: &Context<'_, TokenRing>) -> Self {
        Self {
            config,
            me: cx.id(),
            phase: Phase::Running,
            turn: 0,
            hands: 0,
            number: 0,
            order: None,
            queue: Queue::default(),
            handed: None,
            ahead: None,
            seen: cx.now(),
            contacts: Vec::new(),
            booted: cx.now(),
            lost: Vec::new(),
            leaving: Vec::new(),
            early: Vec::new(),
            lineage: None,
            events: Vec::new(),
        }
    }

    /// Boots as a member of the ring that has long been working.
    pub fn converged(
        config: Arc<Config>,
        members: Arc<[NodeId]>,
        cx: &mut Context<'_, TokenRing>,
    ) -> Self {
        let mut ring = Self::new(config, cx);
        let maker = members.first().copied().unwrap_or(ring.me);
        let id = RingId { number: 1, maker, incarnation: 1 };
        (ring.number, ring.lineage) = (1, Some(id));
        ring.order = Some(Order::new(id, members, ring.me, 0));
        ring.watch(cx);
        if maker == ring.me {
            ring.begin_token(1, cx);
        }
        ring
    }

    /// Boots, and looks for a ring through `contacts`.
    pub fn fresh(
        config: Arc<Config>,
        contacts: Vec<NodeId>,
        cx: &mut Context<'_, TokenRing>,
    ) -> Self {
        let mut ring = Self::new(config, cx);
        ring.lost = contacts.clone();
        ring.contacts = contacts;
        ring.watch(cx);
        ring.look(None, cx);
        ring
    }

    fn watch(&self, cx: &mut Context<'_, TokenRing>) {
        cx.arm(Due::Token, self.config.patience(0));
        let interval = self.config.merge_interval;
        if !interval.is_never() {
            let phase = Span::from_nanos(cx.rng().below(interval.nanos().max(1)) + 1);
            cx.arm(Due::Merge, phase);
        }
    }

    /// The members of the ring that it is in, or was in last.
    pub fn members(&self) -> &[NodeId] {
        self.order.as_ref().map_or(&[], |order| &order.members)
    }

    /// The ring that it is in, or was in last.
    pub fn id(&self) -> Option<RingId> {
        self.order.as_ref().map(|order| order.ring)
    }

    /// Whether it has said goodbye.
    pub const fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Left)
    }

    /// Items that wait for the token, and packets that are kept.
    pub fn len(&self) -> (usize, usize) {
        (self.queue.len(), self.order.as_ref().map_or(0, Order::len))
    }

    /// Puts an item into the order, as soon as there is a token.
    pub fn submit(&mut self, item: Item) {
        match item {
            // All else waits for it.
            Item::State(_) => self.queue.push_front(item),
            Item::Command(_) => self.queue.push(item),
        }
        self.send_alone();
    }

    fn send_alone(&mut self) {
        if let (Phase::Running, Some(order)) = (&self.phase, &mut self.order)
            && order.is_alone()
        {
            order.send_alone(&mut self.queue, &self.config);
            self.deliver();
        }
    }

    /// Says goodbye: the others needn't wait for it.
    pub fn leave(&mut self, cx: &mut Context<'_, TokenRing>) {
        let members: Vec<NodeId> = self.members().to_vec();
        let mut join =
            gather::Gather::new(self.me, true, members.iter().copied()).join(self.number, false);
        join.failed = Arc::new([self.me]);
        for &member in members.iter().filter(|&&member| member != self.me) {
            cx.send(member, Message::Join(Box::new(join.clone())));
        }
        self.enter(Phase::Left);
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.turn = self.turn.wrapping_add(1);
        (self.handed, self.ahead) = (None, None);
    }

    /// A message from another daemon.
    pub fn on_message(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, TokenRing>) {
        if let Phase::Left = self.phase {
            return;
        }
        match message {
            Message::Packet { packet, .. } => self.on_packet(packet, cx),
            Message::Token(token) => self.on_token(from, *token, cx),
            Message::Took(ring, visit) => self.on_took(ring, visit, cx),
            Message::Join(join) => self.on_join(from, &join, cx),
            Message::Commit(commit) => self.on_commit(from, *commit, cx),
            Message::Want(ring, seqs) => self.on_want(from, ring, &seqs, cx),
            Message::Probe(ring) => self.on_probe(from, ring, cx),
        }
    }

    /// A timer fired.
    pub fn on_due(&mut self, due: Due, cx: &mut Context<'_, TokenRing>) {
        match due {
            Due::Token => self.on_token_due(cx),
            Due::Merge => self.on_merge_due(cx),
            Due::Hand(hands) => self.on_hand_due(hands, cx),
            Due::Late(visit) => {
                if let Some(token) = self.ahead.take_if(|token| token.visit == visit) {
                    self.visit(token, cx);
                }
            }
            Due::Join(turn) if turn == self.turn => self.on_join_due(cx),
            Due::Consensus(turn) if turn == self.turn => self.on_consensus_due(cx),
            Due::Lacks(turn) if turn == self.turn => self.on_lacks_due(cx),
            Due::Join(_) | Due::Consensus(_) | Due::Lacks(_) => {}
        }
    }

    // The ring that works.

    fn on_packet(&mut self, packet: Packet, cx: &mut Context<'_, TokenRing>) {
        let (ring, seq) = (packet.ring, packet.seq);
        if let Some(order) = self.order.as_mut().filter(|order| order.ring == ring) {
            order.put(packet);
            match self.phase {
                Phase::Running => {
                    self.seen = cx.now();
                    if let Some(token) = self.ahead.take_if(|token| !order.is_ahead(token)) {
                        return self.visit(token, cx);
                    }
                    self.deliver();
                }
                Phase::Committing(_) => self.on_recovered(seq, cx),
                Phase::Joining(_) | Phase::Left => {}
            }
        } else if self.is_being_made(ring) && self.early.len() < EARLY {
            self.early.push(packet);
        }
    }

    fn on_token(&mut self, from: NodeId, token: Token, cx: &mut Context<'_, TokenRing>) {
        let (Phase::Running, Some(order)) = (&self.phase, &self.order) else { return };
        if order.ring != token.ring {
            return;
        }
        cx.send(from, Message::Took(token.ring, token.visit));
        let held = self.ahead.as_ref().map_or(0, |held| held.visit);
        if order.is_repeat(&token) || token.visit <= held {
            return;
        }
        self.seen = cx.now();
        if order.is_ahead(&token) && self.config.reorder_wait > Span::ZERO {
            cx.arm(Due::Late(token.visit), self.config.reorder_wait);
            self.ahead = Some(token);
        } else {
            self.visit(token, cx);
        }
    }

    /// The first token of a ring that this daemon has made.
    fn begin_token(&mut self, visit: u32, cx: &mut Context<'_, TokenRing>) {
        if let Some(ring) = self.id() {
            self.visit(Token::new(ring, visit), cx);
        }
    }

    /// This daemon has the token.
    fn visit(&mut self, token: Token, cx: &mut Context<'_, TokenRing>) {
        self.seen = cx.now();
        let Some(order) = &mut self.order else { return };
        if order.is_alone() {
            return self.send_alone();
        }
        let visit = order.on_token(token, &mut self.queue, &self.config);
        let (members, to) = (order.members.clone(), order.successor());
        for (to, packet) in visit.again {
            let known = packet.is_known_to(to);
            cx.send(to, Message::Packet { packet, known, again: true });
        }
        for packet in visit.new {
            for &to in members.iter().filter(|&&to| to != self.me) {
                let (packet, known) = (packet.clone(), packet.is_known_to(to));
                cx.send(to, Message::Packet { packet, known, again: false });
            }
        }
        self.hand(to, Message::Token(Box::new(visit.token)), cx);
        self.deliver();
    }

    fn deliver(&mut self) {
        let Some(order) = &mut self.order else { return };
        while let Some(packet) = order.take(self.config.delivery) {
            self.events.push(Event::Deliver(packet));
        }
    }

    fn on_token_due(&mut self, cx: &mut Context<'_, TokenRing>) {
        let members = match &self.phase {
            Phase::Running => self.members().len(),
            Phase::Committing(committing) => committing.commit.members.len(),
            Phase::Joining(_) | Phase::Left => 0,
        };
        let patience = self.config.patience(members);
        let waited = cx.now().since(self.seen);
        let lost = members > 1 && waited >= patience;
        if lost {
            self.look(None, cx);
        }
        let left = if lost || members <= 1 { patience } else { patience.less(waited) };
        cx.arm(Due::Token, left.max(Span::from_nanos(1)));
    }

    /// A daemon that was left out, perhaps because the network was cut, may be there all the same.
    fn on_merge_due(&mut self, cx: &mut Context<'_, TokenRing>) {
        cx.arm(Due::Merge, self.config.merge_interval);
        if let (Phase::Running, Some(ring)) = (&self.phase, self.id())
            && let Some(&lost) = cx.rng().pick(&self.lost)
        {
            cx.send(lost, Message::Probe(ring));
        }
    }
}

impl From<Message> for super::Message {
    fn from(message: Message) -> Self {
        Self::Ring(message)
    }
}

impl Digestible for Due {
    fn digest(&self, hasher: &mut Hasher) {
        match *self {
            Self::Token => hasher.word(0),
            Self::Hand(turn) => (1_u8, turn).digest(hasher),
            Self::Join(turn) => (2_u8, turn).digest(hasher),
            Self::Consensus(turn) => (3_u8, turn).digest(hasher),
            Self::Lacks(turn) => (4_u8, turn).digest(hasher),
            Self::Merge => hasher.word(5),
            Self::Late(visit) => (6_u8, visit).digest(hasher),
        }
    }
}

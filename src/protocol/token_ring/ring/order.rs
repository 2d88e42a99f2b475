//! The order of one ring (Amir, Moser, Melliar-Smith, Agarwal, Ciarfella 1995, section 4): who has
//! the token numbers packets and sends them, asks for those that it lacks, and says up to where it
//! has all. A pure function of packets and tokens; `mod.rs` sends.

use super::queue::Queue;
use super::token::{Info, Packet, RingId, Token};
use crate::node::NodeId;
use crate::protocol::token_ring::config::{Config, Delivery};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Packets that not every member has, at most, in windows: no more are sent then.
const UNSAFE_WINDOWS: u32 = 16;

/// What a daemon does while it has the token.
#[derive(Debug)]
pub(super) struct Visit {
    /// Sent again, to those that lack them.
    pub again: Vec<(NodeId, Packet)>,
    /// Sent for the first time, to all.
    pub new: Vec<Packet>,
    /// Handed on.
    pub token: Token,
}

/// One member's part in a ring's order.
#[derive(Debug)]
pub(super) struct Order {
    pub ring: RingId,
    pub members: Arc<[NodeId]>,
    me: NodeId,
    /// Packets that somebody may lack, or that aren't delivered yet.
    kept: BTreeMap<u32, Packet>,
    /// All received up to.
    aru: u32,
    /// Every member has all up to.
    safe: u32,
    delivered: u32,
    /// The token's last visit here, what it said when it came and when it was handed on.
    visit: u32,
    seen: u32,
    handed_on: Option<u32>,
    /// Packets sent in that visit, and that waited after it.
    sent: u32,
    backlog: u32,
}

impl Order {
    /// A ring begins; its first token will come with a visit above `visit`.
    pub fn new(ring: RingId, members: Arc<[NodeId]>, me: NodeId, visit: u32) -> Self {
        Self {
            ring,
            members,
            me,
            kept: BTreeMap::new(),
            aru: 0,
            safe: 0,
            delivered: 0,
            visit,
            seen: 0,
            handed_on: None,
            sent: 0,
            backlog: 0,
        }
    }

    /// Who gets the token next.
    pub fn successor(&self) -> NodeId {
        let place = self.members.iter().position(|&member| member == self.me);
        place.map_or(self.me, |place| self.members[(place + 1) % self.members.len()])
    }

    /// Whether this daemon is the only member: there is nobody to hand a token to.
    pub fn is_alone(&self) -> bool {
        self.members.len() <= 1
    }

    /// The token's last visit here.
    pub const fn visit(&self) -> u32 {
        self.visit
    }

    /// How many packets are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    fn has(&self, seq: u32) -> bool {
        seq <= self.aru || self.kept.contains_key(&seq)
    }

    /// A packet comes. O(log kept).
    pub fn put(&mut self, packet: Packet) {
        if !self.has(packet.seq) {
            self.kept.insert(packet.seq, packet);
            while self.kept.contains_key(&(self.aru + 1)) {
                self.aru += 1;
            }
        }
    }

    /// What this member has, for those of a ring to be.
    pub fn info(&self, lineage: Option<RingId>) -> Info {
        let beyond = self.kept.range(self.aru + 1..).map(|(&seq, _)| seq).collect();
        Info { old: Some(self.ring), lineage, aru: self.aru, beyond }
    }

    /// A packet that is kept.
    pub fn kept(&self, seq: u32) -> Option<&Packet> {
        self.kept.get(&seq)
    }

    /// The token comes, not for the first time in this visit.
    pub fn is_repeat(&self, token: &Token) -> bool {
        token.visit <= self.visit
    }

    /// Whether the token may have overtaken packets: some that were sent since it was here last
    /// aren't here.
    pub fn is_ahead(&self, token: &Token) -> bool {
        (self.seen.max(self.aru) + 1..=token.seq).any(|seq| !self.has(seq))
    }

    /// The token comes: sends what waits in `queue`, as far as the windows allow.
    pub fn on_token(&mut self, token: Token, queue: &mut Queue, config: &Config) -> Visit {
        let Token { seq: seq_before, aru: aru_before, .. } = token;
        (self.visit, self.seen) = (token.visit, seq_before);
        if let Some(handed_on) = self.handed_on {
            // Nobody has lowered it since: everybody has had a look.
            self.safe = self.safe.max(handed_on.min(aru_before));
        }
        let had_all = self.aru >= seq_before;
        let mut token = token;
        let again = self.send_again(&mut token, config);
        let room = self.room(&token, again.len() as u32, queue, config);
        let new = self.send_new(&mut token, queue, room, config);
        let sent = (again.len() + new.len()) as u32;
        token.sent = token.sent.saturating_sub(self.sent) + sent;
        self.sent = sent;
        let backlog = queue.packets(config.packet);
        token.backlog = token.backlog.saturating_sub(self.backlog) + backlog;
        self.backlog = backlog;
        self.ask(&mut token, seq_before, config);
        let all_had_all = aru_before == seq_before && token.lowered_by.is_none();
        if self.aru < token.aru {
            (token.aru, token.lowered_by) = (self.aru, Some(self.me));
        } else if token.lowered_by == Some(self.me) {
            token.aru = self.aru;
            token.lowered_by = (self.aru < token.seq).then_some(self.me);
        } else if all_had_all && had_all {
            token.aru = token.seq;
        }
        self.handed_on = Some(token.aru);
        token.visit += 1;
        self.forget();
        Visit { again, new, token }
    }

    /// Sends what others lack and this member has.
    fn send_again(&self, token: &mut Token, config: &Config) -> Vec<(NodeId, Packet)> {
        let mut again = Vec::new();
        token.wanted.retain(|&(seq, lacks)| {
            let packet =
                self.kept.get(&seq).filter(|_| again.len() < config.personal_window as usize);
            if let Some(packet) = packet {
                again.push((lacks, packet.clone()));
            }
            packet.is_none()
        });
        again
    }

    /// How many new packets may be sent: each member's share of the window is as its share of what
    /// waits, and never less than one.
    fn room(&self, token: &Token, again: u32, queue: &Queue, config: &Config) -> u32 {
        let mine = queue.packets(config.packet);
        let all = (token.backlog.saturating_sub(self.backlog) + mine).max(1);
        let share = u64::from(config.window) * u64::from(mine) / u64::from(all);
        let others = token.sent.saturating_sub(self.sent);
        let room = config.window.saturating_sub(others).min(share as u32).max(1);
        let room = room.min(config.personal_window).saturating_sub(again);
        let not_safe = (token.seq - token.aru) + again;
        room.min(config.window.saturating_mul(UNSAFE_WINDOWS).saturating_sub(not_safe))
    }

    fn send_new(
        &mut self,
        token: &mut Token,
        queue: &mut Queue,
        room: u32,
        config: &Config,
    ) -> Vec<Packet> {
        let mut new = Vec::new();
        while (new.len() as u32) < room && !queue.is_empty() {
            token.seq += 1;
            let items = queue.pack(config.packet);
            let packet = Packet { ring: self.ring, seq: token.seq, sender: self.me, items };
            new.push(packet.clone());
            self.put(packet);
        }
        new
    }

    /// Asks for what was sent before the token came and isn't here.
    fn ask(&self, token: &mut Token, seq: u32, config: &Config) {
        let lacking = (self.aru + 1..=seq).filter(|&seq| !self.has(seq));
        for seq in lacking.take(config.personal_window as usize) {
            if !token.wanted.contains(&(seq, self.me)) {
                token.wanted.push((seq, self.me));
            }
        }
    }

    /// The next packet that may be handed to clients.
    pub fn take(&mut self, delivery: Delivery) -> Option<Packet> {
        let end = match delivery {
            Delivery::Safe => self.safe.min(self.aru),
            Delivery::Agreed => self.aru,
        };
        let packet =
            (self.delivered < end).then(|| self.kept.get(&(self.delivered + 1)).cloned())?;
        self.delivered += 1;
        packet
    }

    /// Alone in a ring, everything is safe at once.
    pub fn send_alone(&mut self, queue: &mut Queue, config: &Config) {
        while !queue.is_empty() {
            let items = queue.pack(config.packet);
            let (ring, seq) = (self.ring, self.aru + 1);
            self.put(Packet { ring, seq, sender: self.me, items });
            self.safe = self.aru;
        }
        self.forget();
    }

    /// Forgets what every member has, once it is delivered.
    fn forget(&mut self) {
        let end = self.safe.min(self.delivered);
        while self.kept.first_key_value().is_some_and(|(&seq, _)| seq <= end) {
            self.kept.pop_first();
        }
    }

    /// The ring is over, and those who go on together have made sure that each has what any of them
    /// has: all packets up to `floor`, and those `at_hand` behind it. These are delivered, up to the
    /// first that nobody has. What comes behind that one may follow from it; and whoever has it may
    /// have gone another way, and deliver these behind it. (Totem delivers of them those that were
    /// sent by members that go on; here these put theirs into the next order again, so that no command
    /// has two outcomes.) What is delivered, and what this member has to put in again.
    pub fn finish(mut self, floor: u32, at_hand: &BTreeSet<u32>) -> (Vec<Packet>, Vec<Packet>) {
        let (mut rest, mut again) = (Vec::new(), Vec::new());
        for (seq, packet) in std::mem::take(&mut self.kept) {
            let has_all = seq <= floor || at_hand.contains(&seq);
            if has_all && seq == self.delivered + 1 {
                self.delivered = seq;
                rest.push(packet);
            } else if seq > self.delivered && packet.sender == self.me {
                again.push(packet);
            }
        }
        (rest, again)
    }
}

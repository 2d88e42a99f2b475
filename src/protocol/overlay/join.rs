//! Joining (CLIPPEE 2): route to one's own id through a contact; the peers on the way send rows of
//! their tables, the root its leaf set; ask all future leaves for theirs; then announce oneself to
//! leaves and table entries.
//!
//! A peer that is joining itself keeps other joiners' requests until it has joined, so that a
//! thousand peers that start at once join in a few rounds. If everybody waits for each other,
//! nobody having joined, the one with the smallest id among its contacts begins the ring
//! (maintenance would mend it, should there be another after all).

use super::maintenance::Contact;
use super::message::{Message, Purpose, Route, Stage, Timer};
use super::node::{Host, Io, Notice, Overlay, Standing};
use super::probe::Why;
use super::table::Table;
use crate::node::{NodeId, Span};

/// Joiners whose requests wait here.
pub(super) const BOUND: usize = 64;
/// Peers heard of on the way, for the routing table.
const MOST_CANDIDATES: usize = 512;
/// How long a contact may take to take the request.
const PATIENCE: Span = Span::from_secs(1);
/// How long the root's answer may take after that.
const PATIENCE_ROOT: Span = Span::from_secs(4);
/// How long future leaves may take to answer, if at least one has.
const PATIENCE_LEAVES: Span = Span::from_secs(1);
/// So many tries that ended waiting at a joining peer mean that nobody has joined.
const STALEMATE: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A contact was asked.
    Asked,
    /// It has taken the request, in time.
    Taken,
    /// Now the root has its own time to answer.
    OnTheWay,
    /// The future leaves were asked.
    Settling,
}

/// What a peer remembers while it joins.
#[derive(Debug)]
pub(super) struct Joining {
    phase: Phase,
    /// Names the step under way: timers of earlier ones mean nothing.
    step: u32,
    /// Tries so far.
    tries: usize,
    /// The number of the request's first hop.
    hop: u32,
    /// [`Route::token`] of all tries.
    token: u32,
    /// The last try waits at a contact that is joining itself.
    held: bool,
    /// Tries in a row that ended so.
    stalled: u32,
    /// One of those contacts has a smaller id.
    yields: bool,
    candidates: Vec<NodeId>,
    waiting: Vec<Route>,
}

impl Joining {
    /// How many joiners wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Overlay {
    pub(super) fn begin_joining<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        if self.contacts.is_empty() {
            self.finish_joining(io);
            return;
        }
        let token = self.number();
        self.joining = Some(Box::new(Joining {
            phase: Phase::Asked,
            step: 0,
            tries: 0,
            hop: 0,
            token,
            held: false,
            stalled: 0,
            yields: false,
            candidates: Vec::new(),
            waiting: Vec::new(),
        }));
        self.ask_contact(io);
    }

    /// Sends the request to the next contact.
    fn ask_contact<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        let (key, origin, hop) = (self.key, self.id, self.number());
        let Some(joining) = self.joining.as_deref_mut() else { return };
        let contact = self.contacts[joining.tries % self.contacts.len()].node;
        joining.tries += 1;
        (joining.phase, joining.hop, joining.held) = (Phase::Asked, hop, false);
        let (token, purpose) = (joining.token, Purpose::Join);
        io.cx.send(contact, Message::Route(Route { key, origin, token, hop, hops: 1, purpose }));
        joining.step += 1;
        io.cx.arm(Timer::Join(joining.step), PATIENCE);
    }

    /// Someone takes this peer for a member, and it isn't one. If all contacts have been asked in
    /// vain, the next of them gives its place to one who is a member itself, and up.
    pub(super) fn turn_away<H: Host>(
        &mut self,
        asker: NodeId,
        is_member: bool,
        io: &mut Io<'_, '_, H>,
    ) {
        io.cx.send(asker, Message::Goodbye { leaves: Box::default() });
        let Some(joining) = self.joining.as_deref() else { return };
        let (tries, contacts) = (joining.tries, &mut self.contacts);
        let in_vain = joining.phase == Phase::Asked && tries >= contacts.len();
        if is_member && in_vain && contacts.iter().all(|contact| contact.node != asker) {
            contacts[tries % contacts.len()] = Contact::new(asker);
        }
    }

    /// A contact has taken the request, if `hop` names it.
    pub(super) fn join_accepted(&mut self, from: NodeId, hop: u32, held: bool) {
        let Some(joining) = self.joining.as_deref_mut() else { return };
        if joining.hop != hop || joining.phase != Phase::Asked {
            return;
        }
        (joining.phase, joining.held) = (Phase::Taken, held);
        if held {
            joining.yields |= self.world.id(from) < self.key;
        } else {
            joining.stalled = 0;
        }
    }

    /// A step of joining took its time.
    pub(super) fn on_join_timeout<H: Host>(&mut self, step: u32, io: &mut Io<'_, '_, H>) {
        let Some(joining) = self.joining.as_deref_mut() else { return };
        if joining.step != step {
            return;
        }
        match joining.phase {
            Phase::Asked => self.ask_contact(io),
            Phase::Taken => {
                joining.phase = Phase::OnTheWay;
                io.cx.arm(Timer::Join(step), PATIENCE_ROOT);
            }
            Phase::OnTheWay => self.root_is_silent(io),
            Phase::Settling if self.leaves.is_empty() => self.ask_contact(io),
            Phase::Settling => self.finish_joining(io),
        }
    }

    fn root_is_silent<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        let Some(joining) = self.joining.as_deref_mut() else { return };
        joining.stalled += u32::from(joining.held);
        if joining.stalled >= STALEMATE && !joining.yields {
            self.distrust_contacts();
            self.finish_joining(io);
        } else {
            self.ask_contact(io);
        }
    }

    /// Keeps another joiner's request until this peer has joined. Returns whether there was room.
    pub(super) fn hold(&mut self, route: Route) -> bool {
        let Some(joining) = self.joining.as_deref_mut() else { return false };
        if joining.waiting.iter().any(|waiting| waiting.origin == route.origin) {
            return true;
        }
        let room = joining.waiting.len() < BOUND;
        if room {
            joining.waiting.push(route);
        }
        room
    }

    /// Sends a joiner the rows that it can use: those of as many shared digits as the hops before
    /// may not have served.
    pub(super) fn send_rows<H: Host>(&self, route: &Route, io: &mut Io<'_, '_, H>) {
        let last = self.table.row_of(route.key);
        let first = last.min(u32::from(route.hops.saturating_sub(1)));
        let rows = (first..=last).flat_map(|row| self.table.row(row));
        let entries = rows.filter(|&peer| peer != route.origin).collect();
        io.cx.send(route.origin, Message::Rows { entries });
    }

    /// Rows came while joining: they are looked at when it is done.
    pub(super) fn note_candidates(&mut self, from: NodeId, entries: &[NodeId]) {
        let Some(joining) = self.joining.as_deref_mut() else { return };
        for &peer in entries.iter().chain([&from]) {
            if joining.candidates.len() < MOST_CANDIDATES && peer != self.id {
                joining.candidates.push(peer);
            }
        }
    }

    /// The root of this peer's own id has answered: its leaves and it are asked for their leaf
    /// sets.
    pub(super) fn join_at<H: Host>(
        &mut self,
        root: NodeId,
        token: u32,
        leaves: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        let Some(joining) = self.joining.as_deref_mut() else { return };
        if joining.token != token || joining.phase == Phase::Settling {
            return;
        }
        joining.phase = Phase::Settling;
        joining.step += 1;
        io.cx.arm(Timer::Join(joining.step), PATIENCE_LEAVES);
        self.probe(root, Why::Exchange(Stage::Joining), io);
        self.hear_of(leaves, io);
    }

    /// Ends the joining, if all that were asked have answered or been given up.
    pub(super) fn settle<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        let settling = self.joining.as_ref().is_some_and(|j| j.phase == Phase::Settling);
        let asked = |why| why == Why::Exchange(Stage::Joining);
        if settling && !self.leaves.is_empty() && !self.probes.iter().any(|p| asked(p.why)) {
            self.leaves.take_stock();
            self.finish_joining(io);
        }
    }

    /// The peer is a member from now on: it announces itself and serves those who waited.
    fn finish_joining<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        self.standing = Standing::Joined;
        io.notices.push(Notice::Joined);
        for position in 0..self.leaves.len() {
            if let Some(leaf) = self.leaves.at(position) {
                self.table.offer(leaf.key, leaf.node, |_| false);
                self.probe(leaf.node, Why::Exchange(Stage::Member), io);
            }
        }
        if let Some(joining) = self.joining.take() {
            self.announce_to_table(&joining.candidates, io);
            for route in joining.waiting {
                self.pass_on(route, io);
            }
        }
        self.send_waiting_lookups(io);
    }

    /// Pings the first candidate for each empty cell: whoever answers enters, and has heard of this
    /// peer.
    fn announce_to_table<H: Host>(&mut self, candidates: &[NodeId], io: &mut Io<'_, '_, H>) {
        let (now, interval) = (io.cx.now(), self.config.maintenance_interval);
        let mut asked = Table::new(self.key, self.config.digit_bits);
        for &peer in candidates {
            let key = self.world.id(peer);
            let empty = self.table.towards(key).is_none();
            let barred = self.dropped.bars(peer, now, interval);
            if empty && !barred && asked.offer(key, peer, |_| false) {
                self.probe(peer, Why::Entry, io);
            }
        }
    }
}

//! Asking one peer whether it is there, or for its leaf set, and what its silence means.

use super::forward::MOST_PATIENCE;
use super::message::{Message, Stage, Timer};
use super::node::{Host, Io, Overlay, Standing};
use crate::node::{NodeId, Time, TimerId};

/// Probes of one peer at a time; further ones wait for the next maintenance.
pub(super) const BOUND: usize = 256;
/// Sends before a peer counts as dead.
const TRIES: u8 = 3;
/// Sends before a joiner goes on without a peer that it knows by hearsay only.
const TRIES_WHILE_JOINING: u8 = 2;

/// Why a peer is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is a leaf that hasn't been heard from, or one by hearsay.
    Leaf,
    /// It is in the routing table, or might be.
    Entry,
    /// It was dropped: perhaps it is back.
    Return,
    /// It was a contact at boot.
    Contact,
    /// Leaf sets shall be exchanged.
    Exchange(Stage),
}

/// A probe that waits for its answer; at most one a peer.
#[derive(Debug)]
pub(super) struct Probe {
    pub node: NodeId,
    pub why: Why,
    sequence: u32,
    tries: u8,
    /// It was silent once already, so that nothing is routed through it meanwhile.
    suspect: bool,
    sent: Time,
    timer: TimerId,
}

impl Overlay {
    /// Whether nothing should be routed through `node` for now.
    pub(super) fn is_suspect(&self, node: NodeId) -> bool {
        self.probes.iter().any(|probe| probe.node == node && probe.suspect)
    }

    /// `node` was silent: it is probed, and bypassed meanwhile.
    pub(super) fn suspect<H: Host>(&mut self, node: NodeId, io: &mut Io<'_, '_, H>) {
        let why = if self.leaves.contains(node) { Why::Leaf } else { Why::Entry };
        self.probe(node, why, io);
        if let Some(probe) = self.probes.iter_mut().find(|probe| probe.node == node) {
            probe.suspect = true;
            if matches!(probe.why, Why::Return | Why::Contact) {
                // It is in use after all: its silence has to have consequences.
                probe.why = why;
            }
        }
    }

    /// Probes `node`, unless that is under way. An exchange takes the place of a mere ping.
    pub(super) fn probe<H: Host>(&mut self, node: NodeId, why: Why, io: &mut Io<'_, '_, H>) {
        let mut suspect = false;
        if let Some(index) = self.probes.iter().position(|probe| probe.node == node) {
            let is_exchange = |why| matches!(why, Why::Exchange(_));
            let mends = why == Why::Exchange(Stage::Mending) && self.probes[index].why != why;
            if !mends && (!is_exchange(why) || is_exchange(self.probes[index].why)) {
                return;
            }
            suspect = self.end_probe(index, io).suspect;
        }
        if node == self.id || self.probes.len() >= BOUND {
            return;
        }
        let sequence = self.number();
        let timer = io.cx.arm(Timer::Probe(sequence), self.trips.timeout(node));
        let sent = io.cx.now();
        self.probes.push(Probe { node, why, sequence, tries: 1, suspect, sent, timer });
        self.send_probe(node, why, sequence, io);
    }

    fn send_probe<H: Host>(&self, node: NodeId, why: Why, sequence: u32, io: &mut Io<'_, '_, H>) {
        let message = match why {
            Why::Exchange(stage) => {
                Message::Exchange { sequence, stage, leaves: self.leaves.nodes() }
            }
            _ => Message::Ping { sequence, leaf: why == Why::Leaf },
        };
        io.cx.send(node, message);
    }

    /// Takes a probe out.
    pub(super) fn end_probe<H: Host>(&mut self, index: usize, io: &mut Io<'_, '_, H>) -> Probe {
        let probe = self.probes.swap_remove(index);
        io.cx.disarm(probe.timer);
        probe
    }

    /// The probe that this answers, taken out, its round trip measured. `None`: an answer too late.
    pub(super) fn answered<H: Host>(
        &mut self,
        from: NodeId,
        sequence: u32,
        io: &mut Io<'_, '_, H>,
    ) -> Option<Why> {
        let matches = |probe: &Probe| probe.node == from && probe.sequence == sequence;
        let index = self.probes.iter().position(matches)?;
        let probe = self.end_probe(index, io);
        if probe.tries == 1 {
            let now = io.cx.now();
            self.trips.sample(from, now.since(probe.sent), now);
        }
        Some(probe.why)
    }

    /// A probe wasn't answered in time.
    pub(super) fn on_probe_timeout<H: Host>(&mut self, sequence: u32, io: &mut Io<'_, '_, H>) {
        let Some(index) = self.probes.iter().position(|probe| probe.sequence == sequence) else {
            return;
        };
        let (node, why) = (self.probes[index].node, self.probes[index].why);
        let most = match why {
            Why::Return | Why::Contact => 1,
            Why::Exchange(Stage::Joining) => TRIES_WHILE_JOINING,
            Why::Leaf | Why::Entry | Why::Exchange(_) => TRIES,
        };
        if self.probes[index].tries >= most {
            self.probes.swap_remove(index);
            self.unanswered(node, why, io);
            return;
        }
        let patience = self.trips.timeout(node).times(1 << self.probes[index].tries);
        let timer = io.cx.arm(Timer::Probe(sequence), patience.min(MOST_PATIENCE));
        let probe = &mut self.probes[index];
        (probe.timer, probe.suspect) = (timer, true);
        probe.tries += 1;
        self.send_probe(node, why, sequence, io);
    }

    fn unanswered<H: Host>(&mut self, node: NodeId, why: Why, io: &mut Io<'_, '_, H>) {
        match why {
            Why::Return => {}
            Why::Contact => {
                self.contact_answers(node, false);
            }
            Why::Leaf | Why::Entry | Why::Exchange(_) => self.part_with(node, false, io),
        }
        self.settle(io);
    }

    /// Someone asks whether this peer is there.
    pub(super) fn on_ping<H: Host>(
        &mut self,
        from: NodeId,
        sequence: u32,
        leaf: bool,
        io: &mut Io<'_, '_, H>,
    ) {
        if self.standing != Standing::Joined {
            self.turn_away(from, true, io);
            return;
        }
        io.cx.send(from, Message::Pong { sequence });
        self.meet(from, leaf, io);
    }

    /// A probed peer is there.
    pub(super) fn on_pong<H: Host>(&mut self, from: NodeId, sequence: u32, io: &mut Io<'_, '_, H>) {
        let why = self.answered(from, sequence, io);
        if self.standing != Standing::Joined {
            return;
        }
        let back = match why {
            Some(Why::Return) => true,
            Some(Why::Contact) => !self.contact_answers(from, true) || self.leaves.is_empty(),
            Some(Why::Leaf | Why::Entry | Why::Exchange(_)) | None => false,
        };
        self.meet(from, why == Some(Why::Leaf), io);
        if back {
            self.probe(from, Why::Exchange(Stage::Mending), io);
        }
    }
}

//! What a peer does each interval to keep its tables true (CLIPPEE 2).
//!
//! In one interval a peer exchanges leaf sets with both direct neighbours and one random leaf,
//! pings the leaves it hasn't heard from, probes one row of its table and asks one peer in it for
//! the same row, asks after up to three dropped peers and after one of its contacts at boot.

use super::message::{Message, Stage, Timer};
use super::node::{Host, Io, Overlay, Standing};
use super::probe::Why;
use crate::node::{NodeId, Span};

/// Peers of a row received that are pinged, at most, because they might be nearer than the ones
/// there.
const TRIALS: usize = 4;

/// A contact at boot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    pub node: NodeId,
    answers: bool,
}

impl Contact {
    pub fn new(node: NodeId) -> Self {
        Self { node, answers: true }
    }
}

impl Overlay {
    /// Arms the first interval with a random phase, so that peers that booted together don't keep
    /// step.
    pub(super) fn arm_first_maintenance<H: Host>(&self, io: &mut Io<'_, '_, H>) {
        let interval = self.config.maintenance_interval;
        if !interval.is_never() {
            let phase = 1 + io.cx.rng().below(interval.nanos().max(1));
            io.cx.arm(Timer::Maintain, Span::from_nanos(phase));
        }
    }

    /// One interval is over.
    pub(super) fn maintain<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        if self.standing == Standing::Leaving {
            return;
        }
        io.cx.arm(Timer::Maintain, self.config.maintenance_interval);
        if self.standing == Standing::Joining {
            return;
        }
        self.maintain_leaves(io);
        self.maintain_table(io);
        let world = &self.world;
        let absent = self.dropped.to_probe(self.key, |node| world.id(node), io.cx.rng());
        for peer in absent.into_iter().flatten() {
            self.probe(peer, Why::Return, io);
        }
        if !self.contacts.is_empty() {
            let contact = self.contacts[self.round as usize % self.contacts.len()];
            self.probe(contact.node, Why::Contact, io);
        }
        self.round = self.round.wrapping_add(1);
    }

    fn maintain_leaves<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        let [above, below] = self.leaves.neighbours();
        let random = match self.leaves.len() as u64 {
            0 => None,
            count => self.leaves.at(io.cx.rng().below(count) as usize).map(|leaf| leaf.node),
        };
        for peer in [above, below, random].into_iter().flatten() {
            self.probe(peer, Why::Exchange(Stage::Member), io);
        }
        for position in 0..self.leaves.len() {
            if let Some(leaf) = self.leaves.at(position).filter(|leaf| !leaf.heard) {
                self.probe(leaf.node, Why::Leaf, io);
            }
        }
        if self.leaves.begin_interval() {
            // Nobody came or went, but this peer answers for more keys now.
            self.leaves_changed(io);
        }
        if self.leaves.is_lopsided()
            && let Some(peer) = self.acquaintance(io.cx)
        {
            // A whole side was lost, or there never was one: whoever is there can be routed to.
            self.route_home_through(peer, io);
        }
    }

    fn maintain_table<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        let Some(row) = self.round.checked_rem(self.table.rows()) else { return };
        let entries: Vec<NodeId> = self.table.row(row).collect();
        for &peer in &entries {
            if !self.leaves.contains(peer) {
                self.probe(peer, Why::Entry, io);
            }
        }
        if let Some(&peer) = io.cx.rng().pick(&entries) {
            // At most 64 rows exist.
            io.cx.send(peer, Message::RowRequest { row: row as u8 });
        }
    }

    /// A contact at boot answers, or doesn't. Returns whether it did the last time.
    pub(super) fn contact_answers(&mut self, node: NodeId, answers: bool) -> bool {
        let contact = self.contacts.iter_mut().find(|contact| contact.node == node);
        contact.is_none_or(|contact| std::mem::replace(&mut contact.answers, answers))
    }

    /// Nobody answers: this peer has begun a ring of its own. Whoever answers later may be part of
    /// another.
    pub(super) fn distrust_contacts(&mut self) {
        self.contacts.iter_mut().for_each(|contact| contact.answers = false);
    }

    /// Someone wants a row of this peer's table.
    pub(super) fn on_row_request<H: Host>(
        &mut self,
        from: NodeId,
        row: u8,
        io: &mut Io<'_, '_, H>,
    ) {
        if self.standing == Standing::Joined {
            let entries = self.table.row(u32::from(row)).filter(|&peer| peer != from).collect();
            io.cx.send(from, Message::Rows { entries });
            self.meet(from, false, io);
        }
    }

    /// A member sends entries of its table: they fill empty cells, and a few of the others are
    /// compared with the entries here. All enter only when they answer.
    pub(super) fn on_rows<H: Host>(
        &mut self,
        from: NodeId,
        entries: &[NodeId],
        io: &mut Io<'_, '_, H>,
    ) {
        if self.standing == Standing::Joining {
            self.note_candidates(from, entries);
            return;
        }
        self.meet(from, false, io);
        let (now, interval) = (io.cx.now(), self.config.maintenance_interval);
        let mut trials = 0;
        for &peer in entries {
            let entry = self.table.towards(self.world.id(peer));
            let known = peer == self.id || entry == Some(peer);
            if known || self.dropped.bars(peer, now, interval) {
                continue;
            }
            if entry.is_some() {
                // Measured and not taken before, or enough for this time.
                if self.trips.mean(peer).is_some() || trials >= TRIALS {
                    continue;
                }
                trials += 1;
            }
            self.probe(peer, Why::Entry, io);
        }
    }
}

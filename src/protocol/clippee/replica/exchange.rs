//! How replicas keep their rolls of a group alike, and hand them on (CLIPPEE 7).
//!
//! Rolls merge in any order (`groups/roll.rs`), so nothing here is ever in conflict, and a lost or
//! repeated message does no harm: the next comparison finds what is lacking.
//!
//! - Each repair interval a peer sends each neighbour a hash for each group that both are
//!   responsible for. One with another hash answers with its entries, and is told in turn what it
//!   lacks.
//! - Who is asked what it holds in a stretch of keys sends its rolls there before the list of
//!   copies, so that the asker knows them when it becomes ready.
//! - Who isn't responsible any more, or leaves, sends its rolls to those who are.

use super::message::{Message, PAGE, Told};
use super::neighbourhood::Neighbourhood;
use super::ring::Stretch;
use super::{Replica, ReplicaHost};
use crate::node::{Context, NodeId, ObjectId};
use std::collections::BTreeMap;

impl Replica {
    /// Tells `to` the rolls of a stretch. O(groups), and the rolls' sizes.
    pub(super) fn tell_rolls<H: ReplicaHost>(
        &self,
        to: NodeId,
        stretch: Stretch,
        cx: &mut Context<'_, H>,
    ) {
        for group in self.rolls.groups().filter(|&group| stretch.contains(self.key(group))) {
            self.tell_roll(to, group, false, cx);
        }
    }

    fn tell_roll<H: ReplicaHost>(
        &self,
        to: NodeId,
        group: ObjectId,
        ask: bool,
        cx: &mut Context<'_, H>,
    ) {
        let entries = self.rolls.told(group);
        cx.send(to, Message::Roll(Box::new(Told { group, entries, ask })));
    }

    /// The repair interval is over. O(groups * r), and the rolls' sizes.
    pub(super) fn compare_rolls<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        self.rolls.grow_older();
        let mut hashes: BTreeMap<NodeId, Vec<(ObjectId, u64)>> = BTreeMap::new();
        let (ours, others): (Vec<_>, Vec<_>) =
            self.rolls.groups().partition(|&group| self.is_responsible(group, overlay));
        for group in ours {
            let hash = self.rolls.hash(group);
            for peer in self.others(group, overlay) {
                hashes.entry(peer).or_default().push((group, hash));
            }
        }
        for (peer, hashes) in hashes {
            for hashes in hashes.chunks(PAGE) {
                cx.send(peer, Message::RollDigest(hashes.into()));
            }
        }
        for group in others {
            // Not acknowledged: the rest of the old set tells the new one the same.
            for peer in self.others(group, overlay) {
                self.tell_roll(peer, group, false, cx);
            }
            self.rolls.forget(group);
        }
    }

    /// A neighbour's hashes: it is told our entries where they differ.
    pub(super) fn on_roll_digest<H: ReplicaHost>(
        &self,
        from: NodeId,
        hashes: &[(ObjectId, u64)],
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        for &(group, hash) in hashes {
            if self.rolls.hash(group) != hash && self.is_responsible(group, overlay) {
                self.tell_roll(from, group, true, cx);
            }
        }
    }

    /// A peer tells what it knows of a group. One that isn't this peer's business is left alone.
    pub(super) fn on_roll<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        told: &Told,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let Told { group, entries, ask } = told;
        if !self.is_responsible(*group, overlay) {
            return;
        }
        for &entry in entries {
            self.rolls.take(*group, entry, cx);
        }
        // What is told here as news is newer than what the other has, so this comes to an end.
        let news = self.rolls.news(*group, entries, *ask);
        if !news.is_empty() {
            let told = Told { group: *group, entries: news, ask: false };
            cx.send(from, Message::Roll(Box::new(told)));
        }
    }

    /// The peer is leaving: those who stay, and those who come in, are told its rolls.
    pub(super) fn leave_rolls<H: ReplicaHost>(
        &self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        for group in self.rolls.groups() {
            let mut set = overlay.replicas(self.key(group), self.place.r + 1);
            set.retain(|&peer| peer != self.place.node);
            for peer in set.into_iter().take(self.place.r) {
                self.tell_roll(peer, group, false, cx);
            }
        }
    }
}

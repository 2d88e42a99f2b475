//! Periodic comparison of copies, and dropping of those that belong to others now (CLIPPEE 6).
//!
//! Each interval a peer sends every neighbour a short digest of the (object, version) pairs that
//! both are responsible for. One that finds another digest answers with its list, and both sides
//! get what is newer at the other: what the list lacks is offered, what is older there is sent,
//! what is newer there is fetched. Copies that this peer isn't responsible for are offered to all
//! who are, until r of them acknowledged a version at least as new.
//!
//! Objects in version 0 are held nowhere and never listed, so an untouched system sends next to
//! nothing. The cost of one interval is O(copies * r) steps and O(r) small messages, plus the
//! differences.

use super::message::{Entry, Message, PAGE, Page};
use super::neighbourhood::Neighbourhood;
use super::{Record, Replica, ReplicaHost};
use crate::node::{
    Bug, Context, Digestible, Hasher, NodeId, ObjectId, Observation, Version, planted,
};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A digest of (object, version) pairs while it is made.
#[derive(Default)]
struct Sum {
    objects: u32,
    hasher: Hasher,
}

impl Sum {
    fn take(&mut self, mut entry: Entry) {
        self.objects += 1;
        if planted(Bug::DigestWithoutVersions) {
            entry.version = Version::ZERO;
        }
        entry.digest(&mut self.hasher);
    }

    fn finish(&self) -> (u32, u64) {
        (self.objects, self.hasher.finish() as u64)
    }
}

impl Replica {
    /// The repair interval is over.
    pub(super) fn compare<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        if !overlay.is_joined() {
            return;
        }
        let me = self.place.node;
        let mut sums: BTreeMap<NodeId, Sum> = BTreeMap::new();
        let mut offers: BTreeMap<NodeId, Vec<Entry>> = BTreeMap::new();
        for (key, object, copy) in self.copies.iter() {
            let entry = Entry { object, version: copy.state.version };
            if copy.view.contains(&me) {
                for &peer in copy.view.iter().filter(|&&peer| peer != me) {
                    sums.entry(peer).or_default().take(entry);
                }
                continue;
            }
            let acked = self.departing.get(&object).map_or(&[][..], Vec::as_slice);
            for peer in overlay.replicas(key, self.place.r) {
                if peer != me && !acked.contains(&peer) {
                    offers.entry(peer).or_default().push(entry);
                }
            }
        }
        for (peer, sum) in sums {
            let (objects, hash) = sum.finish();
            cx.send(peer, Message::Digest { objects, hash });
        }
        for (peer, entries) in offers {
            send_offers(peer, &entries, cx);
        }
        self.compare_rolls(overlay, cx);
    }

    /// A neighbour's digest: answered with a list where it differs.
    pub(super) fn on_digest<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        theirs: (u32, u64),
        cx: &mut Context<'_, H>,
    ) {
        let me = self.place.node;
        let shared = |view: &[NodeId]| view.contains(&me) && view.contains(&from);
        let mut ours = Sum::default();
        for (_, object, copy) in self.copies.iter().filter(|(_, _, copy)| shared(&copy.view)) {
            ours.take(Entry { object, version: copy.state.version });
        }
        if ours.finish() == theirs {
            return;
        }
        let mut rest = Some(self.surroundings.reach.stretch(self.place.id));
        while let Some(stretch) = rest {
            let page = self.copies.page(stretch, |copy| shared(&copy.view));
            rest = stretch.after(page.stretch);
            cx.send(from, Message::Differs(page));
        }
    }

    /// A neighbour lists what it holds of what both share.
    pub(super) fn on_differs<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        page: Page,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        if !overlay.is_joined() {
            return;
        }
        for &entry in &page.entries {
            if self.claim(from, entry, overlay, cx) == Some(Ordering::Greater) {
                self.send_copy(from, entry.object, overlay, cx);
            }
        }
        let mut listed: Vec<ObjectId> = page.entries.iter().map(|entry| entry.object).collect();
        listed.sort_unstable();
        let me = self.place.node;
        let unlisted = self.copies.within(page.stretch).filter(|(_, object, copy)| {
            let shared = copy.view.contains(&me) && copy.view.contains(&from);
            shared && listed.binary_search(object).is_err()
        });
        // Offered rather than sent: the other may hold it and only see another set.
        let entries: Vec<Entry> = unlisted
            .map(|(_, object, copy)| Entry { object, version: copy.state.version })
            .collect();
        send_offers(from, &entries, cx);
        self.fetch_next(overlay, cx);
    }

    /// A peer offers what it holds: what is held here is acknowledged, what is newer there is
    /// fetched.
    pub(super) fn on_offer<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        entries: &[Entry],
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let mut held = Vec::new();
        for &entry in entries {
            let ordering = self.claim(from, entry, overlay, cx);
            if ordering.is_some_and(Ordering::is_ge) {
                let version = self.copies.version(entry.object);
                held.push(Entry { object: entry.object, version });
            }
        }
        if !held.is_empty() {
            cx.send(from, Message::Ack(held.into()));
        }
        self.fetch_next(overlay, cx);
    }

    /// A responsible peer says what it holds: what r of them hold needn't be kept here.
    pub(super) fn on_ack<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        entries: &[Entry],
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        if !overlay.is_joined() {
            return;
        }
        for &Entry { object, version } in entries {
            let enough = self.copies.holds(object) && version >= self.copies.version(object);
            if !enough || self.is_responsible(object, overlay) {
                continue;
            }
            let acked = self.departing.entry(object).or_default();
            if !acked.contains(&from) {
                acked.push(from);
            }
            let set = overlay.replicas(self.world.key(object), self.place.r);
            // Those that don't count any more needn't be remembered: the list is no longer than the
            // set.
            acked.retain(|peer| set.contains(peer));
            if set.len() == self.place.r && acked.len() == set.len() {
                self.drop_copy(object, cx);
            }
        }
    }

    fn drop_copy<H: ReplicaHost>(&mut self, object: ObjectId, cx: &mut Context<'_, H>) {
        self.departing.remove(&object);
        let Some(copy) = self.copies.remove(object) else { return };
        if self.config.durable {
            cx.save(Record::Forgot { object });
        }
        cx.observe(Observation::Forgot { object, version: copy.state.version });
    }
}

fn send_offers<H: ReplicaHost>(peer: NodeId, entries: &[Entry], cx: &mut Context<'_, H>) {
    for entries in entries.chunks(PAGE) {
        cx.send(peer, Message::Offer(entries.into()));
    }
}

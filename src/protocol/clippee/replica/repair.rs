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

use super::copies::seen_with;
use super::message::{Entry, Message, PAGE, Page};
use super::neighbourhood::Neighbourhood;
use super::{Record, Replica, ReplicaHost};
use crate::node::{
    Bug, Context, Digestible, Hasher, NodeId, ObjectId, Observation, Version, planted,
};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// The digests for all neighbours while they are made, of copies in the order of their keys.
struct Sums<'a> {
    me: NodeId,
    sums: Vec<(NodeId, Sum)>,
    /// The last copy's view, which neighbours on the ring mostly share.
    view: Option<&'a Arc<[NodeId]>>,
    is_in_view: bool,
    /// Which sums are those of its other peers; none if this peer isn't in it.
    places: Vec<usize>,
}

impl<'a> Sums<'a> {
    const fn new(me: NodeId) -> Self {
        Self { me, sums: Vec::new(), view: None, is_in_view: false, places: Vec::new() }
    }

    /// Takes an entry into the digests of those in its view, if this peer is one of them.
    fn take(&mut self, entry: Entry, view: &'a Arc<[NodeId]>) -> bool {
        if self.view.is_none_or(|last| !Arc::ptr_eq(last, view)) {
            self.turn_to(view);
        }
        self.places.iter().for_each(|&place| self.sums[place].1.take(entry));
        self.is_in_view
    }

    fn turn_to(&mut self, view: &'a Arc<[NodeId]>) {
        self.view = Some(view);
        self.is_in_view = view.contains(&self.me);
        self.places.clear();
        let others = view.iter().filter(|&&peer| self.is_in_view && peer != self.me);
        for &peer in others {
            let known = self.sums.iter().position(|&(known, _)| known == peer);
            self.places.push(known.unwrap_or(self.sums.len()));
            if known.is_none() {
                self.sums.push((peer, Sum::default()));
            }
        }
    }

    fn by_peer(mut self) -> Vec<(NodeId, Sum)> {
        self.sums.sort_unstable_by_key(|&(peer, _)| peer);
        self.sums
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
        let mut sums = Sums::new(me);
        let mut offers: BTreeMap<NodeId, Vec<Entry>> = BTreeMap::new();
        for (key, object, copy) in self.copies.iter() {
            let entry = Entry { object, version: copy.state.version };
            if sums.take(entry, &copy.view) {
                continue;
            }
            let acked = self.departing.get(&object).map_or(&[][..], Vec::as_slice);
            for peer in overlay.replicas(key, self.place.r) {
                if peer != me && !acked.contains(&peer) {
                    offers.entry(peer).or_default().push(entry);
                }
            }
        }
        for (peer, sum) in sums.by_peer() {
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
        let both = [self.place.node, from];
        let (mut ours, mut shared) = (Sum::default(), seen_with(both));
        for (_, object, copy) in self.copies.iter().filter(|(_, _, copy)| shared(copy)) {
            ours.take(Entry { object, version: copy.state.version });
        }
        if ours.finish() == theirs {
            return;
        }
        let mut rest = Some(self.surroundings.reach.stretch(self.place.id));
        while let Some(stretch) = rest {
            let page = self.copies.page(stretch, seen_with(both));
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
        // Offered rather than sent: the other may hold it and only see another set.
        let mut shared = seen_with([self.place.node, from]);
        let unlisted = self
            .copies
            .within(page.stretch)
            .filter(move |(_, object, copy)| shared(copy) && listed.binary_search(object).is_err());
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

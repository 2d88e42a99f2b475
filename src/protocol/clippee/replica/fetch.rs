//! How objects come here: who has something newer is asked for it, and asked again (CLIPPEE 6).

use super::alarm::patience;
use super::message::{Entry, Message, PAGE, Page, Transfer};
use super::neighbourhood::Neighbourhood;
use super::{Answers, Replica, ReplicaHost};
use crate::node::{Bug, Context, NodeId, ObjectId, Span, planted};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Waits between repeated requests grow up to this: objects may be large, and uplinks slow.
const FETCH_MOST: Span = Span::from_secs(8);

impl Replica {
    /// Notes that `peer` holds `entry`, if that is newer and this peer's business. Whether it did.
    pub(super) fn claim<H: ReplicaHost>(
        &mut self,
        peer: NodeId,
        entry: Entry,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) -> Option<Ordering> {
        let ordering = self.compare_with(entry, overlay)?;
        if ordering == Ordering::Less {
            self.needs.claim(entry.object, peer, entry.version);
            self.note_needs(cx);
        }
        Some(ordering)
    }

    /// How what this peer holds compares to `entry`; `None` if it isn't responsible for that
    /// object.
    fn compare_with(&self, entry: Entry, overlay: &impl Neighbourhood) -> Option<Ordering> {
        let responsible = self.is_responsible(entry.object, overlay);
        responsible.then(|| self.copies.version(entry.object).cmp(&entry.version))
    }

    /// A neighbour says what it holds in a stretch that this peer isn't ready for.
    pub(super) fn on_summary<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        token: u64,
        page: Page,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        // First what is missing, then readiness: nothing listed may pass for version 0 in between.
        for &entry in &page.entries {
            self.claim(from, entry, overlay, cx);
        }
        self.readiness.heard(from, token, page.stretch, overlay, cx);
        self.fetch_next(overlay, cx);
    }

    /// Asks for what is missing, as far as the window allows; one message per source.
    pub(super) fn fetch_next<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let mut wanted: BTreeMap<NodeId, Vec<ObjectId>> = BTreeMap::new();
        while let Some(object) = self.needs.next() {
            let others = match self.needs.commit(object) {
                Some(_) => self.others(object, overlay),
                None => Vec::new(),
            };
            let source = self.needs.source(object, self.place.node, &others);
            let Some((peer, tries)) = source else { continue };
            let due = cx.now() + patience(overlay.timeout(peer), tries, FETCH_MOST);
            self.needs.asked(object, peer, due);
            wanted.entry(peer).or_default().push(object);
        }
        for (peer, objects) in wanted {
            for objects in objects.chunks(PAGE) {
                cx.send(peer, Message::Fetch(objects.into()));
            }
        }
        self.fetch_alarm.by(self.needs.due(), cx);
    }

    /// Some who were asked are silent: others are asked, or the same again.
    pub(super) fn on_overdue<H: ReplicaHost>(
        &mut self,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        self.fetch_alarm.went_off();
        let mut leaves: Vec<NodeId> = overlay.leaves().collect();
        leaves.sort_unstable();
        let is_leaf = |peer| leaves.binary_search(&peer).is_ok();
        for object in self.needs.overdue(cx.now(), is_leaf) {
            // Another commit may have brought what this one waits for.
            self.settle_waiting(object, None, overlay, cx, answers);
        }
        self.fetch_next(overlay, cx);
    }

    /// Sends what is asked for, in the order asked.
    pub(super) fn on_fetch<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        objects: &[ObjectId],
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let (held, absent): (Vec<_>, Vec<_>) =
            objects.iter().partition(|&&object| self.copies.holds(object));
        for object in held {
            self.send_copy(from, object, overlay, cx);
        }
        if !absent.is_empty() {
            cx.send(from, Message::Absent(absent.into()));
        }
    }

    /// Sends a held object; one that this peer wants to drop is to be acknowledged.
    pub(super) fn send_copy<H: ReplicaHost>(
        &self,
        to: NodeId,
        object: ObjectId,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
    ) {
        let Some(state) = self.copies.state(object).cloned() else { return };
        let confirm = overlay.is_joined() && !self.is_responsible(object, overlay);
        cx.send(to, Message::Transfer(Box::new(Transfer { object, state, confirm })));
    }

    /// Who was asked has nothing.
    pub(super) fn on_absent<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        objects: &[ObjectId],
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        for &object in objects {
            self.settle_waiting(object, None, overlay, cx, answers);
            self.needs.answered(object, from);
        }
        self.fetch_next(overlay, cx);
    }

    /// An object came: the newest wins. One that is neither held nor this peer's business is left
    /// alone.
    pub(super) fn on_transfer<H: ReplicaHost>(
        &mut self,
        from: NodeId,
        transfer: Transfer,
        overlay: &impl Neighbourhood,
        cx: &mut Context<'_, H>,
        answers: &mut Answers,
    ) {
        let Transfer { object, state, confirm } = transfer;
        let responsible = self.is_responsible(object, overlay);
        let held = self.copies.version(object);
        let any = planted(Bug::TransferGoesBack) && state.version != held;
        let newer = state.version > held || any;
        // A state that is a waiting commit's base is needed even where something newer is held.
        let came = self.needs.commit(object).map(|_| state.clone());
        if newer && (responsible || self.copies.holds(object)) {
            self.store(object, state, None, overlay, cx);
        }
        self.settle_waiting(object, came.as_ref(), overlay, cx, answers);
        self.needs.answered(object, from);
        if confirm && responsible {
            let version = self.copies.version(object);
            cx.send(from, Message::Ack(Box::new([Entry { object, version }])));
        }
        self.fetch_next(overlay, cx);
    }
}

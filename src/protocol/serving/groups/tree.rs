//! The tree down which a message goes (CLIPPEE 7): each peer sends it to at most `fanout` others,
//! each with a part of the list that is left. There is no standing tree: the message has the list.
//!
//! A silent child's part goes to its first living member at once, so that one dead peer costs the
//! others a timeout only; the child itself is sent the message twice more, and is dead after that.

use super::Entry;
use crate::node::{Bug, NodeId, ObjectId, OperationId, Span, Time, TimerId, planted};
use std::collections::BTreeMap;

/// So often is a message sent to a silent child.
const SENDS: u32 = 3;
/// With so many messages on their way, further ones are sent without waiting for
/// acknowledgements: what is lost of them is filled as gaps are.
pub(in crate::protocol) const BOUND: usize = 65_536;

/// The longest wait between two tries of anything that is tried again and again.
pub(in crate::protocol) const LONGEST: Span = Span::from_secs(8);

/// How long to wait for an answer after `tries` vain questions before: the timeout towards that
/// peer, doubled each time, at most [`LONGEST`] (but never less than the timeout itself).
pub(in crate::protocol) fn patience(timeout: Span, tries: u32) -> Span {
    timeout.times(1 << tries.min(16)).min(LONGEST.max(timeout))
}

/// What goes down a tree.
pub(in crate::protocol) trait Load: Copy {
    /// The group, and the message's name.
    fn key(&self) -> (ObjectId, OperationId);
}

/// The peer around its part in the trees.
pub(in crate::protocol) trait Bough<L> {
    /// Its clock.
    fn now(&self) -> Time;
    /// The retransmission timeout towards a peer.
    fn timeout(&self, peer: NodeId) -> Span;
    /// A round trip was measured.
    fn measured(&mut self, peer: NodeId, round_trip: Span);
    /// Sends the message to a peer, which is to pass it on to `list`.
    fn relay(&mut self, to: NodeId, load: L, list: Box<[Entry]>);
    /// Arms the timer of the task with this number.
    fn arm(&mut self, token: u32, after: Span) -> TimerId;
    /// Disarms it.
    fn disarm(&mut self, timer: TimerId);
}

/// The messages whose children haven't all acknowledged.
pub(in crate::protocol) struct Tree<L> {
    tasks: BTreeMap<u32, Task<L>>,
    by_message: BTreeMap<(ObjectId, OperationId), u32>,
    tokens: u32,
    fanout: u32,
    bound: usize,
}

struct Task<L> {
    load: L,
    children: BTreeMap<NodeId, Child>,
    alarm: Option<(Time, TimerId)>,
}

struct Child {
    entry: Entry,
    /// What it is to pass the message on to, unless that has been handed to another.
    list: Box<[Entry]>,
    sends: u32,
    sent_at: Time,
    due: Time,
}

/// `list` in at most `fanout` parts of nearly equal size, none of them empty.
pub(in crate::protocol) fn parts(list: &[Entry], fanout: u32) -> impl Iterator<Item = &[Entry]> {
    let count = list.len().min(fanout.max(1) as usize);
    let mut rest = list;
    (0..count).map(move |place| {
        let (part, behind) = rest.split_at(rest.len().div_ceil(count - place));
        rest = behind;
        part
    })
}

impl<L: Load> Tree<L> {
    /// `tokens`: where to number tasks from; `fanout`: the most children of one peer; `bound`: the
    /// most tasks.
    pub const fn new(tokens: u32, fanout: u32, bound: usize) -> Self {
        Self { tasks: BTreeMap::new(), by_message: BTreeMap::new(), tokens, fanout, bound }
    }

    /// How many messages are on their way.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Sends a message down to `list`.
    pub fn send(&mut self, load: L, list: &[Entry], desk: &mut impl Bough<L>) {
        if list.is_empty() {
            return;
        }
        let (key, fanout) = (load.key(), self.fanout);
        if self.tasks.len() >= self.bound && !self.by_message.contains_key(&key) {
            let mut task = Task::new(load);
            return parts(list, fanout).for_each(|part| task.pass(part, desk));
        }
        let token = *self.by_message.entry(key).or_insert_with(|| {
            self.tokens = self.tokens.wrapping_add(1);
            self.tokens
        });
        let task = self.tasks.entry(token).or_insert_with(|| Task::new(load));
        parts(list, fanout).for_each(|part| task.pass(part, desk));
        task.rearm(token, desk);
    }

    /// A child has it, and passes it on.
    pub fn on_ack(&mut self, from: NodeId, key: (ObjectId, OperationId), desk: &mut impl Bough<L>) {
        let Some(&token) = self.by_message.get(&key) else { return };
        let Some(task) = self.tasks.get_mut(&token) else { return };
        if let Some(child) = task.children.remove(&from)
            && child.sends == 1
        {
            desk.measured(from, desk.now().since(child.sent_at));
        }
        self.end_if_over(token, desk);
    }

    /// Children are silent. Returns the group, and who of them is dead.
    pub fn on_timer(
        &mut self,
        token: u32,
        desk: &mut impl Bough<L>,
    ) -> Option<(ObjectId, Vec<Entry>)> {
        let task = self.tasks.get_mut(&token)?;
        task.alarm = None;
        let dead = task.on_due(desk);
        let (group, _) = task.load.key();
        self.end_if_over(token, desk);
        Some((group, dead))
    }

    fn end_if_over(&mut self, token: u32, desk: &mut impl Bough<L>) {
        let Some(task) = self.tasks.get_mut(&token) else { return };
        if !task.children.is_empty() {
            return task.rearm(token, desk);
        }
        if let Some((_, timer)) = task.alarm {
            desk.disarm(timer);
        }
        self.by_message.remove(&task.load.key());
        self.tasks.remove(&token);
    }
}

impl<L: Load> Task<L> {
    const fn new(load: L) -> Self {
        Self { load, children: BTreeMap::new(), alarm: None }
    }

    /// The first of `part` becomes a child, with the rest as its list. Should it be one already (a
    /// message that came twice, with different lists), one acknowledgement stands for both.
    fn pass(&mut self, part: &[Entry], desk: &mut impl Bough<L>) {
        let Some((&entry, list)) = part.split_first() else { return };
        let (now, list) = (desk.now(), Box::<[Entry]>::from(list));
        let told = if planted(Bug::BranchForgotten) { Box::default() } else { list.clone() };
        desk.relay(entry.peer, self.load, told);
        let due = now + desk.timeout(entry.peer);
        let mut child = Child { entry, list, sends: 1, sent_at: now, due };
        if let Some(known) = self.children.remove(&entry.peer) {
            child.list = known.list.iter().chain(&child.list).copied().collect();
            child.sends = known.sends.max(2);
        }
        self.children.insert(entry.peer, child);
    }

    fn on_due(&mut self, desk: &mut impl Bough<L>) -> Vec<Entry> {
        let now = desk.now();
        let due = self.children.iter().filter(|(_, child)| child.due <= now);
        let (mut dead, mut orphans) = (Vec::new(), Vec::new());
        for peer in due.map(|(&peer, _)| peer).collect::<Vec<_>>() {
            let Some(child) = self.children.get_mut(&peer) else { continue };
            orphans.push(std::mem::take(&mut child.list));
            if child.sends >= SENDS {
                dead.push(child.entry);
                self.children.remove(&peer);
                continue;
            }
            child.due = now + patience(desk.timeout(peer), child.sends);
            child.sends += 1;
            desk.relay(peer, self.load, Box::default());
        }
        for orphan in orphans {
            self.hand_over(&orphan, desk);
        }
        dead
    }

    /// A silent child's list goes to the first on it that isn't silent too.
    fn hand_over(&mut self, list: &[Entry], desk: &mut impl Bough<L>) {
        let is_silent =
            |entry: &Entry| self.children.get(&entry.peer).is_some_and(|child| child.sends > 1);
        let living: Vec<Entry> = list.iter().filter(|entry| !is_silent(entry)).copied().collect();
        self.pass(&living, desk);
    }

    fn rearm(&mut self, token: u32, desk: &mut impl Bough<L>) {
        let Some(due) = self.children.values().map(|child| child.due).min() else { return };
        if let Some((at, timer)) = self.alarm {
            if at <= due {
                return;
            }
            desk.disarm(timer);
        }
        let timer = desk.arm(token, due.since(desk.now()));
        self.alarm = Some((due, timer));
    }
}

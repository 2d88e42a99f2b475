//! The tree down which a message goes (CLIPPEE 7): each peer sends it to at most `fanout` others,
//! each with a part of the list that is left. There is no standing tree: the list is in the message.
//!
//! A silent child's part goes to its first living member at once, so that one dead peer costs the
//! others a timeout only; the child itself is sent the message twice more, and is dead after that.

use super::shared::{Shared, draw, patience};
use crate::node::{NodeId, ObjectId, OperationId, Time, TimerId};
use crate::protocol::clippee::Timer;
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Entry, Message, Multicast, Relay};
use std::collections::BTreeMap;

/// So often is a message sent to a silent child.
const SENDS: u32 = 3;
/// With so many messages on their way, further ones are sent without waiting for
/// acknowledgements: what is lost of them is filled as gaps are.
pub const BOUND: usize = 65_536;

/// The messages whose children haven't all acknowledged.
pub(super) struct Tree {
    tasks: BTreeMap<u32, Task>,
    by_message: BTreeMap<(ObjectId, OperationId), u32>,
    tokens: u32,
    bound: usize,
}

struct Task {
    group: ObjectId,
    multicast: Multicast,
    origin: NodeId,
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
pub(super) fn parts(list: &[Entry], fanout: u32) -> impl Iterator<Item = &[Entry]> {
    let count = list.len().min(fanout.max(1) as usize);
    let mut rest = list;
    (0..count).map(move |place| {
        let (part, behind) = rest.split_at(rest.len().div_ceil(count - place));
        rest = behind;
        part
    })
}

/// `list` in an order drawn at random, so that all peers take their turns as inner ones.
pub(super) fn shuffled(mut list: Vec<Entry>, desk: &mut impl Desk) -> Vec<Entry> {
    for end in (1..list.len()).rev() {
        let other = draw(end + 1, desk);
        list.swap(end, other);
    }
    list
}

impl Tree {
    /// `tokens`: where to number tasks from.
    pub const fn new(tokens: u32, bound: usize) -> Self {
        Self { tasks: BTreeMap::new(), by_message: BTreeMap::new(), tokens, bound }
    }

    /// How many messages are on their way.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Sends a message down to `list`.
    pub fn send(
        &mut self,
        (group, multicast, origin): (ObjectId, Multicast, NodeId),
        list: &[Entry],
        shared: &Shared,
        desk: &mut impl Desk,
    ) {
        if list.is_empty() {
            return;
        }
        let key = (group, multicast.id);
        let fanout = shared.config.fanout;
        if self.tasks.len() >= self.bound && !self.by_message.contains_key(&key) {
            let mut task = Task::new(group, multicast, origin);
            return parts(list, fanout).for_each(|part| task.pass(part, desk));
        }
        let token = *self.by_message.entry(key).or_insert_with(|| {
            self.tokens = self.tokens.wrapping_add(1);
            self.tokens
        });
        let task = self.tasks.entry(token).or_insert_with(|| Task::new(group, multicast, origin));
        parts(list, fanout).for_each(|part| task.pass(part, desk));
        task.rearm(token, desk);
    }

    /// A child has it, and passes it on.
    pub fn on_ack(&mut self, from: NodeId, key: (ObjectId, OperationId), desk: &mut impl Desk) {
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
    pub fn on_timer(&mut self, token: u32, desk: &mut impl Desk) -> Option<(ObjectId, Vec<Entry>)> {
        let task = self.tasks.get_mut(&token)?;
        task.alarm = None;
        let dead = task.on_due(desk);
        let group = task.group;
        self.end_if_over(token, desk);
        Some((group, dead))
    }

    fn end_if_over(&mut self, token: u32, desk: &mut impl Desk) {
        let Some(task) = self.tasks.get_mut(&token) else { return };
        if !task.children.is_empty() {
            return task.rearm(token, desk);
        }
        if let Some((_, timer)) = task.alarm {
            desk.disarm(timer);
        }
        self.by_message.remove(&(task.group, task.multicast.id));
        self.tasks.remove(&token);
    }
}

impl Task {
    const fn new(group: ObjectId, multicast: Multicast, origin: NodeId) -> Self {
        Self { group, multicast, origin, children: BTreeMap::new(), alarm: None }
    }

    /// The first of `part` becomes a child, with the rest as its list. Should it be one already (a
    /// message that came twice, with different lists), one acknowledgement stands for both.
    fn pass(&mut self, part: &[Entry], desk: &mut impl Desk) {
        let Some((&entry, list)) = part.split_first() else { return };
        let (now, list) = (desk.now(), Box::<[Entry]>::from(list));
        self.relay(entry.peer, list.clone(), desk);
        let due = now + desk.timeout(entry.peer);
        let mut child = Child { entry, list, sends: 1, sent_at: now, due };
        if let Some(known) = self.children.remove(&entry.peer) {
            child.list = known.list.iter().chain(&child.list).copied().collect();
            child.sends = known.sends.max(2);
        }
        self.children.insert(entry.peer, child);
    }

    fn relay(&self, to: NodeId, list: Box<[Entry]>, desk: &mut impl Desk) {
        let Self { group, multicast, origin, .. } = *self;
        desk.send(to, Message::Relay(Box::new(Relay { group, multicast, origin, list })).into());
    }

    fn on_due(&mut self, desk: &mut impl Desk) -> Vec<Entry> {
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
            self.relay(peer, Box::default(), desk);
        }
        for orphan in orphans {
            self.hand_over(&orphan, desk);
        }
        dead
    }

    /// A silent child's list goes to the first on it that isn't silent too.
    fn hand_over(&mut self, list: &[Entry], desk: &mut impl Desk) {
        let is_silent =
            |entry: &Entry| self.children.get(&entry.peer).is_some_and(|child| child.sends > 1);
        let living: Vec<Entry> = list.iter().filter(|entry| !is_silent(entry)).copied().collect();
        self.pass(&living, desk);
    }

    fn rearm(&mut self, token: u32, desk: &mut impl Desk) {
        let Some(due) = self.children.values().map(|child| child.due).min() else { return };
        if let Some((at, timer)) = self.alarm {
            if at <= due {
                return;
            }
            desk.disarm(timer);
        }
        let timer = desk.arm(Timer::Relay(token), due.since(desk.now()));
        self.alarm = Some((due, timer));
    }
}

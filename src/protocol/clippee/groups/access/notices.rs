//! Absences that replicas are told of: this peer's, when its last member has left or a message came
//! that was meant for members, and those of peers that were found dead (CLIPPEE 7).
//!
//! Best effort: who stays silent is told a few times, and a peer without members that still gets
//! messages says so again.

use super::shared::{Shared, earlier, patience};
use crate::node::{NodeId, ObjectId, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Entry, Message, Register, Registered};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An absence, by group and peer.
#[derive(Default)]
pub(super) struct Notices {
    notices: BTreeMap<(ObjectId, NodeId), Notice>,
}

struct Notice {
    entry: Entry,
    /// So often is it sent to a silent replica.
    most: u32,
    /// Replicas that haven't answered; `None`: the set isn't known yet.
    pending: Option<BTreeMap<NodeId, (Time, u32)>>,
}

impl Notices {
    /// All replicas of `group` are to be told `entry`, each at most `most` times.
    pub fn tell(
        &mut self,
        group: ObjectId,
        entry: Entry,
        (most, set): (u32, Option<&Arc<[NodeId]>>),
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let mut notice = Notice { entry, most, pending: None };
        match set {
            Some(set) => notice.send(group, set, desk),
            None => shared.want(group, false),
        }
        if !notice.is_over() {
            self.notices.insert((group, entry.peer), notice);
        }
    }

    /// It isn't true any more, or somebody else's business.
    pub fn withdraw(&mut self, group: ObjectId, peer: NodeId) {
        self.notices.remove(&(group, peer));
    }

    /// Whether `peer`'s absence is being told.
    pub fn tells(&self, group: ObjectId, peer: NodeId) -> bool {
        self.notices.contains_key(&(group, peer))
    }

    /// The set came, or it can't be found.
    pub fn on_set(&mut self, group: ObjectId, set: Option<&Arc<[NodeId]>>, desk: &mut impl Desk) {
        self.each(group, |notice| match set {
            Some(set) if notice.pending.is_none() => notice.send(group, set, desk),
            None if notice.pending.is_none() => notice.pending = Some(BTreeMap::new()),
            _ => {}
        });
    }

    /// A replica answers, whatever.
    pub fn on_registered(&mut self, from: NodeId, reply: &Registered) {
        self.each(reply.group, |notice| {
            if notice.entry == reply.entry
                && let Some(pending) = &mut notice.pending
            {
                pending.remove(&from);
            }
        });
    }

    pub fn due(&self, group: ObjectId) -> Option<Time> {
        let notices = self.notices.range((group, NodeId(0))..=(group, NodeId(u32::MAX)));
        notices.filter_map(|(_, notice)| notice.due()).min()
    }

    pub fn on_due(&mut self, group: ObjectId, desk: &mut impl Desk) {
        self.each(group, |notice| notice.repeat(group, desk));
    }

    /// A step of all notices of a group; those that are over are forgotten.
    fn each(&mut self, group: ObjectId, mut step: impl FnMut(&mut Notice)) {
        let range = (group, NodeId(0))..=(group, NodeId(u32::MAX));
        let over = self.notices.extract_if(range, |_, notice| {
            step(notice);
            notice.is_over()
        });
        over.for_each(drop);
    }
}

impl Notice {
    fn is_over(&self) -> bool {
        self.pending.as_ref().is_some_and(BTreeMap::is_empty)
    }

    fn due(&self) -> Option<Time> {
        let pending = self.pending.as_ref()?;
        pending.values().fold(None, |due, &(at, _)| earlier(due, Some(at)))
    }

    fn send(&mut self, group: ObjectId, set: &[NodeId], desk: &mut impl Desk) {
        let register = Register { group, entry: self.entry };
        let mut pending = BTreeMap::new();
        for &replica in set {
            if replica == desk.id() {
                let _ = desk.own_register(register);
                continue;
            }
            desk.send(replica, Message::Register(register).into());
            if self.most > 1 {
                pending.insert(replica, (desk.now() + desk.timeout(replica), 1));
            }
        }
        self.pending = Some(pending);
    }

    fn repeat(&mut self, group: ObjectId, desk: &mut impl Desk) {
        let (now, most) = (desk.now(), self.most);
        let Some(pending) = &mut self.pending else { return };
        pending.retain(|_, &mut (due, sends)| due > now || sends < most);
        for (&replica, (due, sends)) in pending.iter_mut().filter(|(_, (due, _))| *due <= now) {
            *due = now + patience(desk.timeout(replica), *sends);
            *sends += 1;
            desk.send(replica, Message::Register(Register { group, entry: self.entry }).into());
        }
        // After the last send no answer is waited for.
        pending.retain(|_, &mut (_, sends)| sends < most);
    }
}

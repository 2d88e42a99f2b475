//! Carries what a peer's parts have to say to each other.

use super::super::{Clippee, Message};
use super::{Access, Peer, PeerDesk, with_access, with_desk};
use crate::node::{Context, Observation};
use crate::protocol::overlay::Notice;

impl Peer {
    /// Carries what the parts have to say to each other.
    pub(super) fn settle(&mut self, cx: &mut Context<'_, Clippee>) {
        loop {
            if !self.notices.is_empty() {
                for notice in std::mem::take(&mut self.notices) {
                    self.on_notice(notice, cx);
                }
            } else if !self.answers.is_empty() {
                for (coordinator, reply) in std::mem::take(&mut self.answers) {
                    if coordinator == cx.id() {
                        let (coordinator, desk) = with_desk!(self.coordinator, cx);
                        coordinator.on_commit_reply(desk.cx.id(), &reply, desk);
                    } else {
                        cx.send(coordinator, Message::CommitReply(Box::new(reply)));
                    }
                }
            } else if !self.settle_locks(cx)
                && !self.settle_operations(cx)
                && !self.settle_groups(cx)
            {
                return;
            }
        }
    }

    /// Locks that were handed on; whether there was anything to say about them.
    fn settle_locks(&mut self, cx: &mut Context<'_, Clippee>) -> bool {
        let replies = self.replica.hand_on(&self.overlay, cx);
        let any = !replies.is_empty();
        for reply in replies {
            let to = reply.attempt.coordinator;
            if to == cx.id() {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_lock_reply(to, reply, desk);
            } else {
                cx.send(to, Message::LockReply(Box::new(reply)));
            }
        }
        any
    }

    /// Ends operations; whether there were any.
    fn settle_operations(&mut self, cx: &mut Context<'_, Clippee>) -> bool {
        let mut ended = self.coordinator.take_ended();
        if let Some(access) = &mut self.access {
            ended.extend(access.take_ended());
        }
        let any = !ended.is_empty();
        for (id, outcome) in ended {
            self.end(id, outcome, cx);
        }
        any
    }

    /// Between the coordinator and the access peer's groups; whether they had anything to say.
    fn settle_groups(&mut self, cx: &mut Context<'_, Clippee>) -> bool {
        let (casts, censuses) = (self.coordinator.take_casts(), self.coordinator.take_censuses());
        let sets = self.coordinator.take_sets();
        let wanted = self.access.as_mut().map(|access| access.take_wanted()).unwrap_or_default();
        let any = !casts.is_empty() || !censuses.is_empty() || !sets.is_empty();
        if !any && wanted.is_empty() {
            return false;
        }
        for (group, is_wrong) in wanted {
            let (coordinator, desk) = with_desk!(self.coordinator, cx);
            if is_wrong {
                coordinator.drop_set(group);
            }
            if let Some(set) = coordinator.set_of(group, desk) {
                let (access, desk) = with_access!(self, cx);
                access.on_set(group, Some(set), desk);
            }
        }
        let (access, desk) = with_access!(self, cx);
        sets.into_iter().for_each(|(group, set)| access.on_set(group, set, desk));
        casts.into_iter().for_each(|cast| access.cast(cast, desk));
        censuses.into_iter().for_each(|census| access.census(census, desk));
        true
    }

    fn on_notice(&mut self, notice: Notice, cx: &mut Context<'_, Clippee>) {
        match notice {
            Notice::Joined => {
                cx.observe(Observation::Joined);
                self.replica.on_leaves_changed(&self.overlay, cx);
            }
            Notice::LeavesChanged => self.replica.on_leaves_changed(&self.overlay, cx),
            Notice::Gone(peer) => self.replica.on_gone(peer, &self.overlay, cx),
            Notice::Found { token, root, replicas, hops } => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.found(token, root, &replicas, hops, desk);
            }
            Notice::Lost { token } => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.lost(token, desk);
            }
        }
    }
}

//! Who shall be a member: the leader's part.
//!
//! The members of a log follow its replica set, as Clippee's replicas do: the r peers closest to the
//! log's place on the ring, as the leader's overlay knows them. A member is replaced at once when it
//! was not heard of for `replace_after`, has forgotten what it promised, or has left the overlay;
//! a peer that came closer than a member replaces it when it has been closer for as long. A newcomer
//! is asked first, so that nobody is voted in who isn't there. All of it is decided by the old
//! members: a leader that is cut off from their majority changes nothing.

use super::Consensus;
use super::logs::Logs;
use super::message::{ConfigId, Membership, Message, place_of};
use super::world::{LogId, Member};
use crate::node::{Context, Incarnation, NodeId, Span, Time};
use crate::protocol::overlay::Overlay;
use std::collections::BTreeMap;

/// A peer that didn't answer when it was asked isn't asked again for so long.
const REFUSED: Span = Span::from_secs(30);
/// A configuration isn't made smaller than this: two members are no safer than one.
const LEAST: usize = 3;

/// A change of membership that a leader is about to make.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Since when the members aren't those that they should be.
    since: Option<Time>,
    /// The members to be, once those that are asked have answered.
    wanted: Vec<NodeId>,
    ready: BTreeMap<NodeId, Incarnation>,
    /// Who didn't answer, and until when it isn't asked again.
    refused: BTreeMap<NodeId, Time>,
}

impl Logs {
    /// A tick of all logs, and a look at their members.
    pub fn tick(&mut self, overlay: &Overlay, cx: &mut Context<'_, Consensus>) {
        for log in self.hosted.keys().copied().collect::<Vec<_>>() {
            if let Some(hosted) = self.hosted.get_mut(&log) {
                hosted.replica.tick();
            }
            self.watch(log, overlay, cx);
            self.settle(log, cx);
        }
    }

    /// Looks whether the members are those that they should be, where this peer leads.
    pub fn watch(&mut self, log: LogId, overlay: &Overlay, cx: &mut Context<'_, Consensus>) {
        let (now, me, patience) = (cx.now(), cx.id(), self.config.replace_after);
        let (place, r) = (self.world.place(log), self.config.replicas as usize);
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        let (replica, change) = (&mut hosted.replica, &mut hosted.change);
        if !replica.leads() || replica.is_stopping() {
            *change = Change::default();
            return;
        }
        change.refused.retain(|_, until| *until > now);
        let silent = |node: NodeId| {
            let heard = place_of(&replica.members, node).and_then(|place| replica.heard[place]);
            node != me && heard.is_some_and(|heard| heard + patience < now)
        };
        let known = overlay.replicas(place, usize::MAX);
        let fit = |node: &&NodeId| !silent(**node) && !change.refused.contains_key(*node);
        let wanted: Vec<NodeId> = known.iter().filter(fit).take(r).copied().collect();
        let (mut gone, mut as_wanted) = (false, wanted.len() == replica.members.len());
        for (member, heard) in replica.members.iter().zip(&replica.heard) {
            let lost = heard.is_none() && member.node != me;
            gone |= lost || silent(member.node) || !known.contains(&member.node);
            as_wanted &= !lost && wanted.contains(&member.node);
        }
        if as_wanted || wanted.len() < LEAST.min(r) {
            change.since = None;
            change.wanted.clear();
            return;
        }
        let since = *change.since.get_or_insert(now);
        if !gone && since + patience > now {
            return;
        }
        self.recruit(log, wanted, cx);
    }

    /// Asks the newcomers; those that were asked before and haven't answered are left out next time.
    fn recruit(&mut self, log: LogId, wanted: Vec<NodeId>, cx: &mut Context<'_, Consensus>) {
        let until = cx.now() + REFUSED;
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        let newcomers = newcomers(&hosted.replica.members, &hosted.replica.heard, &wanted);
        let change = &mut hosted.change;
        if change.wanted == wanted {
            for node in newcomers.into_iter().filter(|node| !change.ready.contains_key(node)) {
                change.refused.insert(node, until);
            }
            return;
        }
        change.wanted = wanted;
        change.ready.clear();
        let config = hosted.replica.config;
        for node in newcomers {
            cx.send(node, Membership::Recruit(config));
        }
        self.change(log, cx);
    }

    /// A leader asks this peer to become a member.
    pub fn on_recruit(
        from: NodeId,
        config: ConfigId,
        overlay: &Overlay,
        cx: &mut Context<'_, Consensus>,
    ) {
        if overlay.is_joined() {
            let ready = Membership::Ready(config, cx.incarnation());
            cx.send(from, Message::from(ready));
        }
    }

    /// A newcomer is ready.
    pub fn on_ready(
        &mut self,
        from: NodeId,
        config: ConfigId,
        incarnation: Incarnation,
        cx: &mut Context<'_, Consensus>,
    ) {
        let Some(hosted) = self.hosted.get_mut(&config.log) else { return };
        if hosted.replica.config == config && hosted.change.wanted.contains(&from) {
            hosted.change.ready.insert(from, incarnation);
            self.change(config.log, cx);
        }
    }

    /// Proposes the next configuration if all of it are ready. This peer stays the leader if it
    /// stays at all.
    fn change(&mut self, log: LogId, cx: &mut Context<'_, Consensus>) {
        let Some(hosted) = self.hosted.get_mut(&log) else { return };
        let (replica, change) = (&mut hosted.replica, &mut hosted.change);
        if change.wanted.is_empty() || !replica.leads() || replica.is_stopping() {
            return;
        }
        let missing = newcomers(&replica.members, &replica.heard, &change.wanted);
        if missing.iter().any(|node| !change.ready.contains_key(node)) {
            return;
        }
        let members = change.wanted.iter().map(|&node| {
            let known = place_of(&replica.members, node).filter(|_| !missing.contains(&node));
            let of_newcomer = || Member { node, incarnation: change.ready[&node] };
            known.map_or_else(of_newcomer, |place| replica.members[place])
        });
        let mut members: Vec<Member> = members.collect();
        if let Some(place) = place_of(&members, cx.id()) {
            members[..=place].rotate_right(1);
        }
        replica.reconfigure(&members);
        self.settle(log, cx);
    }
}

/// Those of `wanted` that aren't members, or have forgotten that they are.
fn newcomers(members: &[Member], heard: &[Option<Time>], wanted: &[NodeId]) -> Vec<NodeId> {
    let stays = |node: NodeId| place_of(members, node).is_some_and(|place| heard[place].is_some());
    wanted.iter().copied().filter(|&node| !stays(node)).collect()
}

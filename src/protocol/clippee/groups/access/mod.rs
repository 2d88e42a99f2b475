//! An access peer's part in groups (CLIPPEE 7): its members, its registrations, the order in which
//! it delivers, and the tree down which messages go.
//!
//! A machine that reaches the rest of the peer through [`Desk`] only. Replica sets that it needs
//! are told by [`Access::take_wanted`] and come back by [`Access::on_set`].
//!
//! - `group.rs`: one group that has members here, put together from `registration.rs` (replicas
//!   learn of them), `total.rs` and `fifo.rs` (in which order they get what), `log.rs` (what they
//!   got), `asking.rs` (replicas are asked for what lacks), `returning.rs` (members that come and
//!   come back), `recall.rs` (other access peers are asked for what these missed in fifo order).
//! - `branches.rs`: passing messages on, with members or without, down `serving/groups/tree.rs`. `sent.rs`: what entered the tree
//!   here. `inbox.rs`: who is told what others say. `notices.rs`: who has no members any more.
//!   `names.rs`: who the members are.
//!
//! What it doesn't do: number messages, know clients as such, route.

mod asking;
mod branches;
mod fifo;
mod group;
mod inbox;
mod log;
mod names;
mod notices;
mod recall;
mod registration;
mod returning;
mod sent;
mod shared;
#[cfg(test)]
mod tests;
mod total;

use super::{Back, Cast, Entry, Message, Multicast};
use crate::node::{Bug, Incarnation, NodeId, ObjectId, OperationId, Outcome, Time, planted};
use crate::protocol::clippee::coordinator::{Census, Desk};
use crate::protocol::clippee::{Config, Timer};
use crate::protocol::serving::groups::tree::{self, Tree};
use branches::{Passed, shuffled};
use group::{Group, Remains};
use names::Names;
use notices::Notices;
use shared::{Alarm, Shared, earlier};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So often is a silent replica told that the last member has left.
const FAREWELLS: u32 = 3;
/// So often that a peer was found dead.
const OBITUARIES: u32 = 2;

/// How large an access peer's tables are (CLIPPEE H11).
#[derive(Clone, Copy, Debug, Default)]
pub struct Sizes {
    /// Groups with members here.
    pub groups: usize,
    /// Members, once for each of their groups.
    pub members: usize,
    /// Messages whose children in the tree haven't all acknowledged.
    pub relays: usize,
    /// Questions for members' names under way.
    pub censuses: usize,
}

impl Sizes {
    /// `relays` is never above this: further messages are sent untracked.
    pub const RELAYS: u32 = tree::BOUND as u32;
}

/// The groups that a peer's clients are members of.
pub struct Access {
    shared: Shared,
    groups: BTreeMap<ObjectId, Group>,
    remains: BTreeMap<ObjectId, Remains>,
    /// Members and those who wait to become members, their groups, and by which turn they entered.
    clients: BTreeMap<(NodeId, ObjectId), u32>,
    notices: Notices,
    /// When replicas were last told that there are no members here.
    absent: BTreeMap<ObjectId, Time>,
    tree: Tree<Passed>,
    names: Names,
    alarms: BTreeMap<ObjectId, Alarm>,
    ended: Vec<(OperationId, Outcome)>,
    is_leaving: bool,
}

impl Access {
    /// No members yet.
    pub fn new(config: Arc<Config>, incarnation: Incarnation) -> Self {
        let shared = Shared::new(config, incarnation);
        let (tokens, fanout) = (names::first_token(&shared), shared.config.fanout);
        Self {
            shared,
            groups: BTreeMap::new(),
            remains: BTreeMap::new(),
            clients: BTreeMap::new(),
            notices: Notices::default(),
            absent: BTreeMap::new(),
            tree: Tree::new(tokens, fanout, tree::BOUND),
            names: Names::new(tokens),
            alarms: BTreeMap::new(),
            ended: Vec::new(),
            is_leaving: false,
        }
    }

    // Members.

    /// A client is a member of `group` from here on; `back`: it was one at another
    /// access peer, or here before it was forgotten. Answered by a welcome, once this peer is registered.
    pub fn enter(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        back: Option<Back>,
        desk: &mut impl Desk,
    ) {
        if self.is_leaving {
            return;
        }
        self.notices.withdraw(group, desk.id());
        let (shared, remains) = (&mut self.shared, &mut self.remains);
        let here = self.groups.entry(group).or_insert_with(|| {
            Group::new(group, remains.remove(&group).unwrap_or_default(), shared)
        });
        let entered = self.clients.entry((client, group)).or_insert(turn);
        *entered = turn.max(*entered);
        here.enter(client, back, shared, desk);
        self.rearm(group, desk);
    }

    /// It is a member no more. Answered at once; but an exit that was overtaken by a later join
    /// isn't heard.
    pub fn exit(&mut self, client: NodeId, (group, turn): (ObjectId, u32), desk: &mut impl Desk) {
        if self.clients.get(&(client, group)).is_some_and(|&entered| entered > turn) {
            return;
        }
        desk.send(client, Message::Exited { group }.into());
        self.drop_member(client, group, desk);
    }

    /// A client is served here no more (it left, or is silent): it is no member of anything.
    pub fn gone(&mut self, client: NodeId, desk: &mut impl Desk) {
        for group in self.groups_of(client) {
            self.drop_member(client, group, desk);
        }
    }

    fn groups_of(&self, client: NodeId) -> Vec<ObjectId> {
        let all = (client, ObjectId(0))..=(client, ObjectId(u32::MAX));
        self.clients.range(all).map(|(&(_, group), _)| group).collect()
    }

    fn drop_member(&mut self, client: NodeId, group: ObjectId, desk: &mut impl Desk) {
        if self.clients.remove(&(client, group)).is_none() {
            return;
        }
        let Some(here) = self.groups.get_mut(&group) else { return };
        here.exit(client);
        if here.is_empty() || planted(Bug::FirstLeaveEndsAll) {
            self.close(group, FAREWELLS, desk);
        }
        self.rearm(group, desk);
    }

    /// Without members, replicas are told so, and the group is forgotten.
    fn close(&mut self, group: ObjectId, sends: u32, desk: &mut impl Desk) {
        let Some(here) = self.groups.remove(&group) else { return };
        let (registration, remains) = here.end();
        self.remains.insert(group, remains);
        self.absent.insert(group, desk.now());
        let entry = self.shared.entry(desk.id(), 0);
        let to = (sends, registration.set());
        self.notices.tell(group, entry, to, &mut self.shared, desk);
    }

    /// A member lacks elements.
    pub fn missing(
        &mut self,
        client: NodeId,
        group: ObjectId,
        places: (u32, u32),
        desk: &mut impl Desk,
    ) {
        if let Some(here) = self.groups.get(&group) {
            here.missing(client, places, desk);
        }
    }

    /// For the answer to a client's heartbeat: its groups, and the last place in each.
    #[must_use]
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        let groups = self.groups_of(client).into_iter();
        let places = groups.filter_map(|group| {
            let here = self.groups.get(&group)?;
            here.members().contains(&client).then(|| (group, here.place()))
        });
        places.collect()
    }

    // The tree.

    /// A multicast that was numbered here goes to the members.
    pub fn cast(&mut self, cast: Cast, desk: &mut impl Desk) {
        let Cast { group, multicast, mut roll } = cast;
        let me = desk.id();
        roll.retain(|entry| entry.members > 0);
        roll.sort_unstable_by_key(|entry| entry.peer);
        let addressed = roll.iter().map(|entry| (entry.peer, entry.stamp)).collect();
        self.shared.sent.push(group, multicast, addressed, desk.now());
        let believed = roll.iter().any(|entry| entry.peer == me);
        roll.retain(|entry| entry.peer != me);
        let list = shuffled(roll, desk);
        self.tree.send(Passed { group, multicast, origin: me }, &list, desk);
        if believed || self.groups.contains_key(&group) {
            self.deliver(group, multicast, me, desk);
        }
    }

    fn deliver(
        &mut self,
        group: ObjectId,
        multicast: Multicast,
        origin: NodeId,
        desk: &mut impl Desk,
    ) {
        match self.groups.get_mut(&group) {
            Some(here) => here.take(multicast, origin, &mut self.shared, desk),
            None => self.deny(group, desk),
        }
        self.rearm(group, desk);
    }

    /// Somebody believes that there are members here: replicas are told that there are none, at
    /// most once an interval.
    fn deny(&mut self, group: ObjectId, desk: &mut impl Desk) {
        let (now, interval) = (desk.now(), self.shared.config.repair_interval);
        let lately = self.absent.get(&group).is_some_and(|&at| now.since(at) < interval);
        if !lately && !self.notices.tells(group, desk.id()) {
            self.absent.insert(group, now);
            let entry = self.shared.entry(desk.id(), 0);
            self.notices.tell(group, entry, (OBITUARIES, None), &mut self.shared, desk);
        }
    }

    // Names.

    /// The names of a group's members are asked for.
    pub fn census(&mut self, census: Census, desk: &mut impl Desk) {
        let own = self.groups.get(&census.group).map(Group::members);
        let own = own.filter(|members| !members.is_empty());
        self.ended.extend(self.names.begin(census, own, desk));
    }

    /// That operation has had its time.
    pub fn abandon(&mut self, id: OperationId) {
        self.names.abandon(id);
    }

    // What is due.

    /// [`Timer::Group`] fired.
    pub fn on_group_timer(&mut self, group: ObjectId, desk: &mut impl Desk) {
        self.alarms.remove(&group);
        self.notices.on_due(group, desk);
        self.at(group, desk, |here, shared, desk| here.on_due(shared, desk));
        self.rearm(group, desk);
    }

    /// [`Timer::Relay`] fired.
    pub fn on_relay_timer(&mut self, token: u32, desk: &mut impl Desk) {
        let Some((group, dead)) = self.tree.on_timer(token, desk) else { return };
        for entry in dead {
            let entry = Entry { members: 0, ..entry };
            if !self.notices.tells(group, entry.peer) {
                let set = self.groups.get(&group).and_then(|here| here.registration.set());
                self.notices.tell(group, entry, (OBITUARIES, set), &mut self.shared, desk);
            }
        }
        self.rearm(group, desk);
    }

    /// [`Timer::Names`] fired.
    pub fn on_names_timer(&mut self, token: u32, desk: &mut impl Desk) {
        self.ended.extend(self.names.on_timer(token, desk));
    }

    /// The replica set of `group`; `None`: it wasn't found.
    pub fn on_set(&mut self, group: ObjectId, set: Option<Arc<[NodeId]>>, desk: &mut impl Desk) {
        self.shared.came(group);
        self.notices.on_set(group, set.as_ref(), desk);
        self.at(group, desk, |here, shared, desk| here.on_set(set, shared, desk));
        self.rearm(group, desk);
    }

    /// The peer is leaving: its clients go elsewhere, and replicas are told so, once.
    pub fn leave(&mut self, desk: &mut impl Desk) {
        self.is_leaving = true;
        self.clients.clear();
        for group in self.groups.keys().copied().collect::<Vec<_>>() {
            self.close(group, 1, desk);
            self.rearm(group, desk);
        }
    }

    /// A step of a group that has members here.
    fn at<D: Desk>(
        &mut self,
        group: ObjectId,
        desk: &mut D,
        step: impl FnOnce(&mut Group, &mut Shared, &mut D),
    ) {
        if let Some(here) = self.groups.get_mut(&group) {
            step(here, &mut self.shared, desk);
            self.rearm(group, desk);
        }
    }

    fn rearm(&mut self, group: ObjectId, desk: &mut impl Desk) {
        let here = self.groups.get(&group).and_then(Group::due);
        let due = earlier(here, self.notices.due(group));
        if due.is_none() && !self.alarms.contains_key(&group) {
            return;
        }
        let alarm = self.alarms.entry(group).or_insert_with(|| Alarm::new(Timer::Group(group)));
        alarm.set(due, desk);
        if !alarm.is_set() {
            self.alarms.remove(&group);
        }
    }

    /// Groups whose replica sets are wanted, since this was last asked; `true`: what was known of
    /// it has proved wrong.
    pub fn take_wanted(&mut self) -> Vec<(ObjectId, bool)> {
        std::mem::take(&mut self.shared.wanted)
    }

    /// Operations that have ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<(OperationId, Outcome)> {
        std::mem::take(&mut self.ended)
    }

    /// How large the tables are.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let (groups, members, relays) = (self.groups.len(), self.clients.len(), self.tree.len());
        Sizes { groups, members, relays, censuses: self.names.len() }
    }
}

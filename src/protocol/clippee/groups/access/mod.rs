//! An access peer's part in groups (CLIPPEE 7): its members, its registrations, the order in which
//! it delivers, and the tree down which messages go.
//!
//! A machine that reaches the rest of the peer through [`Desk`] only. Replica sets that it needs
//! are told by [`Access::take_wanted`] and come back by [`Access::on_set`].

use super::{Cast, Message};
use crate::node::{Incarnation, NodeId, ObjectId, OperationId, Outcome};
use crate::protocol::clippee::coordinator::{Census, Desk};
use crate::protocol::clippee::{Config, World};
use std::sync::Arc;

/// The groups that a peer's clients are members of.
pub struct Access {
    config: Arc<Config>,
    world: Arc<World>,
    wanted: Vec<(ObjectId, bool)>,
    ended: Vec<(OperationId, Outcome)>,
}

impl Access {
    /// No members yet.
    pub fn new(config: Arc<Config>, world: Arc<World>, incarnation: Incarnation) -> Self {
        let _ = incarnation;
        Self { config, world, wanted: Vec::new(), ended: Vec::new() }
    }

    /// A client is a member of `group` from here on; `number`: it comes back, and has had all
    /// messages in total order up to that. Answered by a welcome, once this peer is registered.
    pub fn enter(
        &mut self,
        client: NodeId,
        group: ObjectId,
        number: Option<u32>,
        desk: &mut impl Desk,
    ) {
        let _ = (client, group, number, desk.now(), &self.config, &self.world);
    }

    /// It is a member no more. Answered at once.
    pub fn exit(&mut self, client: NodeId, group: ObjectId, desk: &mut impl Desk) {
        desk.send(client, Message::Exited { group }.into());
    }

    /// A client is served here no more (it left, or is silent): it is no member of anything.
    pub fn gone(&mut self, client: NodeId, desk: &mut impl Desk) {
        let _ = (client, desk.now());
    }

    /// A member lacks elements.
    pub fn missing(
        &mut self,
        client: NodeId,
        group: ObjectId,
        (from, to): (u32, u32),
        desk: &mut impl Desk,
    ) {
        let _ = (client, group, from, to, desk.now());
    }

    /// For the answer to a client's heartbeat: its groups, and the last place in each.
    #[must_use]
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        let _ = client;
        Box::default()
    }

    /// A multicast that was numbered here goes to the members.
    pub fn cast(&mut self, cast: Cast, desk: &mut impl Desk) {
        let _ = (cast, desk.now());
    }

    /// The names of a group's members are asked for.
    pub fn census(&mut self, census: Census, desk: &mut impl Desk) {
        let _ = (census, desk.now());
    }

    /// That operation has had its time.
    pub fn abandon(&mut self, id: OperationId) {
        let _ = id;
    }

    /// What replicas and other access peers say.
    pub fn on_message(&mut self, from: NodeId, message: Message, desk: &mut impl Desk) {
        let _ = (from, message, desk.now());
    }

    /// [`Timer::Group`](crate::protocol::clippee::Timer::Group) fired.
    pub fn on_group_timer(&mut self, group: ObjectId, desk: &mut impl Desk) {
        let _ = (group, desk.now());
    }

    /// [`Timer::Relay`](crate::protocol::clippee::Timer::Relay) fired.
    pub fn on_relay_timer(&mut self, token: u32, desk: &mut impl Desk) {
        let _ = (token, desk.now());
    }

    /// [`Timer::Names`](crate::protocol::clippee::Timer::Names) fired.
    pub fn on_names_timer(&mut self, token: u32, desk: &mut impl Desk) {
        let _ = (token, desk.now());
    }

    /// The replica set of `group`; `None`: it wasn't found.
    pub fn on_set(&mut self, group: ObjectId, set: Option<Arc<[NodeId]>>, desk: &mut impl Desk) {
        let _ = (group, set, desk.now());
    }

    /// The peer is leaving: its clients go elsewhere.
    pub fn leave(&mut self, desk: &mut impl Desk) {
        let _ = desk.now();
    }

    /// Groups whose replica sets are wanted, since this was last asked; `true`: what was known of
    /// it has proved wrong.
    pub fn take_wanted(&mut self) -> Vec<(ObjectId, bool)> {
        std::mem::take(&mut self.wanted)
    }

    /// Operations that have ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<(OperationId, Outcome)> {
        std::mem::take(&mut self.ended)
    }
}

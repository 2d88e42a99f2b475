//! The members of groups that a daemon serves (Spread's light-weight groups): who comes and who goes
//! is put into the order, so that all daemons know how many members each has.

use super::TokenRing;
use super::world::World;
use crate::node::{AttemptId, Context, NodeId, ObjectId, Operation, OperationId, Value, Version};
use crate::protocol::machine::{Command, State};
use crate::protocol::serving::groups::{
    Audiences, Back, Element, Entry, Message, Multicast, Stamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The members that one daemon serves.
#[derive(Debug)]
pub(super) struct Members {
    world: Arc<World>,
    audiences: Audiences,
    /// Clients whose joins, and whose leaves, are on their way through the order; of a leave, the
    /// count of its operation.
    joining: BTreeSet<(NodeId, ObjectId)>,
    leaving: BTreeMap<(NodeId, ObjectId), u32>,
    /// Parts told so far.
    stamps: u32,
    /// What is to be put into the order.
    pub commands: Vec<Command>,
}

impl Members {
    pub fn new(world: Arc<World>, group_log: u32) -> Self {
        Self {
            world,
            audiences: Audiences::new(group_log.max(1) as usize),
            joining: BTreeSet::new(),
            leaving: BTreeMap::new(),
            stamps: 0,
            commands: Vec::new(),
        }
    }

    /// How many memberships there are.
    pub fn len(&self) -> usize {
        self.audiences.len()
    }

    /// For the answer to a heartbeat.
    pub fn places(&self, client: NodeId) -> Box<[(ObjectId, u32)]> {
        self.audiences.places(client)
    }

    /// A member, or a client that wants to be one, speaks.
    pub fn on_message(
        &mut self,
        client: NodeId,
        message: &Message,
        state: &State,
        cx: &mut Context<'_, TokenRing>,
    ) {
        match *message {
            Message::Enter { group, turn, back } => {
                self.enter(client, (group, turn), back, state, cx);
            }
            Message::Exit { group, turn } => {
                let seat = self.audiences.of(group).and_then(|here| here.turn_of(client));
                if seat.is_none_or(|joined| joined > turn) {
                    self.audiences.exit(client, group, turn, cx);
                } else if self.leaving.insert((client, group), turn).is_none() {
                    self.joining.remove(&(client, group));
                    self.tell(client, group, (turn, false), cx);
                }
            }
            Message::Missing { group, from, to } => {
                self.audiences.missing(client, group, (from, to), cx);
            }
            _ => {}
        }
    }

    fn enter(
        &mut self,
        client: NodeId,
        (group, turn): (ObjectId, u32),
        back: Option<Back>,
        state: &State,
        cx: &mut Context<'_, TokenRing>,
    ) {
        let is_first = self.audiences.of(group).is_none();
        let is_new = self.audiences.enter(client, group, turn, back);
        if is_first {
            self.follow(group, state);
        }
        let left = self.leaving.remove(&(client, group)).is_some();
        if is_new || left {
            self.joining.insert((client, group));
            self.tell(client, group, (turn, true), cx);
        } else if !self.joining.contains(&(client, group)) {
            // The order knows it.
            self.audiences.welcome_one(client, group, self.standing(group, state), cx);
        }
    }

    /// The stream of a group is that of the state, from here on.
    fn follow(&mut self, group: ObjectId, state: &State) {
        let Some(here) = state.group(group) else { return };
        let (_, messages) = here.after(0);
        let elements = messages.iter().map(|&multicast| Element::Message(multicast)).collect();
        self.audiences.open(group, here.place(), elements);
    }

    /// The last number in total order, and the state after it.
    fn standing(&self, group: ObjectId, state: &State) -> (u32, Value) {
        let initial = || (Version::ZERO, self.world.initial(group));
        let (version, value) = state.held(group).unwrap_or_else(initial);
        (version.counter, value)
    }

    /// Puts into the order that a client comes or goes.
    fn tell(
        &mut self,
        client: NodeId,
        group: ObjectId,
        (turn, comes): (u32, bool),
        cx: &mut Context<'_, TokenRing>,
    ) {
        self.stamps += 1;
        let stamp = Stamp { incarnation: cx.incarnation(), count: self.stamps };
        let leaving = self.leaving.keys().filter(|(_, of)| *of == group).count() as u32;
        let seats = self.audiences.of(group).map_or(0, |here| here.len());
        let entry = Entry { peer: cx.id(), stamp, members: seats.saturating_sub(leaving) };
        let operation = if comes { Operation::Join { group } } else { Operation::Leave { group } };
        self.commands.push(Command {
            id: OperationId { client, count: turn },
            operation,
            attempt: AttemptId { coordinator: cx.id(), incarnation: cx.incarnation(), count: 0 },
            asked: cx.now(),
            payload: 0,
            entry: Some(entry),
        });
    }

    /// A client is served here no more.
    pub fn lose(&mut self, client: NodeId, cx: &mut Context<'_, TokenRing>) {
        for group in self.audiences.lose(client) {
            self.joining.remove(&(client, group));
            self.leaving.remove(&(client, group));
            self.tell(client, group, (0, false), cx);
            self.close_empty(group);
        }
    }

    fn close_empty(&mut self, group: ObjectId) {
        if self.audiences.of(group).is_some_and(|here| here.len() == 0) {
            self.audiences.close(group);
        }
    }

    /// That a client comes or goes is in the order now.
    pub fn on_ordered(
        &mut self,
        command: &Command,
        state: &State,
        cx: &mut Context<'_, TokenRing>,
    ) {
        let OperationId { client, count: turn } = command.id;
        let is_own = command.access() == cx.id();
        match command.operation {
            Operation::Join { group } if !is_own => self.leave_moved(client, group, turn, cx),
            Operation::Join { group } => {
                let waited = self.joining.remove(&(client, group));
                let standing = waited.then(|| self.standing(group, state));
                if let Some(standing) = standing {
                    self.audiences.welcome_one(client, group, standing, cx);
                }
            }
            Operation::Leave { group } if is_own => {
                if let Some(turn) = self.leaving.remove(&(client, group)) {
                    self.audiences.exit(client, group, turn, cx);
                    self.close_empty(group);
                }
            }
            _ => {}
        }
    }

    /// A client has joined at another daemon: unless it came back here since, it has gone over.
    fn leave_moved(
        &mut self,
        client: NodeId,
        group: ObjectId,
        turn: u32,
        cx: &mut Context<'_, TokenRing>,
    ) {
        let joined = self.audiences.of(group).and_then(|here| here.turn_of(client));
        let moved = joined.is_some_and(|joined| joined <= turn);
        if moved && !self.joining.contains(&(client, group)) {
            self.leaving.remove(&(client, group));
            self.audiences.drop_member(client, group);
            self.tell(client, group, (turn, false), cx);
        }
    }

    /// A message has its place in a group's stream.
    pub fn on_cast(
        &mut self,
        group: ObjectId,
        multicast: Multicast,
        cx: &mut Context<'_, TokenRing>,
    ) {
        if self.audiences.of(group).is_some() {
            self.audiences.deliver(group, Element::Message(multicast), cx);
        }
    }

    /// States have been made one: members get what they didn't have, as far as it is kept.
    pub fn catch_up(&mut self, state: &State, cx: &mut Context<'_, TokenRing>) {
        for (group, here) in state.groups() {
            let Some(audience) = self.audiences.of(group) else { continue };
            let place = audience.place();
            let (first, messages) = here.after(place);
            if first > place + 1 {
                self.audiences.open(group, first - 1, std::collections::VecDeque::new());
            }
            for &multicast in &messages {
                self.audiences.deliver(group, Element::Message(multicast), cx);
            }
        }
    }
}

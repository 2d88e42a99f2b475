//! A peer: overlay member, replica, coordinator and access peer in one (CLIPPEE 1).
//!
//! It hands each input to the part that it is for, and then carries what that part says to the
//! others, until nobody has anything to say.
//!
//! - `serving.rs`: what clients say, and the operations that they ask for. `settle.rs`: what the
//!   parts say to each other. `gauges.rs`: how large the tables are.

mod gauges;
mod serving;
mod settle;

use super::coordinator::Coordinator;
use super::desk::PeerDesk;
use super::gauge::Gauge;
use super::groups::{self, Access};
use super::replica::{Answers, Replica};
use super::requests::Requests;
use super::sessions::Sessions;
use super::{Clippee, Config, Message, Timer, World};
use crate::node::{Context, Input, NodeId, Setup};
use crate::protocol::overlay::{Notice, Overlay};
use std::sync::Arc;

/// A peer.
pub struct Peer {
    config: Arc<Config>,
    world: Arc<World>,
    overlay: Overlay,
    replica: Replica,
    coordinator: Coordinator,
    /// Not there until something has to do with a group: it would lie in the way of each step.
    access: Option<Box<Access>>,
    sessions: Sessions,
    requests: Requests,
    /// Whether a timer is armed for the oldest request, and for the next look at silent clients.
    watches_deadlines: bool,
    watches_sessions: bool,
    gauges: [Gauge; 10],
    notices: Vec<Notice>,
    answers: Answers,
}

/// A part of the peer, and the rest of the peer as that part needs it.
macro_rules! with_desk {
    ($peer:ident, $cx:ident) => {
        PeerDesk {
            overlay: &mut $peer.overlay,
            replica: &mut $peer.replica,
            notices: &mut $peer.notices,
            cx: $cx,
        }
    };
    ($peer:ident.$part:ident, $cx:ident) => {
        (&mut $peer.$part, &mut with_desk!($peer, $cx))
    };
}
use with_desk;

/// The part that serves members of groups, from here on there, and the rest of the peer.
macro_rules! with_access {
    ($peer:ident, $cx:ident) => {
        (
            &mut **$peer.access.get_or_insert_with(|| {
                Box::new(Access::new($peer.config.clone(), $cx.incarnation()))
            }),
            &mut with_desk!($peer, $cx),
        )
    };
}
use with_access;

impl Peer {
    pub(super) fn boot(setup: &Setup<'_, Clippee>, cx: &mut Context<'_, Clippee>) -> Self {
        let (config, world) = (setup.config.clone(), setup.world.clone());
        let mut notices = Vec::new();
        let overlay = Overlay::start(
            Arc::new(config.overlay.clone()),
            world.overlay.clone(),
            setup.contacts,
            cx,
            &mut notices,
        );
        let replica = Replica::start(config.clone(), world.clone(), setup.durable, &overlay, cx);
        let mut peer = Self {
            overlay,
            replica,
            coordinator: Coordinator::new(config.clone(), world.clone(), cx.incarnation()),
            access: None,
            sessions: Sessions::new(config.max_clients, config.heartbeat_interval),
            requests: Requests::new(config.operation_timeout),
            watches_deadlines: false,
            watches_sessions: false,
            gauges: Default::default(),
            notices,
            answers: Vec::new(),
            config,
            world,
        };
        peer.settle(cx);
        peer
    }

    pub(super) fn step(&mut self, input: Input<Clippee>, cx: &mut Context<'_, Clippee>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(timer) => self.on_timer(timer, cx),
            Input::Operation { id, operation } => {
                self.begin(id, operation, groups::Count::default(), cx);
            }
            Input::Leave => self.leave(cx),
        }
        self.settle(cx);
        self.tell_sizes(cx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, cx: &mut Context<'_, Clippee>) {
        match message {
            Message::Overlay(message) => {
                self.overlay.on_message(from, message, cx, &mut self.notices);
            }
            Message::Replica(message) => {
                self.replica.on_message(from, message, &self.overlay, cx, &mut self.answers);
            }
            Message::Lock(lock) => {
                let reply = self.replica.lock(lock, &self.overlay, cx);
                cx.send(from, Message::LockReply(Box::new(reply)));
            }
            Message::Commit(commit) => {
                if let Some(reply) = self.replica.commit(from, *commit, &self.overlay, cx) {
                    cx.send(from, Message::CommitReply(Box::new(reply)));
                }
            }
            Message::Unlock(unlock) => self.replica.unlock(unlock, cx),
            Message::Yield(yielded) => self.replica.give_way(yielded, cx),
            Message::Read(read) => {
                let reply = self.replica.read(read, &self.overlay, cx);
                cx.send(from, Message::ReadReply(Box::new(reply)));
            }
            Message::LockReply(reply) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_lock_reply(from, *reply, desk);
            }
            Message::CommitReply(reply) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_commit_reply(from, &reply, desk);
            }
            Message::ReadReply(reply) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_read_reply(from, &reply, desk);
            }
            Message::Attach
            | Message::Heartbeat
            | Message::Goodbye
            | Message::Request(_)
            | Message::Attached
            | Message::Refused { .. }
            | Message::HeartbeatReply { .. }
            | Message::Response(_) => self.on_client(from, &message, cx),
            Message::Group(message) => self.on_group(from, message, cx),
        }
    }

    fn on_group(&mut self, from: NodeId, message: groups::Message, cx: &mut Context<'_, Clippee>) {
        match message {
            groups::Message::Enter { .. }
            | groups::Message::Exit { .. }
            | groups::Message::Missing { .. } => self.on_member(from, &message, cx),
            groups::Message::Register(register) => {
                let reply = self.replica.register(register, &self.overlay, cx);
                cx.send(from, groups::Message::Registered(Box::new(reply)));
            }
            groups::Message::Poll(poll) => {
                let reply = self.replica.poll(poll, &self.overlay);
                cx.send(from, groups::Message::PollReply(reply));
            }
            groups::Message::Fill(fill) => {
                let reply = self.replica.fill(fill, &self.overlay);
                cx.send(from, groups::Message::Filled(Box::new(reply)));
            }
            message => {
                let (access, desk) = with_access!(self, cx);
                access.on_message(from, message, desk);
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, cx: &mut Context<'_, Clippee>) {
        match timer {
            Timer::Overlay(timer) => self.overlay.on_timer(timer, cx, &mut self.notices),
            Timer::Replica(timer) => {
                self.replica.on_timer(timer, &self.overlay, cx, &mut self.answers);
            }
            Timer::Update(object) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_update_timer(object, desk);
            }
            Timer::Spread(object) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_spread_timer(object, desk);
            }
            Timer::Read(token) => {
                let (coordinator, desk) = with_desk!(self.coordinator, cx);
                coordinator.on_read_timer(token, desk);
            }
            Timer::Group(group) => {
                let (access, desk) = with_access!(self, cx);
                access.on_group_timer(group, desk);
            }
            Timer::Relay(token) => {
                let (access, desk) = with_access!(self, cx);
                access.on_relay_timer(token, desk);
            }
            Timer::Names(token) => {
                let (access, desk) = with_access!(self, cx);
                access.on_names_timer(token, desk);
            }
            Timer::Deadline => self.on_deadline(cx),
            Timer::Sessions => self.on_silence(cx),
            Timer::Contact(_) | Timer::Heartbeat(_) | Timer::Pending(_) | Timer::Memberships => {}
        }
    }

    /// Says goodbye: neighbours, clients and objects go to others. What is under way here goes on
    /// for as long as the driver lets the peer run.
    fn leave(&mut self, cx: &mut Context<'_, Clippee>) {
        self.replica.leave(&self.overlay, cx);
        self.overlay.leave(cx);
        let (access, desk) = with_access!(self, cx);
        access.leave(desk);
        for client in self.sessions.dismiss() {
            cx.send(client, Message::Refused { instead: None });
        }
    }
}

//! The protocol that drivers run: one node, server, client or neither.

use super::client::Client;
use super::server::{Durable, Record, Server};
use super::{Config, World};
use crate::node::{Context, Digestible, Hasher, Input, NodeId, Observation, Protocol, Role, Setup};
use crate::protocol::serving::groups::MembershipsDue;
use crate::protocol::serving::{Message, Repeat};
use std::sync::Arc;

/// A timer of a client, or of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The home server hasn't answered, or is due for a heartbeat.
    Session,
    /// The operation of this number is due for a repeat, or for its end.
    Pending(u32),
    /// The same as for the home server, with another that groups live at.
    Visit(NodeId),
    /// Something about the groups of this server is due.
    Memberships(NodeId),
    /// At a server: time to look for members that have gone silent.
    Members,
}

impl From<MembershipsDue> for Timer {
    fn from(MembershipsDue(server): MembershipsDue) -> Self {
        Self::Memberships(NodeId(server))
    }
}

impl From<Repeat> for Timer {
    fn from(Repeat(count): Repeat) -> Self {
        Self::Pending(count)
    }
}

impl Digestible for Timer {
    fn digest(&self, hasher: &mut Hasher) {
        match self {
            Self::Session => hasher.word(0),
            Self::Pending(count) => (1_u8, *count).digest(hasher),
            Self::Visit(server) => (2_u8, *server).digest(hasher),
            Self::Memberships(server) => (3_u8, *server).digest(hasher),
            Self::Members => hasher.word(4),
        }
    }
}

/// A node of the client-server baseline.
pub struct ClientServer {
    /// Of the first peers only.
    server: Option<Box<Server>>,
    /// Every node can issue operations; without clients the peers do.
    client: Client,
}

impl Protocol for ClientServer {
    const NAME: &'static str = "client_server";
    type Config = Arc<Config>;
    type Message = Message;
    type Timer = Timer;
    type World = World;
    type Record = Record;
    type Durable = Durable;

    fn fold(durable: &mut Durable, record: Record) {
        durable.fold(record);
    }

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        let (config, world) = (setup.config.clone(), *setup.world);
        let mut client = Client::new(config.clone(), world);
        let server = match setup.role {
            Role::Client => {
                client.attach(cx);
                None
            }
            Role::Peer => {
                cx.observe(Observation::Joined);
                let serves = (1..=world.servers).contains(&cx.id().0);
                serves.then(|| Box::new(Server::boot(config, world, setup.durable, cx)))
            }
        };
        Self { server, client }
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        match input {
            Input::Message { from, message } => {
                if message.is_for_client() {
                    self.client.on_message(from, message, cx);
                } else if let Some(server) = &mut self.server {
                    server.on_message(from, &message, cx);
                }
            }
            Input::Timer(Timer::Session) => self.client.on_session_timer(cx),
            Input::Timer(Timer::Pending(count)) => self.client.on_due(count, cx),
            Input::Timer(Timer::Visit(server)) => self.client.on_visit_timer(server, cx),
            Input::Timer(Timer::Memberships(server)) => {
                self.client.on_memberships_due(server, cx);
            }
            Input::Timer(Timer::Members) => {
                if let Some(server) = &mut self.server {
                    server.on_members_timer(cx);
                }
            }
            Input::Operation { id, operation } => self.client.begin(id, operation, cx),
            // A server serves on until the driver stops it.
            Input::Leave => self.client.leave(cx),
        }
    }
}

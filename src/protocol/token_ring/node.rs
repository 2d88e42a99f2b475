//! The protocol that drivers run: one node, daemon or client.

use super::daemon::Daemon;
use super::world::World;
use super::{Config, Message, Timer};
use crate::node::{Context, Input, Observation, Protocol, Role, Setup};
use crate::protocol::serving::{Client, ClientConfig, Repeat};
use std::sync::Arc;

/// A node of the token-ring baseline.
pub struct TokenRing(Node);

enum Node {
    Daemon(Box<Daemon>),
    /// A peer that is no daemon is a client of one, for operations of its own.
    Client(Client),
}

impl Protocol for TokenRing {
    const NAME: &'static str = "token_ring";
    type Config = Arc<Config>;
    type Message = Message;
    type Timer = Timer;
    type World = Arc<World>;
    type Record = ();
    type Durable = ();

    fn fold((): &mut (), (): ()) {}

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        if setup.role == Role::Peer && setup.world.is_daemon(cx.id()) {
            return Self(Node::Daemon(Box::new(Daemon::boot(&setup, cx))));
        }
        if setup.role == Role::Peer {
            cx.observe(Observation::Joined);
        }
        let config = ClientConfig {
            heartbeat_interval: setup.config.heartbeat_interval,
            operation_timeout: setup.config.operation_timeout,
            object_bytes: setup.world.object_bytes,
            group_log: setup.config.group_log,
        };
        let contacts = setup.world.contacts(cx.id(), setup.contacts);
        Self(Node::Client(Client::boot(config, &contacts, cx)))
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        let client = match &mut self.0 {
            Node::Daemon(daemon) => return daemon.step(input, cx),
            Node::Client(client) => client,
        };
        match input {
            Input::Message { from, message: Message::Serving(message) } => {
                client.on_message(from, message, cx);
            }
            Input::Timer(Timer::Client(timer)) => client.on_timer(timer, cx),
            Input::Timer(Timer::Pending(count)) => client.on_due(Repeat(count), cx),
            Input::Timer(Timer::Memberships) => client.on_memberships_due(cx),
            Input::Operation { id, operation } => client.begin(id, operation, cx),
            Input::Leave => client.leave(cx),
            Input::Message { .. } | Input::Timer(_) => {}
        }
    }
}

//! The protocol that drivers run: one node, peer or client.

use super::peer::Peer;
use super::world::World;
use super::{Config, Message, Timer};
use crate::node::{Context, Input, Protocol, Role, Setup};
use crate::protocol::serving::{Client, ClientConfig, Repeat};
use std::sync::Arc;

/// A node of the consensus baseline.
pub struct Consensus(Node);

enum Node {
    Peer(Box<Peer>),
    Client(Client),
}

impl Protocol for Consensus {
    const NAME: &'static str = "consensus";
    type Config = Arc<Config>;
    type Message = Message;
    type Timer = Timer;
    type World = Arc<World>;
    type Record = ();
    type Durable = ();

    fn fold((): &mut (), (): ()) {}

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        Self(match setup.role {
            Role::Peer => Node::Peer(Box::new(Peer::boot(&setup, cx))),
            Role::Client => {
                let config = ClientConfig {
                    heartbeat_interval: setup.config.heartbeat_interval,
                    operation_timeout: setup.config.operation_timeout,
                    object_bytes: setup.world.object_bytes,
                    group_log: setup.config.group_log,
                };
                Node::Client(Client::boot(config, setup.contacts, cx))
            }
        })
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        let client = match &mut self.0 {
            Node::Peer(peer) => return peer.step(input, cx),
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

//! The protocol that drivers run: one node, peer or client.

use super::client::Client;
use super::peer::Peer;
use super::replica::{Durable, Record};
use super::{Config, Message, Timer, World};
use crate::node::{Context, Input, Protocol, Role, Setup};
use std::sync::Arc;

/// A node of Clippee.
pub enum Clippee {
    /// A member of the overlay.
    Peer(Box<Peer>),
    /// A user of one access peer. Not boxed: there are many, and each is small.
    Client(Client),
}

impl Protocol for Clippee {
    const NAME: &'static str = "clippee";
    type Config = Arc<Config>;
    type Message = Message;
    type Timer = Timer;
    type World = Arc<World>;
    type Record = Record;
    type Durable = Durable;

    fn fold(durable: &mut Durable, record: Record) {
        durable.fold(record);
    }

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        match setup.role {
            Role::Peer => Self::Peer(Box::new(Peer::boot(&setup, cx))),
            Role::Client => Self::Client(Client::boot(&setup, cx)),
        }
    }

    fn glance(&self) -> u32 {
        match self {
            Self::Peer(peer) => peer.glance(),
            Self::Client(client) => client.glance(),
        }
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        match self {
            Self::Peer(peer) => peer.step(input, cx),
            Self::Client(client) => client.step(input, cx),
        }
    }
}

//! The bench: a host protocol, for its types only.

use super::super::*;
use crate::node::{Input, MessageKind, Setup, WireSize};
use crate::protocol::overlay;

/// A protocol that embeds a replica and nothing else: tests call the replica's methods themselves.
pub struct Bench;

#[derive(Clone, Debug, PartialEq)]
pub enum Wire {
    Overlay,
    Replica(Message),
}

impl From<overlay::Message> for Wire {
    fn from(_: overlay::Message) -> Self {
        Self::Overlay
    }
}

impl From<Message> for Wire {
    fn from(message: Message) -> Self {
        Self::Replica(message)
    }
}

impl WireSize for Wire {
    fn wire_size(&self) -> u32 {
        0
    }
}

impl MessageKind for Wire {
    const KINDS: &'static [&'static str] = &["any"];
    fn kind(&self) -> usize {
        0
    }
    fn is_background(_: usize) -> bool {
        true
    }
}

impl Digestible for Wire {
    fn digest(&self, _: &mut Hasher) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tick {
    Overlay,
    Replica(Timer),
}

impl From<overlay::Timer> for Tick {
    fn from(_: overlay::Timer) -> Self {
        Self::Overlay
    }
}

impl From<Timer> for Tick {
    fn from(timer: Timer) -> Self {
        Self::Replica(timer)
    }
}

impl Digestible for Tick {
    fn digest(&self, _: &mut Hasher) {}
}

impl Protocol for Bench {
    const NAME: &'static str = "bench";
    type Config = ();
    type Message = Wire;
    type Timer = Tick;
    type World = ();
    type Record = Record;
    type Durable = Durable;
    fn fold(durable: &mut Durable, record: Record) {
        durable.fold(record);
    }
    fn boot(_: Setup<'_, Self>, _: &mut Context<'_, Self>) -> Self {
        Self
    }
    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

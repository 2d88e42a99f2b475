//! Messages that leave their shard.
//!
//! A message's delay is at least the network's least one, so what leaves during a window that is no
//! longer arrives behind its end: it is handed over between two windows.

use super::event::{Event, Kind};
use crate::node::{NodeId, Time};

/// A message on its way, or in a queue of its sender or target.
#[derive(Debug)]
pub struct Parcel<M> {
    /// To whom.
    pub to: NodeId,
    /// What it says.
    pub message: M,
}

/// A message that goes over to another shard.
#[derive(Debug)]
pub struct Moved<M> {
    /// Its arrival; the handle is that of the shard that it leaves.
    pub event: Event,
    /// The message.
    pub parcel: Parcel<M>,
}

/// What leaves a shard during a window.
#[derive(Debug)]
pub struct Outbox<M> {
    /// By target shard.
    pub boxes: Vec<Vec<Moved<M>>>,
    /// When the first of them arrives.
    pub earliest: Time,
    /// Their handles, which nothing else may have before all that tell of it are told.
    pub handles: Vec<u32>,
}

impl<M> Outbox<M> {
    /// Empty boxes for so many shards.
    #[must_use]
    pub fn new(shards: u32) -> Self {
        let boxes = (0..shards).map(|_| Vec::new()).collect();
        Self { boxes, earliest: Time::NEVER, handles: Vec::new() }
    }

    /// Takes a message in, for shard `to`.
    pub fn post(&mut self, to: usize, moved: Moved<M>) {
        debug_assert_eq!(moved.event.kind, Kind::Arrive);
        self.earliest = self.earliest.min(moved.event.at);
        self.handles.push(moved.event.a);
        self.boxes[to].push(moved);
    }
}

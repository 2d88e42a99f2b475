//! How messages go from shard to shard, and what they are called there.

use super::Shard;
use crate::node::{Observer, Pending, Protocol, Time};
use crate::sim::event::Event;
use crate::sim::post::Moved;

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// What observers know a message by: no two shards use the same names.
    pub(super) fn message_name(&self, handle: u32) -> Pending {
        Pending::Message(self.name(handle))
    }

    /// What observers know a timer by.
    pub(super) fn timer_name(&self, slot: u32) -> Pending {
        Pending::Timer(self.name(slot))
    }

    /// Unique as long as fewer than 2^32 / shards things are under way in each: those would take a
    /// hundred gigabytes.
    const fn name(&self, number: u32) -> u32 {
        let (shards, shard) = (self.territory.partition.shards(), self.territory.shard);
        number.wrapping_mul(shards).wrapping_add(shard)
    }

    /// A message for a node of another shard, the name of which stands in its event from now on.
    #[cold]
    pub(super) fn post(&mut self, event: Event) {
        let parcel = self.parcels.withdraw(event.a);
        let to = self.territory.partition.owner(event.target);
        self.outbox.post(to, Moved { event, parcel });
    }

    /// Takes in what others posted, leaving nothing.
    pub(in crate::sim) fn take_in(&mut self, from: u32, posted: &mut Vec<Moved<P::Message>>) {
        let shards = self.territory.partition.shards();
        for Moved { event, parcel } in posted.drain(..) {
            let old = Pending::Message(event.a.wrapping_mul(shards).wrapping_add(from));
            let handle = self.parcels.insert(parcel);
            self.observer.copied(old, self.message_name(handle));
            self.queue.push(Event { a: handle, ..event });
        }
    }

    /// All have taken in what this shard posted: its names are free.
    pub(in crate::sim) fn free_posted(&mut self) {
        for handle in self.outbox.handles.drain(..) {
            self.parcels.free(handle);
        }
        self.outbox.earliest = Time::NEVER;
    }

    /// Nothing happens before this, neither here nor because of what was posted.
    pub(in crate::sim) fn earliest(&self) -> Time {
        self.queue.earliest().unwrap_or(Time::NEVER).min(self.outbox.earliest)
    }
}

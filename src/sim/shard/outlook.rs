//! What the shard tells its queue about the events in it.

use super::Shard;
use crate::node::{Observer, Protocol, Time, TimerId, Timers};
use crate::sim::event::{Event, Kind};
use crate::sim::network::Network;
use crate::sim::nodes::Nodes;
use crate::sim::pool::Pool;
use crate::sim::post::Parcel;
use crate::sim::queue::Foresight;
use std::hint::black_box;

struct Outlook<'a, P: Protocol, O> {
    nodes: &'a Nodes<P>,
    parcels: &'a Pool<Parcel<P::Message>>,
    timers: &'a Timers<P::Timer>,
    network: &'a Network,
    observer: &'a O,
}

impl<P: Protocol, O: Observer<P>> Foresight for Outlook<'_, P, O> {
    /// A timer that was disarmed is dropped when its event is moved for the first time, rather than
    /// sorted and brought to its end.
    fn matters(&self, event: &Event) -> bool {
        event.kind != Kind::Timer
            || self.timers.is_armed(TimerId { slot: event.a, generation: event.b })
    }

    /// With many nodes everything that a step touches is far away in memory. Nothing here depends on
    /// what comes before, so the processor fetches many of these at once; in the steps themselves
    /// it would wait for each.
    fn prepare(&self, events: &[Event]) {
        let mut sum = 0_u32;
        for event in events {
            sum ^= self.nodes.glance(event.target)
                ^ self.network.glance(event.target)
                ^ self.observer.glance(event.target);
            match event.kind {
                Kind::Depart | Kind::Arrive | Kind::Handle => {
                    // The first word says whether it is there, the last one who gets it: it may lie
                    // across two lines. The answer goes to where the question came from.
                    let to = self.parcels.item(event.a).map_or(0, |parcel| parcel.to.0);
                    sum ^= to ^ self.network.glance(event.origin);
                }
                Kind::Timer => sum ^= u32::from(self.matters(event)),
                _ => {}
            }
        }
        // What the protocol keeps lies behind what was fetched by now.
        for event in events {
            let live = self.nodes.live(event.target);
            sum ^= live.and_then(|live| live.state.as_ref()).map_or(0, P::glance);
        }
        black_box(sum);
    }
}

impl<P: Protocol, O: Observer<P>> Shard<P, O> {
    /// Takes the next event out of the queue, if it comes at `until` at the latest.
    pub(in crate::sim) fn next_event(&mut self, until: Time) -> Option<Event> {
        let (nodes, parcels, timers) = (&self.nodes, &self.parcels, &self.timers);
        let (network, observer) = (&self.plan.network, &self.observer);
        self.queue.next(until, &Outlook { nodes, parcels, timers, network, observer })
    }
}

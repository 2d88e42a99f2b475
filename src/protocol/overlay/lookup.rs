//! Lookups of this peer: sent off, tried again end to end, answered once (CLIPPEE 2).

use super::Key;
use super::message::{Purpose, Route, Timer};
use super::node::{Host, Io, Notice, Overlay, Standing};
use super::routing::Hop;
use crate::node::{NodeId, Span, TimerId};

/// Lookups of one peer at a time; further ones are lost at once.
pub(super) const BOUND: usize = 4096;
/// How long an answer may take. Above the largest timeout of a hop, so that one dead hop on the way
/// is no reason.
const PATIENCE: Span = Span::from_secs(3);
/// After so many tries a lookup is lost.
const TRIES: u8 = 4;

/// A lookup that waits for its answer.
#[derive(Debug)]
pub(super) struct Lookup {
    /// This peer's number for it: [`Route::token`].
    number: u32,
    /// The host's.
    token: u32,
    key: Key,
    tries: u8,
    timer: TimerId,
    /// Where it was sent last: the next try goes elsewhere, if there is an elsewhere.
    first_hop: Option<NodeId>,
}

impl Overlay {
    /// See [`Overlay::lookup`].
    pub(super) fn begin_lookup<H: Host>(&mut self, key: Key, token: u32, io: &mut Io<'_, '_, H>) {
        if self.lookups.len() >= BOUND {
            io.notices.push(Notice::Lost { token });
            return;
        }
        let number = self.number();
        let timer = io.cx.arm(Timer::Lookup(number), PATIENCE);
        self.lookups.push(Lookup { number, token, key, tries: 1, timer, first_hop: None });
        self.send_lookup(self.lookups.len() - 1, io);
    }

    /// Sends off the lookup at `index`; it may end at once.
    fn send_lookup<H: Host>(&mut self, index: usize, io: &mut Io<'_, '_, H>) {
        if self.standing == Standing::Joining {
            return;
        }
        let lookup = &self.lookups[index];
        let (key, token) = (lookup.key, lookup.number);
        let purpose = Purpose::Lookup;
        let route = Route { key, origin: self.id, token, hop: 0, hops: 0, purpose };
        match self.next_hop(&route, lookup.first_hop.as_slice()) {
            Hop::Root if self.standing == Standing::Joined => {
                self.found(token, self.id, self.view_of(key), 0, io);
            }
            // A peer that leaves and knows nobody: the timeout ends it.
            Hop::Root => {}
            Hop::To(next) | Hop::Wait(next) => {
                self.lookups[index].first_hop = Some(next);
                self.send_hop(route, next, io);
            }
        }
    }

    /// The peer has joined: what waited for that is sent off.
    pub(super) fn send_waiting_lookups<H: Host>(&mut self, io: &mut Io<'_, '_, H>) {
        // Backwards, because a lookup that ends at once is taken out.
        for index in (0..self.lookups.len()).rev() {
            self.send_lookup(index, io);
        }
    }

    /// The root has answered lookup `number`; later answers find it gone.
    pub(super) fn found<H: Host>(
        &mut self,
        number: u32,
        root: NodeId,
        replicas: Vec<NodeId>,
        hops: u16,
        io: &mut Io<'_, '_, H>,
    ) {
        let Some(index) = self.lookups.iter().position(|lookup| lookup.number == number) else {
            return;
        };
        let lookup = self.lookups.swap_remove(index);
        io.cx.disarm(lookup.timer);
        let hops = u32::from(hops);
        io.notices.push(Notice::Found { token: lookup.token, root, replicas, hops });
    }

    /// No answer in time.
    pub(super) fn on_lookup_timeout<H: Host>(&mut self, number: u32, io: &mut Io<'_, '_, H>) {
        let Some(index) = self.lookups.iter().position(|lookup| lookup.number == number) else {
            return;
        };
        if self.lookups[index].tries >= TRIES {
            let lookup = self.lookups.swap_remove(index);
            io.notices.push(Notice::Lost { token: lookup.token });
            return;
        }
        self.lookups[index].tries += 1;
        self.lookups[index].timer = io.cx.arm(Timer::Lookup(number), PATIENCE);
        self.send_lookup(index, io);
    }
}

//! What an access peer has delivered to its members of a group, for those who lost some of it.

use crate::node::{Order, Time};
use crate::protocol::clippee::groups::{Element, Multicast};
use std::collections::{BTreeMap, VecDeque};

/// The last elements of a delivery stream.
pub(super) struct Log {
    /// The place of the last one.
    place: u32,
    /// With the instants at which they were delivered.
    elements: VecDeque<(Time, Element)>,
    most: usize,
    /// Messages in total order that were delivered elsewhere, or longer ago than the log reaches:
    /// fetched for members that come back. By number.
    backlog: BTreeMap<u32, Multicast>,
}

impl Log {
    /// Goes on behind `place`; at most `most` elements.
    pub const fn new(place: u32, most: usize) -> Self {
        Self { place, elements: VecDeque::new(), most, backlog: BTreeMap::new() }
    }

    pub const fn place(&self) -> u32 {
        self.place
    }

    /// The next element; its place.
    pub fn push(&mut self, element: Element, now: Time) -> u32 {
        if self.elements.len() == self.most {
            self.elements.pop_front();
        }
        self.elements.push_back((now, element));
        self.place += 1;
        self.place
    }

    /// Those of the places `from` to `to` that are left.
    pub fn range(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, Element)> + '_ {
        let first = self.place - self.elements.len() as u32 + 1;
        let places = from.max(first)..=to.min(self.place);
        places.map(move |place| (place, self.elements[(place - first) as usize].1))
    }

    /// A message that members have had elsewhere, if they were members then.
    pub fn keep(&mut self, multicast: Multicast) {
        if multicast.order == Order::Total {
            self.backlog.insert(multicast.number, multicast);
            if self.backlog.len() > self.most {
                self.backlog.pop_first();
            }
        }
    }

    /// The messages that a member lacks who has had all numbers up to `after`, in the order of
    /// delivery: those of the backlog, and then those of the log, all in fifo order that were
    /// delivered at or after `since` included. Those above `number` come by delivery.
    pub fn missed(&self, after: u32, number: u32, since: Time) -> Vec<Multicast> {
        let old = self.totals().next().map_or(number, |multicast| multicast.number - 1);
        let old = old.min(number);
        let backlog = (after < old).then(|| self.backlog.range(after + 1..=old));
        let mut missed: Vec<_> = backlog.into_iter().flatten().map(|(_, known)| *known).collect();
        let is_lacking = |(at, multicast): &(Time, &Multicast)| match multicast.order {
            Order::Total => after < multicast.number,
            Order::Fifo => since <= *at,
        };
        missed.extend(self.messages().filter(is_lacking).map(|(_, multicast)| *multicast));
        missed
    }

    /// Whether all numbers behind `after`, up to `number`, are here.
    pub fn holds(&self, after: u32, number: u32) -> bool {
        let held = self.missed(after, number, Time::NEVER);
        let held = held.iter().filter(|held| held.order == Order::Total).count();
        held as u64 == u64::from(number.saturating_sub(after))
    }

    /// Whether all that was delivered since `since` is here.
    pub fn reaches(&self, since: Time) -> bool {
        let oldest = self.elements.front().map_or(Time::ZERO, |(at, _)| *at);
        self.elements.len() < self.most || oldest <= since
    }

    /// What was delivered in fifo order at or after `since`.
    pub fn fifo_since(&self, since: Time) -> impl Iterator<Item = &Multicast> {
        let fifo =
            self.messages().filter(move |(at, one)| one.order == Order::Fifo && since <= *at);
        fifo.map(|(_, multicast)| multicast)
    }

    fn messages(&self) -> impl Iterator<Item = (Time, &Multicast)> {
        self.elements.iter().filter_map(|(at, element)| match element {
            Element::Message(multicast) => Some((*at, multicast)),
            Element::Lost { .. } | Element::Doubt { .. } => None,
        })
    }

    fn totals(&self) -> impl Iterator<Item = &Multicast> {
        self.messages().map(|(_, multicast)| multicast).filter(|one| one.order == Order::Total)
    }
}

//! Members that come to a group here, and those that come back to it from another access peer.

use super::group::{Group, Joiner};
use super::log::Log;
use super::recall::{Purpose, Wanted};
use super::shared::Shared;
use crate::node::{NodeId, Span, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{Back, Element, Message, Multicast, Recalled, Welcome};

impl Group {
    pub fn enter(
        &mut self,
        client: NodeId,
        back: Option<Back>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let number = back.map(|back| back.number);
        let since = desk.now() - back.map_or(Span::ZERO, |back| back.age);
        if back.is_some() {
            self.returned = Some(self.returned.map_or(since, |returned| returned.min(since)));
        }
        let known = self.joiners.get(&client).filter(|joiner| joiner.number == number);
        let new = Joiner { number, since, served: false, recalled: back.is_none() };
        let joiner = known.copied().unwrap_or(new);
        self.joiners.insert(client, joiner);
        if !self.registration.has_begun() {
            let count = self.count();
            self.registration.begin(self.group, count, shared, desk);
        }
        self.settle(shared, desk);
    }

    /// Welcomes those whose state is here, and what they missed, or it can't be had.
    pub(super) fn welcome(&mut self, desk: &mut impl Desk) {
        let (Some(number), Some(value)) = (self.total.number(), self.total.value()) else { return };
        let Some(known) = self.registration.known_since() else { return };
        let (group, place, log, recalls) = (self.group, self.log.place(), &self.log, &self.recalls);
        let members = &mut self.members;
        self.joiners.retain(|&client, joiner| {
            let is_old = joiner.since < known;
            let is_told = !is_old || recalls.reaches(joiner.since);
            if !joiner.is_served(number, log) || !joiner.recalled && !is_told {
                return true;
            }
            let mut missed = Vec::new();
            if let Some(after) = joiner.number {
                missed = log.missed(after, number, joiner.since);
                if is_old {
                    missed = recalls.join(missed);
                }
            }
            let is_whole = is_told && log.reaches(joiner.since.max(known));
            let doubt = joiner.number.is_some() && !is_whole;
            let missed = missed.into();
            let welcome = Welcome { group, place, number, value, missed, doubt };
            desk.send(client, Message::Welcome(Box::new(welcome)).into());
            members.insert(client);
            false
        });
    }

    /// Asks other access peers for what was said in fifo order while there were no members here, if
    /// somebody lacks it. Whether nobody is left to be asked.
    pub(super) fn seek_recall(&mut self, desk: &mut impl Desk) -> bool {
        let Some(known) = self.registration.known_since() else { return false };
        if let Some(from) = self.registration.take_lapse() {
            self.recalls.ask_at(desk.now(), from);
        }
        if self.recalls.is_idle() {
            let lacking = self.joiners.values().filter(|joiner| !joiner.recalled);
            let since = lacking.map(|joiner| joiner.since).min();
            let since = since.filter(|&since| since < known && !self.recalls.reaches(since));
            let returning = since.map(|from| Wanted { from, purpose: Purpose::Returning });
            let wanted = returning.or_else(|| {
                let from = self.recalls.take_due(desk.now())?;
                Some(Wanted { from, purpose: Purpose::All })
            });
            let Some(wanted) = wanted else { return false };
            self.recalls.begin(wanted, self.registration.others(), desk);
        }
        let Some(Wanted { from, purpose }) = self.recalls.step(self.group, desk) else {
            return false;
        };
        if purpose == Purpose::All {
            self.deliver(Element::Doubt { sender: None }, desk);
        }
        for joiner in self.joiners.values_mut().filter(|joiner| from <= joiner.since) {
            joiner.recalled = true;
        }
        true
    }

    /// Another access peer tells what it delivered.
    pub fn on_recalled(
        &mut self,
        from: NodeId,
        recalled: &Recalled,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        for (multicast, origin) in self.recalls.on_recalled(from, recalled, desk.now()) {
            self.take(multicast, origin, shared, desk);
        }
        self.settle(shared, desk);
    }

    /// What was delivered here in fifo order since `from`, and whether that is all that was sent
    /// since then.
    pub fn recall(&self, from: Time) -> (Box<[(Multicast, NodeId)]>, bool) {
        let origin = |one: &Multicast| Some((*one, self.fifo.origin(one.id.client)?));
        let messages = self.log.fifo_since(from).filter_map(origin).collect();
        let known = self.registration.known_since().is_some_and(|known| known <= from);
        (messages, known && self.log.reaches(from))
    }
}

impl Joiner {
    /// Whether all is here that it missed in total order, or it can't be had.
    pub(super) fn is_served(&self, number: u32, log: &Log) -> bool {
        self.served || self.number.is_none_or(|after| after >= number || log.holds(after, number))
    }
}

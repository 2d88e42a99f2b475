//! One group at its access peer: who is a member here, and what has been delivered to them.

use super::asking::{Asking, Step};
use super::fifo::Fifo;
use super::log::Log;
use super::registration::Registration;
use super::shared::{GAP_PATIENCE, Shared, earlier};
use super::total::Total;
use crate::node::{NodeId, ObjectId, Order, Span, Time};
use crate::protocol::clippee::coordinator::Desk;
use crate::protocol::clippee::groups::{
    Back, Deliver, Element, Filled, Message, Multicast, Supply, Welcome,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A group that has members here, or clients that wait to become members.
pub(super) struct Group {
    pub group: ObjectId,
    pub registration: Registration,
    members: BTreeSet<NodeId>,
    /// Clients that wait for their welcome.
    joiners: BTreeMap<NodeId, Joiner>,
    total: Total,
    fifo: Fifo,
    log: Log,
    /// The question for the group's state, and for what members that come back have missed.
    state: Option<Asking>,
    /// The question for what lacks in total order.
    gap: Option<Asking>,
}

#[derive(Clone, Copy)]
struct Joiner {
    /// The last number in total order that it has; `None`: it is new.
    number: Option<u32>,
    /// Since when it has been a member.
    since: Time,
    /// Whether replicas have been asked for what it missed.
    served: bool,
}

/// What is kept of a group without members: places go on where they were, so that nothing old
/// passes for something new, and what senders sent isn't delivered again.
#[derive(Default)]
pub(super) struct Remains {
    place: u32,
    fifo: Fifo,
}

impl Group {
    pub fn new(group: ObjectId, remains: Remains, shared: &Shared) -> Self {
        let length = shared.log_length();
        Self {
            group,
            registration: Registration::default(),
            members: BTreeSet::new(),
            joiners: BTreeMap::new(),
            total: Total::new(length),
            fifo: remains.fifo,
            log: Log::new(remains.place, length),
            state: None,
            gap: None,
        }
    }

    /// The last member has left.
    pub fn end(mut self) -> (Registration, Remains) {
        self.fifo.pause();
        (self.registration, Remains { place: self.log.place(), fifo: self.fifo })
    }

    pub const fn members(&self) -> &BTreeSet<NodeId> {
        &self.members
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.joiners.is_empty()
    }

    /// Members and those who wait to become members, each once.
    fn count(&self) -> u32 {
        let waiting = self.joiners.keys().filter(|client| !self.members.contains(client)).count();
        u32::try_from(self.members.len() + waiting).unwrap_or(u32::MAX)
    }

    /// The place of the last element.
    pub fn place(&self) -> u32 {
        self.log.place()
    }

    // Members.

    pub fn enter(
        &mut self,
        client: NodeId,
        back: Option<Back>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let number = back.map(|back| back.number);
        let since = desk.now() - back.map_or(Span::ZERO, |back| back.age);
        let known = self.joiners.get(&client).filter(|joiner| joiner.number == number);
        let joiner = known.copied().unwrap_or(Joiner { number, since, served: false });
        self.joiners.insert(client, joiner);
        if !self.registration.has_begun() {
            let count = self.count();
            self.registration.begin(self.group, count, shared, desk);
        }
        self.settle(shared, desk);
    }

    pub fn exit(&mut self, client: NodeId) {
        self.members.remove(&client);
        self.joiners.remove(&client);
    }

    /// Sends the elements of these places again, those that are left of them.
    pub fn missing(&self, client: NodeId, (from, to): (u32, u32), desk: &mut impl Desk) {
        if self.members.contains(&client) {
            for (place, element) in self.log.range(from, to) {
                let deliver = Deliver { group: self.group, place, element };
                desk.send(client, Message::Deliver(deliver).into());
            }
        }
    }

    /// Welcomes those whose state is here.
    fn welcome(&mut self, desk: &mut impl Desk) {
        let (Some(number), Some(value)) = (self.total.number(), self.total.value()) else { return };
        let (group, place, log) = (self.group, self.log.place(), &self.log);
        let members = &mut self.members;
        self.joiners.retain(|&client, joiner| {
            if !joiner.is_served(number, log) {
                return true;
            }
            let missed = |after| log.missed(after, number, joiner.since);
            let missed = joiner.number.map(missed).unwrap_or_default();
            let welcome = Welcome { group, place, number, value, missed: missed.into() };
            desk.send(client, Message::Welcome(Box::new(welcome)).into());
            members.insert(client);
            false
        });
    }

    // Delivery.

    /// A message came down the tree, or entered it here.
    pub fn take(
        &mut self,
        multicast: Multicast,
        origin: NodeId,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        match multicast.order {
            Order::Total => self.total.take(multicast, desk.now()),
            Order::Fifo => {
                let mut due = Vec::new();
                let most = shared.log_length();
                self.fifo.take((multicast, origin), most, desk.now(), &mut due);
                self.deliver_all(due, desk);
                self.ask_senders(shared, desk);
            }
        }
        self.settle(shared, desk);
    }

    /// An access peer tells what was sent in fifo order.
    pub fn on_supply(&mut self, from: NodeId, supply: &Supply, desk: &mut impl Desk) {
        let mut due = Vec::new();
        self.fifo.on_supply(from, supply, desk.now(), &mut due);
        self.deliver_all(due, desk);
    }

    fn ask_senders(&mut self, shared: &Shared, desk: &mut impl Desk) {
        let mut due = Vec::new();
        let about = (self.group, self.registration.since());
        self.fifo.on_due(about, shared, desk, &mut due);
        self.deliver_all(due, desk);
    }

    fn deliver_all(&mut self, messages: Vec<Multicast>, desk: &mut impl Desk) {
        messages.into_iter().for_each(|message| self.deliver(Element::Message(message), desk));
    }

    fn deliver(&mut self, element: Element, desk: &mut impl Desk) {
        let deliver =
            Deliver { group: self.group, place: self.log.push(element, desk.now()), element };
        for &member in &self.members {
            desk.send(member, Message::Deliver(deliver).into());
        }
    }

    // Replicas.

    /// The replica set came, or can't be found.
    pub fn on_set(
        &mut self,
        set: Option<Arc<[NodeId]>>,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.registration.on_set(self.group, set, shared, desk);
        self.settle(shared, desk);
    }

    /// A replica answers to a [`Fill`](super::super::Fill).
    pub fn on_filled(
        &mut self,
        from: NodeId,
        filled: &Filled,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        self.take_filled(from, filled, shared, desk);
        self.settle(shared, desk);
    }

    fn take_filled(
        &mut self,
        from: NodeId,
        filled: &Filled,
        shared: &mut Shared,
        desk: &mut impl Desk,
    ) {
        let now = desk.now();
        let answers_state =
            self.state.as_mut().is_some_and(|asking| asking.is_answer(from, filled, now));
        let answers_gap =
            self.gap.as_mut().is_some_and(|asking| asking.is_answer(from, filled, now));
        if !filled.responsible {
            if answers_state || answers_gap {
                self.registration.renew(self.group, shared, desk);
            }
            return;
        }
        let front = self.total.number();
        if answers_state && filled.number >= front.unwrap_or_else(|| self.registration.front().0) {
            self.state = None;
            if front.is_none() {
                self.total.begin(filled.number, filled.value);
            }
            for joiner in self.joiners.values_mut() {
                joiner.served |= joiner.number.is_some_and(|number| filled.after <= number);
            }
        }
        let Some(number) = self.total.number() else { return };
        for &multicast in &filled.messages {
            if multicast.number <= number {
                self.log.keep(multicast);
            } else {
                // What lacks between them isn't on its way: it is asked for without patience.
                self.total.take(multicast, Time::ZERO);
            }
        }
        self.total.exists(filled.number, now);
        self.total.state(filled.number, filled.value);
        if answers_gap {
            self.note_gone(from, filled, now);
        }
    }

    /// What a replica doesn't have that has had later numbers isn't to be had there.
    fn note_gone(&mut self, from: NodeId, filled: &Filled, now: Time) {
        let lacks = |number: u32| filled.messages.iter().all(|message| message.number != number);
        if let Some(asking) = &mut self.gap
            && asking.upto.is_none_or(|upto| filled.number >= upto)
            && lacks(asking.after + 1)
        {
            asking.is_gone_at(from, now);
        }
    }

    // What is due.

    /// When something is due.
    pub fn due(&self) -> Option<Time> {
        let gap = match (&self.gap, self.registration.set()) {
            (Some(asking), _) => Some(asking.due()),
            (None, Some(_)) => self.total.gap_due(GAP_PATIENCE),
            (None, None) => None,
        };
        let state = self.state.as_ref().filter(|_| self.registration.is_confirmed());
        let asked = earlier(state.map(Asking::due), gap);
        earlier(earlier(self.registration.due(), self.fifo.due()), asked)
    }

    pub fn on_due(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        let count = self.count();
        self.registration.on_due(self.group, count, shared, desk);
        self.ask_senders(shared, desk);
        self.settle(shared, desk);
    }

    /// Does all that what has been heard makes possible: delivers, asks replicas for what lacks,
    /// welcomes.
    pub fn settle(&mut self, shared: &mut Shared, desk: &mut impl Desk) {
        loop {
            if let Some(number) = self.registration.take_heard() {
                self.total.exists(number, desk.now());
            }
            while let Some(multicast) = self.total.next() {
                self.deliver(Element::Message(multicast), desk);
            }
            if self.registration.is_confirmed() {
                self.welcome(desk);
            }
            if !(self.seek_state(shared, desk) || self.seek_gap(shared, desk)) {
                return;
            }
        }
    }

    /// Asks for the group's state, and for what members missed who come back, if somebody waits for
    /// it. Whether there was an answer at once.
    fn seek_state(&mut self, shared: &mut Shared, desk: &mut impl Desk) -> bool {
        if !self.registration.is_confirmed() {
            return false;
        }
        let Some(set) = self.registration.set() else { return false };
        if self.state.is_none() {
            let (front, first) = self.registration.front();
            let Some(after) = self.wants_state(front) else { return false };
            self.state = Some(Asking::new((after, None), set, &first, desk));
        }
        let Some(asking) = &mut self.state else { return false };
        asking.renew(set, desk);
        match asking.step(self.group, shared, desk) {
            Step::Waits => false,
            Step::Own(filled) => {
                self.take_filled(desk.id(), &filled, shared, desk);
                true
            }
            Step::Exhausted => {
                self.state = None;
                self.joiners.values_mut().for_each(|joiner| joiner.served = true);
                if self.total.value().is_none() {
                    self.registration.renew(self.group, shared, desk);
                }
                self.total.number().is_some()
            }
        }
    }

    /// From behind which number on the group's messages are wanted, if they are.
    fn wants_state(&self, front: u32) -> Option<u32> {
        let number = self.total.number().unwrap_or(front);
        let lacking = |joiner: &&Joiner| !joiner.is_served(number, &self.log);
        let missed = self.joiners.values().filter(lacking).filter_map(|joiner| joiner.number).min();
        // What fills a gap brings the state too.
        let is_unknown = self.total.value().is_none() && self.total.gap().is_none();
        let wants = !self.joiners.is_empty() && (is_unknown || missed.is_some());
        wants.then(|| missed.unwrap_or(number).min(number))
    }

    /// Asks for what lacks in total order, if it has been lacking for too long, and gives up what
    /// can't be had. Whether there was an answer at once.
    fn seek_gap(&mut self, shared: &mut Shared, desk: &mut impl Desk) -> bool {
        let (Some((upto, _)), Some(number)) = (self.total.gap(), self.total.number()) else {
            self.gap = None;
            return false;
        };
        let Some(set) = self.registration.set() else { return false };
        if self.gap.as_ref().is_some_and(|asking| asking.after != number) {
            self.gap = None;
        }
        if self.gap.is_none() {
            if self.total.gap_due(GAP_PATIENCE).is_some_and(|due| due > desk.now()) {
                return false;
            }
            let question = (number, Some(upto));
            self.gap = Some(Asking::new(question, set, &BTreeSet::new(), desk));
        }
        let Some(asking) = &mut self.gap else { return false };
        asking.upto = Some(upto);
        asking.renew(set, desk);
        match asking.step(self.group, shared, desk) {
            Step::Waits => false,
            Step::Own(filled) => {
                self.take_filled(desk.id(), &filled, shared, desk);
                true
            }
            Step::Exhausted => {
                self.gap = None;
                self.total.lose(upto);
                self.deliver(Element::Lost { number: upto }, desk);
                true
            }
        }
    }
}

impl Joiner {
    /// Whether all is here that it missed, or it can't be had.
    fn is_served(&self, number: u32, log: &Log) -> bool {
        self.served || self.number.is_none_or(|after| after >= number || log.holds(after, number))
    }
}

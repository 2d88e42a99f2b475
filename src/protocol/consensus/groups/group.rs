//! One group at an access peer: how it stands in the log, and the order of what comes.
//!
//! Messages are handed to members strictly by place. What comes early waits; what has been lacking for
//! a second is asked for, of one member of the log after the other; what none of them keeps any more
//! is told as lost.

use super::Filled;
use crate::node::{OperationId, Order, Span, Time, Value};
use crate::protocol::consensus::world::LogId;
use crate::protocol::serving::groups::{Audience, Element, Entry, Multicast};
use std::collections::BTreeMap;

/// A message that hasn't come this long after a later one isn't on its way: the paths down the tree
/// differ by less. As at Clippee's access peers. A member of the log that can't answer yet is given
/// as long.
pub(super) const GAP_PATIENCE: Span = Span::from_secs(1);

/// What is asked of members of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Behind which place.
    pub after: u32,
    pub due: Time,
    pub tries: u32,
}

/// One group that has members here, or clients that wait to become members.
#[derive(Debug)]
pub(super) struct Group {
    pub log: LogId,
    /// What the log knows of this peer.
    pub registered: Option<Entry>,
    /// A registration on its way.
    pub pending: Option<(OperationId, Entry)>,
    pub question: Option<Question>,
    /// When to ask whether anything is new.
    pub poll: Time,
    /// The place of the last element handed out; `None`: not begun.
    place: Option<u32>,
    /// The number in total order up to there, and the state after it, if known.
    number: u32,
    value: Option<Value>,
    /// The latest state that a member of the log told: place, number, value.
    told: Option<(u32, u32, Value)>,
    early: BTreeMap<u32, Multicast>,
    /// The last place that there is known to be.
    known: u32,
    /// What lacks up to this place is gone, and the number in total order there.
    gone: (u32, u32),
    /// Messages for members that come back, by place; behind which place they were asked for, and
    /// up to which they reach.
    older: BTreeMap<u32, Multicast>,
    fetched: Option<(u32, u32)>,
}

impl Group {
    pub const fn new(log: LogId) -> Self {
        Self {
            log,
            registered: None,
            pending: None,
            question: None,
            poll: Time::NEVER,
            place: None,
            number: 0,
            value: None,
            told: None,
            early: BTreeMap::new(),
            known: 0,
            gone: (0, 0),
            older: BTreeMap::new(),
            fetched: None,
        }
    }

    /// A message came; at most `most` wait. Those that can be fetched later give way.
    pub fn take(&mut self, place: u32, multicast: Multicast, most: usize) {
        if self.place.is_none_or(|last| place > last) {
            self.known = self.known.max(place);
            self.early.entry(place).or_insert(multicast);
            if self.early.len() > most {
                self.early.pop_last();
            }
        }
    }

    /// There is a message in that place.
    pub fn there_is(&mut self, place: u32) {
        self.known = self.known.max(place);
    }

    /// A member of the log answers a question. The place that the stream begins behind, if this
    /// begins it.
    pub fn on_filled(&mut self, filled: &Filled, now: Time) -> Option<u32> {
        let Filled { after, place, number, value, first, .. } = *filled;
        if let Some(question) = self.question.as_mut().filter(|question| question.after == after) {
            question.due = now + GAP_PATIENCE;
        }
        if self.told.is_none_or(|(told, ..)| told <= place) {
            self.told = Some((place, number, value));
        }
        self.there_is(place);
        let begins = self.place.is_none().then_some(place);
        if begins.is_some() {
            self.place = begins;
            self.early = self.early.split_off(&(place + 1));
        }
        let last = self.place.unwrap_or(place);
        for (at, &multicast) in (first..).zip(&filled.messages) {
            if at > last {
                self.early.entry(at).or_insert(multicast);
            }
            self.older.insert(at, multicast);
        }
        self.fetched = Some((after, place));
        // Only an answer to what lacks now says that it is gone.
        if after <= last && first > last + 1 {
            let kept = filled.messages.iter().filter(|one| one.order == Order::Total).count();
            let before = number.saturating_sub(u32::try_from(kept).unwrap_or(u32::MAX));
            self.gone = (first - 1, before);
        }
        self.settle();
        begins
    }

    /// Where it stands may be where a member of the log told the state.
    fn settle(&mut self) {
        if let Some((_, number, value)) = self.told.filter(|told| Some(told.0) == self.place) {
            (self.number, self.value) = (number, Some(value));
        }
    }

    /// The next element to hand out, if its turn has come.
    pub fn next(&mut self) -> Option<Element> {
        let place = self.place? + 1;
        let element = match self.early.remove(&place) {
            Some(multicast) => {
                if multicast.order == Order::Total {
                    self.number = multicast.number;
                    self.value = self.value.map(|value| value.changed(multicast.id));
                }
                Element::Message(multicast)
            }
            None if place <= self.gone.0 => {
                let left = self.early.range(place..=self.gone.0);
                let mut totals = left.map(|(_, one)| one).filter(|one| one.order == Order::Total);
                let number = totals.next().map_or(self.gone.1, |next| next.number - 1);
                let number = number.max(self.number);
                self.value = self.value.filter(|_| number == self.number);
                self.number = number;
                Element::Lost { number }
            }
            None => return None,
        };
        self.place = Some(place);
        self.settle();
        Some(element)
    }

    /// What is to be asked: behind which place, and whether at once. Where nothing of the past is
    /// wanted, only the state, that is a place that never is.
    pub fn wants(&self, audience: &Audience) -> Option<(u32, bool)> {
        let returns = audience.returns_after().unwrap_or(u32::MAX);
        let Some(place) = self.place else { return Some((returns, true)) };
        if self.unserved(audience).is_some() || audience.has_waiting() && self.value.is_none() {
            return Some((returns.min(place), true));
        }
        (self.known > place).then_some((place, false))
    }

    /// Behind which place members that come back lack messages that aren't here.
    fn unserved(&self, audience: &Audience) -> Option<u32> {
        let after = audience.lacks_after()?;
        let here = |(from, to): (u32, u32)| from <= after && to >= audience.before_log();
        (!self.fetched.is_some_and(here)).then_some(after)
    }

    /// Number and state to welcome those with who wait, and messages that they may lack; `None`:
    /// something is to be asked first.
    pub fn welcome(&self, audience: &Audience) -> Option<(u32, Value, &BTreeMap<u32, Multicast>)> {
        let ready = self.place.is_some() && self.unserved(audience).is_none();
        self.value.filter(|_| ready).map(|value| (self.number, value, &self.older))
    }

    /// Those who waited are welcomed: what was fetched for them isn't kept.
    pub fn welcomed(&mut self) {
        self.older.clear();
        self.fetched = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{NodeId, ObjectId};

    const STATE: Value = Value { bytes: 9, fingerprint: 3 };

    fn message(order: Order, number: u32) -> Multicast {
        let id = OperationId { client: NodeId(9), count: number };
        Multicast { id, order, number, first: 1, bytes: 1, check: 0 }
    }

    fn filled(after: u32, number: u32, first: u32, messages: &[Multicast]) -> Filled {
        let place = first + messages.len() as u32 - 1;
        let messages = messages.into();
        Filled { group: ObjectId(0), after, place, number, value: STATE, first, messages }
    }

    fn out(group: &mut Group) -> Vec<Element> {
        std::iter::from_fn(|| group.next()).collect()
    }

    #[test]
    fn messages_are_handed_out_by_place_whatever_their_order() {
        let (mut group, audience) = (Group::new(0), Audience::default());
        let total = |number| message(Order::Total, number);
        let fifo = |number| message(Order::Fifo, number);
        group.take(5, total(2), 8);
        assert!(out(&mut group).is_empty(), "where it begins isn't known");
        assert_eq!(group.wants(&audience), Some((u32::MAX, true)));
        assert_eq!(group.on_filled(&filled(u32::MAX, 1, 4, &[]), Time::ZERO), Some(3));
        assert_eq!(group.welcome(&audience).map(|(number, ..)| number), Some(1));
        assert!(out(&mut group).is_empty());
        assert_eq!(group.wants(&audience), Some((3, false)), "it may be on its way");
        group.take(4, fifo(1), 8);
        group.take(4, fifo(1), 8);
        assert_eq!(out(&mut group), [Element::Message(fifo(1)), Element::Message(total(2))]);
        let state = group.welcome(&audience).map(|(number, value, _)| (number, value));
        assert_eq!(state, Some((2, STATE.changed(total(2).id))));
        assert_eq!(group.wants(&audience), None);
    }

    #[test]
    fn what_no_member_keeps_is_lost_and_the_rest_goes_on() {
        let (mut group, audience) = (Group::new(0), Audience::default());
        group.on_filled(&filled(u32::MAX, 0, 1, &[]), Time::ZERO);
        group.take(2, message(Order::Total, 2), 8);
        group.there_is(6);
        // Of 1 to 6, all in total order, only 5 and 6 are kept.
        let kept = [message(Order::Total, 5), message(Order::Total, 6)];
        group.on_filled(&filled(0, 6, 5, &kept), Time::ZERO);
        let lost = |number| Element::Lost { number };
        let had = |number| Element::Message(message(Order::Total, number));
        assert_eq!(out(&mut group), [lost(1), had(2), lost(4), lost(4), had(5), had(6)]);
        let state = group.welcome(&audience).map(|(number, value, _)| (number, value));
        assert_eq!(state, Some((6, STATE)), "the state is that which was told");
    }

    #[test]
    fn an_answer_of_one_that_lags_loses_nothing() {
        let mut group = Group::new(0);
        group.on_filled(&filled(u32::MAX, 3, 4, &[]), Time::ZERO);
        group.there_is(5);
        group.on_filled(&filled(3, 3, 4, &[]), Time::ZERO);
        assert!(out(&mut group).is_empty());
        assert_eq!(group.wants(&Audience::default()), Some((3, false)));
    }
}

//! The order of numbers: what comes early waits, what comes twice is dropped (CLIPPEE 7).

use crate::node::{Bug, Order, Span, Time, Value, planted};
use crate::protocol::clippee::groups::Multicast;
use std::collections::BTreeMap;

/// Messages in total order on their way to the members of one group.
pub(super) struct Total {
    /// The number of the last message delivered, or known to be lost, or part of the state that
    /// members start from; nothing is delivered before that is known.
    number: Option<u32>,
    /// The group's state after it, if known.
    value: Option<Value>,
    /// The latest state that a replica told, and its number: it may fit when that is reached.
    told: Option<(u32, Value)>,
    /// Those that came early, and when.
    early: BTreeMap<u32, (Multicast, Time)>,
    /// At most so many of them.
    most: usize,
    /// The highest number that is known to have been given, and since when.
    highest: (u32, Time),
}

impl Total {
    pub const fn new(most: usize) -> Self {
        Self {
            number: None,
            value: None,
            told: None,
            early: BTreeMap::new(),
            most,
            highest: (0, Time::ZERO),
        }
    }

    /// The number up to which all is settled; `None`: not begun.
    pub const fn number(&self) -> Option<u32> {
        self.number
    }

    /// The group's state after [`Total::number`].
    pub const fn value(&self) -> Option<Value> {
        self.value
    }

    /// Members start behind `number`.
    pub fn begin(&mut self, number: u32, value: Value) {
        self.number = Some(number);
        self.value = Some(value);
        self.early = self.early.split_off(&number.saturating_add(1));
    }

    /// A message came, from whomever: it waits for its turn. One message a number, the first that
    /// comes. If there are too many, the highest is dropped: it can be fetched later.
    pub fn take(&mut self, multicast: Multicast, now: Time) {
        let number = multicast.number;
        if multicast.order != Order::Total || self.number.is_some_and(|last| number <= last) {
            return;
        }
        self.exists(number, now);
        self.early.entry(number).or_insert((multicast, now));
        if self.early.len() > self.most {
            self.early.pop_last();
        }
    }

    /// `number` is known to have been given.
    pub fn exists(&mut self, number: u32, now: Time) {
        if number > self.highest.0 {
            // An older doubt stays as old as it is.
            let settled = self.number.is_none_or(|last| self.highest.0 <= last);
            self.highest = (number, if settled { now } else { self.highest.1 });
        }
    }

    /// A replica told its state.
    pub fn state(&mut self, number: u32, value: Value) {
        if self.told.is_none_or(|(told, _)| told <= number) {
            self.told = Some((number, value));
        }
        self.fit();
    }

    fn fit(&mut self) {
        if self.value.is_none()
            && let Some((number, value)) = self.told
            && self.number == Some(number)
        {
            self.value = Some(value);
        }
    }

    /// The next message whose turn has come.
    pub fn next(&mut self) -> Option<Multicast> {
        let mut next = self.number?.checked_add(1)?;
        if planted(Bug::GapSkipped) {
            next = *self.early.first_key_value()?.0;
        }
        let (multicast, _) = self.early.remove(&next)?;
        self.number = Some(next);
        let value = self.value.map(|value| value.changed(multicast.id));
        let fits = |value: &Value| [0, Multicast::check_of(*value)].contains(&multicast.check);
        // Where it doesn't, this message was made from another than the one delivered before it.
        self.value = value.filter(fits);
        self.fit();
        Some(multicast)
    }

    /// What lacks before the first message that can be delivered: up to which number, and since
    /// when that is known.
    pub fn gap(&self) -> Option<(u32, Time)> {
        let last = self.number?;
        match self.early.first_key_value() {
            Some((&first, &(_, came))) => (first > last + 1).then(|| (first - 1, came)),
            None => (self.highest.0 > last).then_some(self.highest),
        }
    }

    /// When to ask for what lacks.
    pub fn gap_due(&self, patience: Span) -> Option<Time> {
        self.gap().map(|(_, since)| since + patience)
    }

    /// The numbers up to this can't be had: the next one's turn has come. The state that they made
    /// isn't known.
    pub fn lose(&mut self, upto: u32) {
        self.number = Some(upto);
        self.value = None;
        self.fit();
    }
}

//! `[[event]]`: changes of the load that are known before the run.

use super::groups::AllGroups;
use super::population::People;
use crate::node::Span;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Count32, Number, Share, Time};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::sim::workload::{Change, LoadChange};

/// As many as the workload's memory has names for, and then some.
const MOST: usize = 1_000;

/// An event as read.
#[derive(Clone)]
struct Event {
    at: Field<Span>,
    lasts: Span,
    what: Change,
    /// Where its group is named.
    group: Mark,
    /// Where its number of clients is.
    clients: Mark,
}

const NOWHERE: Mark = Mark { at: None, sound: false };

const EVENT: Choice<'static, Event> = Choice {
    noun: "a change of the load",
    words: &[],
    alternatives: &[
        Alternative {
            keys: &["crowd"],
            form: "{ at = \"2min\", for = \"1min\", crowd = { group = 1, clients = 1000 } }",
            read: crowd,
        },
        Alternative {
            keys: &["surge"],
            form: "{ at = \"2min\", for = \"1min\", surge = { rate = 5 } }",
            read: surge,
        },
        Alternative {
            keys: &["exodus"],
            form: "{ at = \"2min\", for = \"1min\", exodus = { group = 1, share = \"50%\" } }",
            read: exodus,
        },
    ],
    default: "",
    stand_in: Event {
        at: Field { value: Span::ZERO, mark: NOWHERE },
        lasts: Span::ZERO,
        what: Change::Surge { rate: 1.0 },
        group: NOWHERE,
        clients: NOWHERE,
    },
};

fn when(t: &mut Table<'_>, s: &mut Session<'_>) -> Event {
    let at = t.require(s, "at", Time::from(Span::ZERO), Span::ZERO);
    let lasts = t.require(s, "for", Time::wait(), Span::from_secs(60)).value;
    Event { at, lasts, ..EVENT.stand_in }
}

/// The number of a group, from 1; its index.
fn group(t: &mut Table<'_>, s: &mut Session<'_>) -> (u32, Mark) {
    let group = t.require(s, "group", Count32::of(1, 1_000_000), 1);
    (group.value - 1, group.mark)
}

fn crowd(t: &mut Table<'_>, s: &mut Session<'_>) -> Event {
    let event = when(t, s);
    t.section(s, "crowd", |t, s| {
        let (index, group) = group(t, s);
        let clients = t.require(s, "clients", Count32::of(1, 10_000_000), 1);
        let what = Change::Crowd { group: index, clients: clients.value };
        Event { what, group, clients: clients.mark, ..event }
    })
}

fn surge(t: &mut Table<'_>, s: &mut Session<'_>) -> Event {
    let event = when(t, s);
    let factor = Number { min: 0.0, open: false, max: 1e6, below: None };
    t.section(s, "surge", |t, s| {
        let rate = t.require(s, "rate", factor, 1.0).value;
        Event { what: Change::Surge { rate }, ..event }
    })
}

fn exodus(t: &mut Table<'_>, s: &mut Session<'_>) -> Event {
    let event = when(t, s);
    t.section(s, "exodus", |t, s| {
        let (index, group) = group(t, s);
        let share = t.require(s, "share", Share, 0.0).value;
        Event { what: Change::Exodus { group: index, share }, group, ..event }
    })
}

/// All events, in the order of the file.
pub(super) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    duration: &Field<Span>,
    groups: &AllGroups,
    clients: &People,
) -> Vec<LoadChange> {
    let events = t.choices(s, "event", &EVENT);
    if events.len() > MOST {
        let message = format!("there are {} events", events.len());
        s.conflict(message, None, &[(events[MOST].at.mark, "expected at most 1000")]);
    }
    for (place, event) in events.iter().enumerate() {
        check_time(s, event, duration);
        check_group(s, event, groups);
        check_crowd(s, &events[..=place], groups, clients);
    }
    let change =
        |event: &Event| LoadChange { at: event.at.value, lasts: event.lasts, what: event.what };
    events.iter().map(change).collect()
}

fn check_time(s: &mut Session<'_>, event: &Event, duration: &Field<Span>) {
    let (at, end) = (event.at.value, duration.value);
    if at >= end {
        s.conflict(
            format!("an event comes after the workload: at {at}, which ends at {end}"),
            Some("make it earlier or the run longer".into()),
            &[(event.at.mark, "expected less than `duration`"), (duration.mark, "the whole run")],
        );
    }
}

const fn group_of(change: Change) -> Option<u32> {
    match change {
        Change::Crowd { group, .. } | Change::Exodus { group, .. } => Some(group),
        Change::Surge { .. } => None,
    }
}

fn check_group(s: &mut Session<'_>, event: &Event, groups: &AllGroups) {
    let (count, at) = groups.count;
    if group_of(event.what).is_some_and(|index| index >= count) {
        let (expected, help) = match count {
            0 => ("there are no groups".into(), "add `groups = { count = 1 }` to `[workload]`"),
            n => (format!("expected a number from 1 to {n}"), "groups are numbered by their rank"),
        };
        s.conflict(
            format!("an event names a group that doesn't exist; there are {count}"),
            Some(help.into()),
            &[(event.group, &expected), (at, "the number of groups")],
        );
    }
}

/// The last of `events`, if it is a crowd, must find so many clients that aren't in its group.
fn check_crowd(s: &mut Session<'_>, events: &[Event], groups: &AllGroups, clients: &People) {
    let Some(config) = &groups.config else { return };
    let Some((last, before)) = events.split_last() else { return };
    let Change::Crowd { group, clients: joining } = last.what else { return };
    let earlier = before.iter().map(|event| match event.what {
        Change::Crowd { group: other, clients } if other == group => f64::from(clients),
        _ => 0.0,
    });
    let all = f64::from(clients.population.count);
    let members = (f64::from(config.size(group)) * config.turnover()).min(all);
    let left = libm::floor(all - members - earlier.sum::<f64>()).max(0.0);
    if f64::from(joining) > left && group < config.count {
        s.conflict(
            format!("a crowd of {joining} can't join: {left} clients have no part in its group"),
            Some(format!("write {left} or less, or raise `clients.count`")),
            &[(last.clients, "the crowd"), (clients.count, "the clients")],
        );
    }
}

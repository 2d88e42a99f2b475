//! `[[operation]]`: what clients ask for at given times.

use super::fault_checks::Context;
use super::groups::AllGroups;
use crate::node::{ObjectId, Operation, OperationKind, Order, Span};
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Count32, Time, Word};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::sim::churn::Churn;
use crate::sim::workload::Given;

/// More than anybody writes, and fewer than the events that a run has names for.
const MOST: usize = 1_000_000;
/// Larger numbers of clients, objects and groups than these can't exist.
const LARGEST: u32 = 10_000_000;

/// An operation as read. Its object is the number that is written: a group's from 1.
#[derive(Clone)]
struct Wanted {
    at: Field<Span>,
    client: Field<u32>,
    object: Field<u32>,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Read,
    Update,
    Join,
    Leave,
    Multicast(Order),
    Members,
}

const NOWHERE: Mark = Mark { at: None, sound: false };

const OPERATION: Choice<'static, Wanted> = Choice {
    noun: "an operation",
    words: &[],
    alternatives: &[
        Alternative { keys: &["read"], form: "read = 0", read },
        Alternative { keys: &["update"], form: "update = 0", read: update },
        Alternative { keys: &["join"], form: "join = 1", read: join },
        Alternative { keys: &["leave"], form: "leave = 1", read: leave },
        Alternative { keys: &["multicast"], form: "multicast = 1", read: multicast },
        Alternative { keys: &["members"], form: "members = 1", read: members },
    ],
    default: "",
    stand_in: Wanted {
        at: Field { value: Span::ZERO, mark: NOWHERE },
        client: Field { value: 1, mark: NOWHERE },
        object: Field { value: 0, mark: NOWHERE },
        what: What::Read,
    },
};

const ORDER: Word<Order> = Word(&[("total", Order::Total), ("fifo", Order::Fifo)]);

fn wanted(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    (name, least): (&'static str, u32),
    what: What,
) -> Wanted {
    let at = t.require(s, "at", Time::from(Span::ZERO), Span::ZERO);
    let client = t.require(s, "client", Count32::of(1, LARGEST), 1);
    let object = t.require(s, name, Count32::of(least, LARGEST - 1 + least), least);
    Wanted { at, client, object, what }
}

fn read(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    wanted(t, s, ("read", 0), What::Read)
}

fn update(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    wanted(t, s, ("update", 0), What::Update)
}

fn join(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    wanted(t, s, ("join", 1), What::Join)
}

fn leave(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    wanted(t, s, ("leave", 1), What::Leave)
}

fn multicast(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    let wanted = wanted(t, s, ("multicast", 1), What::Multicast(Order::Total));
    let order = t.take(s, "order", ORDER, Order::Total).value;
    Wanted { what: What::Multicast(order), ..wanted }
}

fn members(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    wanted(t, s, ("members", 1), What::Members)
}

/// All of them, in the order of the file.
pub(super) fn all(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    context: &Context<'_>,
    groups: &AllGroups,
) -> Vec<Given> {
    let wanted = t.choices(s, "operation", &OPERATION);
    if wanted.len() > MOST {
        let message = format!("there are {} operations", wanted.len());
        s.conflict(message, None, &[(wanted[MOST].at.mark, "expected at most 1000000")]);
    }
    wanted.iter().map(|wanted| given(s, wanted, context, groups)).collect()
}

fn given(s: &mut Session<'_>, wanted: &Wanted, context: &Context<'_>, groups: &AllGroups) -> Given {
    let objects = context.objects - groups.count.0;
    let group = ObjectId(objects + wanted.object.value.saturating_sub(1));
    let object = ObjectId(wanted.object.value);
    let bytes = groups.config.as_ref().map_or(0, |groups| groups.message_bytes);
    let operation = match wanted.what {
        What::Read => Operation::Read { object },
        What::Update => Operation::Update { object },
        What::Join => Operation::Join { group },
        What::Leave => Operation::Leave { group },
        What::Multicast(order) => Operation::Multicast { group, order, bytes },
        What::Members => Operation::Members { group, names: false },
    };
    check_time(s, wanted, context);
    check_client(s, wanted, context);
    if check_kind(s, wanted, operation.kind(), context) {
        check_object(s, wanted, operation.kind(), (objects, groups));
    }
    Given { at: wanted.at.value, client: wanted.client.value, operation }
}

fn check_time(s: &mut Session<'_>, wanted: &Wanted, context: &Context<'_>) {
    let (at, end) = (wanted.at.value, context.duration.value);
    if at >= end {
        s.conflict(
            format!("an operation comes after the workload: at {at}, which ends at {end}"),
            Some("make it earlier or the run longer".into()),
            &[
                (wanted.at.mark, "expected less than `duration`"),
                (context.duration.mark, "the whole run"),
            ],
        );
    }
}

fn check_client(s: &mut Session<'_>, wanted: &Wanted, context: &Context<'_>) {
    let population = &context.clients.population;
    let all = Churn::identities(&population.churn, population.count);
    if wanted.client.value > all {
        let client = wanted.client.value;
        s.conflict(
            format!("client {client} is to ask, and there are {all}, those away included"),
            None,
            &[
                (wanted.client.mark, &format!("expected at most {all}")),
                (context.clients.count, "their number"),
            ],
        );
    }
}

fn check_kind(
    s: &mut Session<'_>,
    wanted: &Wanted,
    kind: OperationKind,
    context: &Context<'_>,
) -> bool {
    let Some(protocol) = context.protocol else { return false };
    let serves = protocol.serves.contains(&kind);
    if !serves {
        s.conflict(
            format!("`{}` is an operation that {} doesn't serve", kind.name(), protocol.name()),
            None,
            &[(wanted.object.mark, "expected another operation"), (protocol.mark, "the protocol")],
        );
    }
    serves
}

fn check_object(
    s: &mut Session<'_>,
    wanted: &Wanted,
    kind: OperationKind,
    (objects, groups): (u32, &AllGroups),
) {
    let number = wanted.object.value;
    let of_objects = matches!(kind, OperationKind::Read | OperationKind::Update);
    if of_objects && number >= objects {
        s.conflict(
            format!("an operation names an object that doesn't exist; there are {objects}"),
            Some("objects are numbered from 0 by their rank".into()),
            &[(wanted.object.mark, &format!("expected a number from 0 to {}", objects - 1))],
        );
    }
    let (count, at) = groups.count;
    if !of_objects && number > count {
        let (expected, help) = match count {
            0 => ("there are no groups".into(), "add `groups = { count = 1 }` to `[workload]`"),
            n => (format!("expected a number from 1 to {n}"), "groups are numbered by their rank"),
        };
        s.conflict(
            format!("an operation names a group that doesn't exist; there are {count}"),
            Some(help.into()),
            &[(wanted.object.mark, &expected), (at, "the number of groups")],
        );
    }
}

//! Whom a fault strikes: the same words for all kinds of faults.

use super::fault_checks::Needs;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Count32, ListOf, Or, Share, Word};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::sim::fault::{Part, Population, Targets};

/// Targets as read, and what they need to exist.
#[derive(Clone)]
pub(super) struct Aimed {
    pub targets: Targets,
    pub needs: Vec<(Needs, Mark)>,
}

impl Aimed {
    pub(super) const EVERYONE: Self = Self { targets: Targets::Everyone, needs: Vec::new() };
}

/// Larger numbers of nodes and objects than these can't exist.
const MOST: u32 = 10_000_000;

const OF: Word<Population> = Word(&[
    ("peers", Population::Peers),
    ("clients", Population::Clients),
    ("nodes", Population::Nodes),
]);

const ALTERNATIVES: [Alternative<Aimed>; 8] = [
    Alternative { keys: &["peers", "clients"], form: "{ peers = [1, 2] }", read: named },
    Alternative { keys: &["share"], form: "{ share = \"30%\" }", read: share },
    Alternative { keys: &["region"], form: "{ region = \"20%\" }", read: region },
    Alternative { keys: &["root"], form: "{ root = 7 }", read: root },
    Alternative { keys: &["replica"], form: "{ replica = 7 }", read: replica },
    Alternative { keys: &["replicas"], form: "{ replicas = 7 }", read: replicas },
    Alternative { keys: &["coordinator"], form: "{ coordinator = 7 }", read: coordinator },
    Alternative { keys: &["busiest"], form: "{ busiest = 1 }", read: busiest },
];

/// Targets that must be given.
pub(super) const TARGETS: Choice<'static, Aimed> = Choice {
    noun: "targets",
    words: &[],
    alternatives: &ALTERNATIVES,
    default: "",
    stand_in: Aimed::EVERYONE,
};

/// The other side of a cut.
pub(super) const OTHERS: Choice<'static, Aimed> = Choice {
    noun: "targets",
    words: &[("rest", Aimed::EVERYONE)],
    alternatives: &ALTERNATIVES,
    default: "rest",
    stand_in: Aimed::EVERYONE,
};

/// Targets that may be all.
pub(super) const ANY: Choice<'static, Aimed> = Choice {
    noun: "targets",
    words: &[("all", Aimed::EVERYONE)],
    alternatives: &ALTERNATIVES,
    default: "all",
    stand_in: Aimed::EVERYONE,
};

/// Of whom a share is.
pub(super) fn of(t: &mut Table<'_>, s: &mut Session<'_>) -> Field<Population> {
    t.take(s, "of", OF, Population::Peers)
}

fn named(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    let mut numbers = |name: &'static str, needs: fn(u32) -> Needs| {
        let kind = Or("none", ListOf(Count32::of(1, MOST)));
        let list = t.take(s, name, kind, None);
        let largest = list.value.iter().flatten().max().copied();
        let needed = largest.map(|number| (needs(number), list.mark));
        (list.value.unwrap_or_default(), needed)
    };
    let (peers, largest) = numbers("peers", Needs::Peer);
    let (clients, last) = numbers("clients", Needs::Client);
    let needs = largest.into_iter().chain(last).collect();
    Aimed { targets: Targets::Named { peers, clients }, needs }
}

fn share(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    let share = t.require(s, "share", Share, 0.0).value;
    Aimed { targets: Targets::Share { share, of: of(t, s).value }, needs: Vec::new() }
}

fn region(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    let share = t.require(s, "region", Share, 0.0);
    let around = t.take(s, "around", Or("drawn", Count32::of(1, MOST)), None);
    let targets = Targets::Region { share: share.value, around: around.value, of: of(t, s).value };
    let centre = around.value.map(|number| (Needs::Peer(number), around.mark));
    let needs = [(Needs::Places, share.mark)].into_iter().chain(centre).collect();
    Aimed { targets, needs }
}

/// A part played for an object.
fn part(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    name: &'static str,
    part: fn(u32) -> Part,
) -> Aimed {
    let object = t.require(s, name, Count32::of(0, MOST - 1), 0);
    let needs = vec![(Needs::Object(object.value), object.mark), (Needs::Time, object.mark)];
    Aimed { targets: Targets::Role(part(object.value)), needs }
}

fn root(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    part(t, s, "root", Part::Root)
}

fn replica(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    part(t, s, "replica", Part::Replica)
}

fn replicas(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    part(t, s, "replicas", Part::Replicas)
}

fn coordinator(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    part(t, s, "coordinator", Part::Coordinator)
}

fn busiest(t: &mut Table<'_>, s: &mut Session<'_>) -> Aimed {
    let count = t.require(s, "busiest", Count32::of(1, MOST), 1);
    let needs = vec![(Needs::Peer(count.value), count.mark), (Needs::Time, count.mark)];
    Aimed { targets: Targets::Role(Part::Busiest(count.value)), needs }
}

//! `workload.groups`: how many, how large, and what their members do.

use super::population::People;
use super::protocol::Chosen;
use crate::node::{OperationKind, Span};
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Bytes, Count32, ListOf, Number, Or, Share, Time};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::sim::workload::{GroupsConfig, Sizes};

/// The exponent of Scribe's workload (Castro et al., JSAC 2002).
const RANK: f64 = 1.25;
/// As many as the workload's memory has names for.
const MOST: u32 = 1_000_000;
/// No group can be larger than all clients.
const LARGEST: u32 = 10_000_000;
/// More places of clients in groups than this don't fit into one machine's memory.
const MOST_PLACES: f64 = 1e8;

/// Groups as read.
pub(super) struct AllGroups {
    /// The parameters; `None`: there are no groups.
    pub config: Option<GroupsConfig>,
    /// How many there are, and where that is from.
    pub count: (u32, Mark),
    /// Whether clients join and leave them by themselves.
    pub drawn: bool,
}

const SIZES: Choice<'static, Sizes> = Choice {
    noun: "a law of sizes",
    words: &[],
    alternatives: &[
        Alternative { keys: &["rank"], form: "{ rank = 1.25 }", read: rank },
        Alternative { keys: &["fixed"], form: "{ fixed = 50 }", read: fixed },
        Alternative { keys: &["list"], form: "{ list = [100, 50, 10] }", read: list },
    ],
    default: "{ rank = 1.25 }",
    stand_in: Sizes::Rank(RANK),
};

fn rank(t: &mut Table<'_>, s: &mut Session<'_>) -> Sizes {
    let exponent = Number { min: 0.0, open: false, max: 10.0, below: None };
    Sizes::Rank(t.require(s, "rank", exponent, RANK).value)
}

fn fixed(t: &mut Table<'_>, s: &mut Session<'_>) -> Sizes {
    Sizes::Fixed(t.require(s, "fixed", Count32::of(1, LARGEST), 1).value)
}

fn list(t: &mut Table<'_>, s: &mut Session<'_>) -> Sizes {
    Sizes::List(t.require(s, "list", ListOf(Count32::of(1, LARGEST)), vec![1]).value)
}

/// `workload.groups`, with members among `clients`.
pub(super) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    protocol: Option<&Chosen>,
    clients: &People,
) -> AllGroups {
    // The default count follows from the sizes, but comes first in the resolved scenario.
    t.know("count");
    t.put("count", 0.into());
    let sizes = t.choice(s, "sizes", &SIZES);
    let listed = match &sizes.value {
        Sizes::List(sizes) => u32::try_from(sizes.len()).ok(),
        _ => None,
    };
    let shown = "0; with `sizes.list`, its length".to_owned();
    let count = t.take_derived(s, "count", Count32::of(0, MOST), listed.unwrap_or(0), shown);
    let message = t.take(s, "message", Bytes, 200).value;
    let total = t.take(s, "total", Share, 1.0).value;
    let senders = t.take(s, "senders", Or("all", Count32::of(1, LARGEST)), None).value;
    let (stay, away) = turnover(t, s);
    let ramp = t.take(s, "ramp", Time::from(Span::ZERO), Span::from_secs(10)).value;
    let burst = Number { min: 1.0, open: false, max: 1e6, below: None };
    let config = GroupsConfig {
        count: count.value,
        clients: clients.population.count,
        sizes: sizes.value.clone(),
        message_bytes: message,
        total,
        senders,
        stay,
        away,
        ramp,
        burst: t.take(s, "burst", burst, 1.0).value,
        burst_gap: t.take(s, "burst_gap", Time::wait(), Span::from_millis(100)).value,
    };
    let is_possible = check_members(s, protocol, clients, &count)
        && check_list(s, listed, &sizes.mark, &count)
        && check_sizes(s, &config, &sizes.mark, clients);
    AllGroups {
        config: Some(config).filter(|_| is_possible && count.value > 0),
        count: (count.value, count.mark),
        drawn: true,
    }
}

/// `stay` and `away`.
fn turnover(t: &mut Table<'_>, s: &mut Session<'_>) -> (Span, Span) {
    let stay = t.take(s, "stay", Time::interval(), Span::NEVER);
    let shown = "as `stay`".to_owned();
    let away = t.take_derived(s, "away", Time::interval(), stay.value, shown);
    if away.value.is_never() && !stay.value.is_never() {
        s.conflict(
            "members leave and never come back: in the mean, groups are empty".into(),
            Some("write a time; an `exodus` of an `[[event]]` is for good".into()),
            &[(away.mark, "expected a time"), (stay.mark, "they leave")],
        );
    }
    (stay.value, away.value)
}

fn check_members(
    s: &mut Session<'_>,
    protocol: Option<&Chosen>,
    clients: &People,
    count: &Field<u32>,
) -> bool {
    let Some(protocol) = protocol.filter(|_| count.value > 0) else { return true };
    if !protocol.serves.contains(&OperationKind::Join) {
        s.conflict(
            format!("{} doesn't serve groups", protocol.name()),
            Some("leave `groups` out".into()),
            &[(count.mark, "expected 0"), (protocol.mark, "the protocol")],
        );
        return false;
    }
    if clients.population.count == 0 {
        s.conflict(
            "groups need clients as members, and there are none".into(),
            Some("raise `clients.count`, or leave `groups` out".into()),
            &[(count.mark, "expected 0"), (clients.count, "no clients")],
        );
        return false;
    }
    true
}

fn check_list(s: &mut Session<'_>, listed: Option<u32>, sizes: &Mark, count: &Field<u32>) -> bool {
    let Some(listed) = listed.filter(|&listed| listed != count.value) else { return true };
    s.conflict(
        format!("`count` is {}, but `sizes` lists {listed} groups", count.value),
        Some("leave `count` out".into()),
        &[(count.mark, "expected the length of the list"), (*sizes, "the list")],
    );
    false
}

/// Sizes that somebody wrote must be possible; a law of ranks takes what there is.
fn check_sizes(s: &mut Session<'_>, c: &GroupsConfig, sizes: &Mark, clients: &People) -> bool {
    let turnover = c.turnover();
    if !turnover.is_finite() {
        return false;
    }
    let most = libm::floor(f64::from(c.clients) / turnover);
    let largest = match &c.sizes {
        Sizes::Rank(_) => 0,
        Sizes::Fixed(size) => *size,
        Sizes::List(sizes) => sizes.iter().copied().max().unwrap_or(0),
    };
    if c.count > 0 && f64::from(largest) > most {
        let why = match turnover > 1.0 {
            true => format!(" for the share of time that each stays, {:.1}%", 100.0 / turnover),
            false => String::new(),
        };
        s.conflict(
            format!("a group of {largest} needs more clients than there are{why}"),
            Some(format!("write {most} or less, or raise `clients.count`")),
            &[(*sizes, "the sizes"), (clients.count, "the clients")],
        );
        return false;
    }
    let places: f64 = match &c.sizes {
        Sizes::Fixed(size) => f64::from(c.count) * f64::from(*size),
        _ => (0..c.count).map(|index| f64::from(c.size(index))).sum(),
    };
    if places * turnover > MOST_PLACES {
        let message = format!("the groups have {places} members in all");
        let label = format!("expected at most {MOST_PLACES}, those away included");
        s.conflict(message, None, &[(*sizes, label.as_str())]);
        return false;
    }
    true
}

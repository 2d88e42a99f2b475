//! `[[fault]]`: what goes wrong, and when; known before the run.

use super::fault_checks::{Context, Needs};
use super::fault_targets::{ANY, Aimed, OTHERS, TARGETS, of};
use crate::node::Span;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::kind::{Half, ListOf, Name, Or, Share, Time, Word};
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::sim::fault::{Direction, Fault, FaultConfig, Skew, Targets, Trouble};

/// Each of them may be looked at for each message while it is on.
const MOST: usize = 1_000;
/// The longest that a message can be held back.
const LONGEST_DELAY: Span = Span::from_secs(60);
/// The most that a clock can be wrong.
const LARGEST_SKEW: Span = Span::from_secs(3_600);
/// As many parts as have names.
const MOST_PARTS: usize = 100;

/// A fault as read, and what it needs to exist.
#[derive(Clone)]
pub(super) struct Wanted {
    pub at: Field<Span>,
    pub lasts: Span,
    pub what: Fault,
    pub needs: Vec<(Needs, Mark)>,
}

const NOWHERE: Mark = Mark { at: None, sound: false };

const FAULT: Choice<'static, Wanted> = Choice {
    noun: "a fault",
    words: &[],
    alternatives: &[
        Alternative { keys: &["cut"], form: "cut = { side = { share = \"30%\" } }", read: cut },
        Alternative { keys: &["split"], form: "split = { shares = [\"30%\"] }", read: split },
        Alternative {
            keys: &["swizzle"],
            form: "swizzle = { targets = { share = \"20%\" } }",
            read: swizzle,
        },
        Alternative {
            keys: &["crash"],
            form: "crash = { targets = { region = \"20%\" } }",
            read: crash,
        },
        Alternative { keys: &["pause"], form: "pause = { targets = { root = 0 } }", read: pause },
        Alternative { keys: &["loss"], form: "loss = { share = \"10%\" }", read: loss },
        Alternative {
            keys: &["duplicate"],
            form: "duplicate = { share = \"10%\" }",
            read: duplicate,
        },
        Alternative { keys: &["corrupt"], form: "corrupt = { share = \"1%\" }", read: corrupt },
        Alternative { keys: &["clog"], form: "clog = { delay = \"2s\" }", read: clog },
        Alternative { keys: &["reorder"], form: "reorder = { within = \"1s\" }", read: reorder },
        Alternative {
            keys: &["clock"],
            form: "clock = { targets = { share = \"10%\" }, error = { fast = \"1%\" } }",
            read: clock,
        },
    ],
    default: "",
    stand_in: Wanted {
        at: Field { value: Span::ZERO, mark: NOWHERE },
        lasts: Span::ZERO,
        what: Fault::Pause { targets: Targets::Everyone },
        needs: Vec::new(),
    },
};

const DIRECTION: Word<Direction> =
    Word(&[("both", Direction::Both), ("out", Direction::Out), ("in", Direction::In)]);

const SKEW: Choice<'static, Skew> = Choice {
    noun: "how a clock is wrong",
    words: &[],
    alternatives: &[
        Alternative { keys: &["ahead"], form: "{ ahead = \"2s\" }", read: ahead },
        Alternative { keys: &["behind"], form: "{ behind = \"2s\" }", read: behind },
        Alternative { keys: &["fast"], form: "{ fast = \"1%\" }", read: fast },
        Alternative { keys: &["slow"], form: "{ slow = \"1%\" }", read: slow },
    ],
    default: "",
    stand_in: Skew::Drift(0.0),
};

/// When, and what; the kind's table is called `name`.
fn fault(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    name: &'static str,
    read: impl FnOnce(&mut Table<'_>, &mut Session<'_>) -> (Fault, Vec<(Needs, Mark)>),
) -> Wanted {
    let at = t.require(s, "at", Time::from(Span::ZERO), Span::ZERO);
    let lasts = t.require(s, "for", Time::any(), Span::ZERO).value;
    let (what, needs) = t.section(s, name, read);
    Wanted { at, lasts, what, needs }
}

fn direction(t: &mut Table<'_>, s: &mut Session<'_>) -> Direction {
    t.take(s, "direction", DIRECTION, Direction::Both).value
}

fn cut(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    fault(t, s, "cut", |t, s| {
        let (side, from) =
            (t.choice(s, "side", &TARGETS).value, t.choice(s, "from", &OTHERS).value);
        let direction = direction(t, s);
        let needs = [side.needs, from.needs].concat();
        (Fault::Cut { side: side.targets, from: from.targets, direction }, needs)
    })
}

fn split(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    fault(t, s, "split", |t, s| {
        let shares = t.require(s, "shares", ListOf(Share), vec![0.5]);
        let needs = vec![(Needs::Shares(shares.value.clone()), shares.mark)];
        (Fault::Split { shares: shares.value, of: of(t, s).value }, needs)
    })
}

/// A fault of targets alone.
fn of_targets(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    name: &'static str,
    make: impl FnOnce(Targets, &mut Table<'_>, &mut Session<'_>) -> Fault,
) -> Wanted {
    fault(t, s, name, |t, s| {
        let Aimed { targets, needs } = t.choice(s, "targets", &TARGETS).value;
        (make(targets, t, s), needs)
    })
}

fn swizzle(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    of_targets(t, s, "swizzle", |targets, _, _| Fault::Swizzle { targets })
}

fn crash(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    of_targets(t, s, "crash", |targets, t, s| {
        let disk = Word(&[("kept", false), ("lost", true)]);
        let loses_disk = t.take(s, "disk", disk, false).value;
        Fault::Crash { targets, loses_disk }
    })
}

fn pause(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    of_targets(t, s, "pause", |targets, _, _| Fault::Pause { targets })
}

fn clock(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    of_targets(t, s, "clock", |targets, t, s| {
        let skew = t.choice(s, "error", &SKEW).value;
        Fault::Clock { targets, skew }
    })
}

fn ahead(t: &mut Table<'_>, s: &mut Session<'_>) -> Skew {
    Skew::Ahead(t.require(s, "ahead", skew(), Span::ZERO).value)
}

fn behind(t: &mut Table<'_>, s: &mut Session<'_>) -> Skew {
    Skew::Behind(t.require(s, "behind", skew(), Span::ZERO).value)
}

const fn skew() -> Time {
    Time::between(Span::ZERO, LARGEST_SKEW)
}

fn fast(t: &mut Table<'_>, s: &mut Session<'_>) -> Skew {
    Skew::Drift(t.require(s, "fast", Half, 0.0).value)
}

fn slow(t: &mut Table<'_>, s: &mut Session<'_>) -> Skew {
    Skew::Drift(-t.require(s, "slow", Half, 0.0).value)
}

/// A fault of messages; `share`: of how many of them, unless the scenario says so.
fn messages(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    (name, share): (&'static str, Option<f64>),
    trouble: impl FnOnce(&mut Table<'_>, &mut Session<'_>) -> Trouble,
) -> Wanted {
    fault(t, s, name, |t, s| {
        let trouble = trouble(t, s);
        let share = match share {
            Some(share) => t.take(s, "share", Share, share).value,
            None => t.require(s, "share", Share, 0.0).value,
        };
        let list = ListOf(Name("the name of a kind of message, as in `network.by_kind`"));
        let kinds = t.take(s, "kinds", Or("all", list), None);
        let Aimed { targets, mut needs } = t.choice(s, "targets", &ANY).value;
        let direction = direction(t, s);
        let names = kinds.value.unwrap_or_default();
        needs.push((Needs::Kinds(names.clone()), kinds.mark));
        (Fault::Messages { trouble, share, kinds: names, targets, direction }, needs)
    })
}

fn loss(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    messages(t, s, ("loss", None), |_, _| Trouble::Loss)
}

fn duplicate(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    messages(t, s, ("duplicate", None), |_, _| Trouble::Duplicate)
}

fn corrupt(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    messages(t, s, ("corrupt", None), |_, _| Trouble::Corrupt)
}

fn clog(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    messages(t, s, ("clog", Some(1.0)), |t, s| Trouble::Clog(delay(t, s, "delay")))
}

fn reorder(t: &mut Table<'_>, s: &mut Session<'_>) -> Wanted {
    messages(t, s, ("reorder", Some(1.0)), |t, s| Trouble::Reorder(delay(t, s, "within")))
}

fn delay(t: &mut Table<'_>, s: &mut Session<'_>, name: &'static str) -> Span {
    t.require(s, name, Time::between(Span::ZERO, LONGEST_DELAY), Span::ZERO).value
}

/// All faults, in the order of the file.
pub(super) fn read(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    context: &Context<'_>,
) -> Vec<FaultConfig> {
    let faults = t.choices(s, "fault", &FAULT);
    if faults.len() > MOST {
        let message = format!("there are {} faults", faults.len());
        s.conflict(message, None, &[(faults[MOST].at.mark, "expected at most 1000")]);
    }
    for fault in &faults {
        context.check(s, fault);
    }
    let config =
        |fault: Wanted| FaultConfig { at: fault.at.value, lasts: fault.lasts, what: fault.what };
    faults.into_iter().map(config).collect()
}

/// Shares of a split that don't fit together, and why.
pub(super) fn shares_mistake(shares: &[f64]) -> Option<String> {
    let sum: f64 = shares.iter().sum();
    if sum > 1.0 + 1e-9 {
        return Some(format!("the shares of a split sum to {:.1}%", 100.0 * sum));
    }
    (shares.len() > MOST_PARTS).then(|| format!("a split has {} parts", shares.len()))
}

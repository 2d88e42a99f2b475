//! `churn`: a preset, two laws, a trace, or "none".

use crate::node::Span;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::data;
use crate::scenario::kind::{FilePath, Named, Number, Share, Time};
use crate::scenario::reader::{Field, Mark, Session, Table};

use crate::sim::churn::{ChurnConfig, Law, PRESETS, preset};

/// The share of crashes where none is given: nobody measured it, so both ends of a session are as
/// likely.
const CRASH: f64 = 0.5;

/// Churn as read.
#[derive(Clone)]
pub(super) struct Churn {
    /// The parameters.
    pub config: ChurnConfig,
    /// The trace, if it is one.
    pub trace: Option<TraceUse>,
}

/// How a trace is used.
#[derive(Clone)]
pub(super) struct TraceUse {
    /// Where its file is named.
    pub file: Mark,
    /// Its time at the start of the run.
    pub start: Field<Span>,
    /// Its last instant.
    pub end: Span,
    /// How many nodes it has.
    pub identities: u32,
}

const NONE: Churn = Churn { config: ChurnConfig::None, trace: None };

/// The choice.
pub(super) const CHURN: Choice<'static, Churn> = Choice {
    noun: "a kind of churn",
    words: &[("none", NONE)],
    alternatives: &[
        Alternative { keys: &["preset"], form: "{ preset = \"kad\" }", read: read_preset },
        Alternative {
            keys: &["session", "gap"],
            form: "{ session = { exponential = \"60min\" }, gap = { exponential = \"60min\" } }",
            read: read_laws,
        },
        Alternative {
            keys: &["trace"],
            form: "{ trace = { file = \"...\", start = \"7d\" } }",
            read: read_trace,
        },
    ],
    default: "none",
    stand_in: NONE,
};

const LAW: Choice<'static, Law> = Choice {
    noun: "a law of lengths of time",
    words: &[],
    alternatives: &[
        Alternative {
            keys: &["exponential"],
            form: "{ exponential = \"60min\" }",
            read: exponential,
        },
        Alternative {
            keys: &["weibull"],
            form: "{ weibull = { shape = 0.6, scale = \"2h\" } }",
            read: weibull,
        },
        Alternative {
            keys: &["pareto"],
            form: "{ pareto = { shape = 1.5, min = \"10min\" } }",
            read: pareto,
        },
        Alternative {
            keys: &["lognormal"],
            form: "{ lognormal = { median = \"1h\", sigma = 1.5 } }",
            read: lognormal,
        },
        Alternative { keys: &["constant"], form: "{ constant = \"1h\" }", read: constant },
    ],
    default: "",
    stand_in: Law::Constant(HOUR),
};

const HOUR: Span = Span::from_secs(3_600);

fn read_preset(t: &mut Table<'_>, s: &mut Session<'_>) -> Churn {
    let name = t.require(s, "preset", Named(PRESETS), PRESETS[0]);
    let crash = crash(t, s);
    match preset(name.value) {
        Some((session, gap)) => {
            Churn { config: ChurnConfig::Renewal { session, gap, crash }, trace: None }
        }
        None => NONE,
    }
}

fn read_laws(t: &mut Table<'_>, s: &mut Session<'_>) -> Churn {
    let session = t.choice(s, "session", &LAW).value;
    let gap = t.choice(s, "gap", &LAW).value;
    let crash = crash(t, s);
    Churn { config: ChurnConfig::Renewal { session, gap, crash }, trace: None }
}

fn read_trace(t: &mut Table<'_>, s: &mut Session<'_>) -> Churn {
    let found = t.section(s, "trace", |t, s| {
        let file = t.require(s, "file", FilePath, String::new());
        let start = t.take(s, "start", Time::from(Span::ZERO), Span::ZERO);
        Some((data::trace(s, &file)?, start, file.mark))
    });
    let crash = crash(t, s);
    let Some((trace, start, file)) = found else { return NONE };
    let identities = u32::try_from(trace.nodes.len()).unwrap_or(u32::MAX);
    let used = TraceUse { file, end: trace.end, identities, start: start.clone() };
    let config = ChurnConfig::Trace { trace, start: start.value, crash };
    Churn { config, trace: Some(used) }
}

fn crash(t: &mut Table<'_>, s: &mut Session<'_>) -> f64 {
    t.take(s, "crash", Share, CRASH).value
}

fn exponential(t: &mut Table<'_>, s: &mut Session<'_>) -> Law {
    Law::Exponential { mean: t.require(s, "exponential", Time::wait(), HOUR).value }
}

fn constant(t: &mut Table<'_>, s: &mut Session<'_>) -> Law {
    Law::Constant(t.require(s, "constant", Time::wait(), HOUR).value)
}

fn weibull(t: &mut Table<'_>, s: &mut Session<'_>) -> Law {
    // At shape 0.1 the mean is 3.6 million times the scale; below, hardly any session would end in
    // a run.
    let shape = Number { min: 0.1, open: false, max: 100.0, below: None };
    t.section(s, "weibull", |t, s| Law::Weibull {
        shape: t.require(s, "shape", shape, 1.0).value,
        scale: t.require(s, "scale", Time::wait(), HOUR).value,
    })
}

fn pareto(t: &mut Table<'_>, s: &mut Session<'_>) -> Law {
    let below = Some("a Pareto law of shape 1 or less has an infinite mean: no equilibrium exists");
    let shape = Number { min: 1.0, open: true, max: 100.0, below };
    t.section(s, "pareto", |t, s| Law::Pareto {
        shape: t.require(s, "shape", shape, 2.0).value,
        min: t.require(s, "min", Time::wait(), HOUR).value,
    })
}

fn lognormal(t: &mut Table<'_>, s: &mut Session<'_>) -> Law {
    t.section(s, "lognormal", |t, s| Law::Lognormal {
        median: t.require(s, "median", Time::wait(), HOUR).value,
        sigma: t.require(s, "sigma", super::network::SIGMA, 1.0).value,
    })
}

//! `[network]`: latency, and what else happens to messages.

use crate::node::Span;
use crate::scenario::choice::{Alternative, Choice};
use crate::scenario::data;
use crate::scenario::files::{MatrixFormat, Unit};
use crate::scenario::kind::{Bandwidth, FilePath, Named, Number, Or, Share, Time, Word};
use crate::scenario::reader::{Field, Session, Table};
use crate::sim::network::{Latency, NetworkConfig};

/// Standard deviation of a logarithm. At 5 the mean is 270,000 times the median.
pub(super) const SIGMA: Number = Number { min: 0.0, open: false, max: 5.0, below: None };

const LATENCY: Choice<'static, Latency> = Choice {
    noun: "a model of one-way latency",
    words: &[],
    alternatives: &[
        Alternative { keys: &["preset"], form: "{ preset = \"planetlab\" }", read: preset },
        Alternative { keys: &["constant"], form: "{ constant = \"50ms\" }", read: constant },
        Alternative {
            keys: &["uniform"],
            form: "{ uniform = { min = \"10ms\", max = \"90ms\" } }",
            read: uniform,
        },
        Alternative {
            keys: &["exponential"],
            form: "{ exponential = \"50ms\" }",
            read: exponential,
        },
        Alternative {
            keys: &["lognormal"],
            form: "{ lognormal = { median = \"60ms\", sigma = 0.96, max = \"2s\" } }",
            read: lognormal,
        },
        Alternative {
            keys: &["euclid"],
            form: "{ euclid = { min = \"10ms\", max = \"300ms\" } }",
            read: euclid,
        },
        Alternative {
            keys: &["matrix"],
            form: "{ matrix = { file = \"...\", unit = \"rtt_ms\" } }",
            read: matrix,
        },
    ],
    default: "{ preset = \"planetlab\" }",
    stand_in: Latency::Planetlab,
};

const UNITS: &[(&str, Unit)] = &[
    ("rtt_ms", Unit::RttMs),
    ("one_way_ms", Unit::OneWayMs),
    ("rtt_us", Unit::RttUs),
    ("one_way_us", Unit::OneWayUs),
    ("rtt_s", Unit::RttS),
    ("one_way_s", Unit::OneWayS),
];

const FORMATS: &[(&str, Option<MatrixFormat>)] = &[
    ("auto", None),
    ("triangular", Some(MatrixFormat::Triangular)),
    ("square", Some(MatrixFormat::Square)),
    ("king", Some(MatrixFormat::King)),
];

/// `[network]`
pub(super) fn read(t: &mut Table<'_>, s: &mut Session<'_>) -> NetworkConfig {
    let default = NetworkConfig::default();
    let bandwidth = Or("unlimited", Bandwidth);
    NetworkConfig {
        latency: t.choice(s, "latency", &LATENCY).value,
        jitter: t.take(s, "jitter", Share, default.jitter).value,
        loss: t.take(s, "loss", Share, default.loss).value,
        duplicate: t.take(s, "duplicate", Share, default.duplicate).value,
        uplink: t.take(s, "uplink", bandwidth, default.uplink).value,
        downlink: t.take(s, "downlink", bandwidth, default.downlink).value,
    }
}

const STAND_IN: Span = Span::from_millis(50);

fn preset(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    t.require(s, "preset", Named(&["planetlab"]), "planetlab");
    Latency::Planetlab
}

fn constant(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    Latency::Constant(t.require(s, "constant", delay(), STAND_IN).value)
}

fn exponential(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    let mean = t.require(s, "exponential", delay(), STAND_IN).value;
    let least = t.take(s, "least", Time::from(Span::ZERO), Span::ZERO).value;
    Latency::Exponential { mean, least }
}

fn uniform(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    t.section(s, "uniform", |t, s| {
        let (min, max) = bounds(t, s);
        Latency::Uniform { min, max }
    })
}

fn euclid(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    t.section(s, "euclid", |t, s| {
        let (min, max) = bounds(t, s);
        Latency::Euclid { min, max }
    })
}

fn lognormal(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    t.section(s, "lognormal", |t, s| {
        let median = t.require(s, "median", delay(), STAND_IN);
        let sigma = t.require(s, "sigma", SIGMA, 1.0).value;
        let max = t.require(s, "max", delay(), STAND_IN);
        ordered(s, "median", &median, "max", &max, "the cap");
        Latency::Lognormal { median: median.value, sigma, max: max.value }
    })
}

fn matrix(t: &mut Table<'_>, s: &mut Session<'_>) -> Latency {
    t.section(s, "matrix", |t, s| {
        let file = t.require(s, "file", FilePath, String::new());
        let unit = t.require(s, "unit", Word(UNITS), Unit::RttMs);
        let format = t.take(s, "format", Word(FORMATS), None);
        data::matrix(s, &file, &format, &unit).map_or(Latency::Planetlab, Latency::Matrix)
    })
}

/// A delay of at least one nanosecond: the driver's least.
const fn delay() -> Time {
    Time::from(Span::from_nanos(1))
}

fn bounds(t: &mut Table<'_>, s: &mut Session<'_>) -> (Span, Span) {
    let min = t.require(s, "min", Time::from(Span::ZERO), Span::ZERO);
    let max = t.require(s, "max", delay(), STAND_IN);
    ordered(s, "min", &min, "max", &max, "the upper end");
    (min.value, max.value)
}

fn ordered(
    s: &mut Session<'_>,
    low_name: &str,
    low: &Field<Span>,
    high_name: &str,
    high: &Field<Span>,
    what: &str,
) {
    if low.value > high.value {
        s.conflict(
            format!("`{low_name}` ({}) is above `{high_name}` ({})", low.value, high.value),
            None,
            &[(low.mark, &format!("expected at most {}", high.value)), (high.mark, what)],
        );
    }
}

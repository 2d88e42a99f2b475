//! `verdict.json`: plain data.

use serde::Serialize;
use serde_json::{Map, Value};

/// The version of the names below.
pub const SCHEMA: u32 = 1;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// At every place the whole interval is where the claim wants it.
    Supported,
    /// At some place the whole interval is where the claim doesn't want it.
    Refuted,
    /// Neither: the runs don't tell.
    Undecided,
}

/// All verdicts of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdicts {
    /// The version of these names: 1.
    pub schema: u32,
    /// The sweep.
    pub sweep: String,
    /// What must be known about it; `None`: nothing.
    pub note: Option<String>,
    /// The probability that none of the decided verdicts is wrong, at least.
    pub confidence: f64,
    /// How the number of claims is accounted for.
    pub correction: &'static str,
    /// The claims, in the order of the scenario.
    pub claims: Vec<Claimed>,
}

/// A claim and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claimed {
    /// Its short name.
    pub id: String,
    /// What is claimed.
    pub text: String,
    /// The rule, in words.
    pub rule: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, by how much, and how surely.
    pub because: String,
    /// The least alpha at which this claim alone would be decided; 1: at none.
    pub p: f64,
    /// The same among all claims, by Holm.
    pub p_corrected: f64,
    /// The places where it must hold, in the order of the table.
    pub places: Vec<Judged>,
}

/// A claim at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The coordinates; empty: the sweep has no such axes.
    pub at: Map<String, Value>,
    /// Seeds, or pairs of runs with the same seed.
    pub n: u64,
    /// Seeds that are left out, because a run of theirs has no value.
    pub missing: u64,
    /// The estimate.
    pub value: Option<f64>,
    /// The interval that decides, corrected for the number of claims; on the wrong side also for
    /// that of places.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// Its confidence.
    pub confidence: Option<f64>,
    /// The interval without any correction.
    pub uncorrected: Option<Uncorrected>,
    /// The bound or bounds; `None`: on that side there is none.
    pub above: Option<f64>,
    /// The upper one.
    pub below: Option<f64>,
    /// How far inside its bound the estimate is; negative: outside.
    pub margin: Option<f64>,
    /// Where the interval lies: `right`, `wrong` or `undecided`.
    pub side: &'static str,
    /// Why nothing can be said here.
    pub flaw: Option<String>,
}

/// An interval as if nothing else were asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Uncorrected {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Its confidence.
    pub confidence: f64,
}

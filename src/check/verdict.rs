//! What a check concludes.

use crate::node::{NodeId, ObjectId, OperationId, Time};
use serde::{Serialize, Serializer};
use std::fmt;

/// The conclusion of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It held wherever it was judged ([`Report::judged`] says how often).
    Pass,
    /// It was broken; this is the first time.
    Fail(Witness),
    /// It doesn't apply, or can't be told; this is why.
    Undecided(String),
}

/// One violation, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// When.
    #[serde(serialize_with = "as_text", rename = "time")]
    pub at: Time,
    /// The nodes concerned.
    #[serde(serialize_with = "as_numbers")]
    pub nodes: Vec<NodeId>,
    /// The object concerned, if there is one.
    #[serde(serialize_with = "as_number")]
    pub object: Option<ObjectId>,
    /// The operation concerned, if there is one.
    #[serde(serialize_with = "as_name")]
    pub operation: Option<OperationId>,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

impl Witness {
    /// A witness that names no object and no operation yet.
    #[must_use]
    pub fn new(at: Time, node: NodeId, expected: impl Into<String>, seen: String) -> Self {
        let expected = expected.into();
        Self { at, nodes: vec![node], object: None, operation: None, expected, seen }
    }

    /// Names the object.
    #[must_use]
    pub fn of(mut self, object: ObjectId) -> Self {
        self.object = Some(object);
        self
    }

    /// Names the operation.
    #[must_use]
    pub fn in_operation(mut self, operation: OperationId) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Names a further node.
    #[must_use]
    pub fn and(mut self, node: NodeId) -> Self {
        self.nodes.push(node);
        self
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.at)?;
        self.nodes.iter().try_for_each(|node| write!(f, ", {node}"))?;
        self.object.iter().try_for_each(|object| write!(f, ", object {}", object.0))?;
        self.operation.iter().try_for_each(|id| write!(f, ", operation {id}"))?;
        write!(f, ": expected {}; saw {}", self.expected, self.seen)
    }
}

fn as_text<S: Serializer>(at: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn as_numbers<S: Serializer>(nodes: &[NodeId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(nodes.iter().map(|node| node.0))
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_number<S: Serializer>(object: &Option<ObjectId>, serializer: S) -> Result<S::Ok, S::Error> {
    object.map(|object| object.0).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_name<S: Serializer>(id: &Option<OperationId>, serializer: S) -> Result<S::Ok, S::Error> {
    id.map(|id| id.to_string()).serialize(serializer)
}

/// One check's part of `checks.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The id in CLIPPEE 8.
    pub id: &'static str,
    /// What is checked, in a few words.
    pub title: &'static str,
    /// Whether the run has failed if it was broken: so for all rules of the protocol, and for those
    /// guarantees that the scenario demands.
    pub required: bool,
    /// The conclusion.
    pub verdict: Verdict,
    /// How many times the check was made: a pass with 0 says nothing.
    pub judged: u64,
    /// How many times it was broken.
    pub violations: u64,
}

impl Report {
    /// Whether the run has failed by it.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.required && matches!(self.verdict, Verdict::Fail(_))
    }

    /// The conclusion in words.
    #[must_use]
    pub fn conclusion(&self) -> String {
        match &self.verdict {
            Verdict::Pass => format!("pass ({} judged)", self.judged),
            Verdict::Fail(first) => {
                let word = if self.required { "FAIL" } else { "broken" };
                format!("{word} ({} of {}; first {first})", self.violations, self.judged)
            }
            Verdict::Undecided(reason) => format!("undecided ({reason})"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.id, self.title, self.conclusion())
    }
}

/// Counts judgements and keeps the first violation.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub judged: u64,
    pub violations: u64,
    first: Option<Witness>,
}

impl Tally {
    /// Takes in one judgement; the witness is only made for the first violation.
    pub fn judge(&mut self, holds: bool, witness: impl FnOnce() -> Witness) {
        self.judged += 1;
        if !holds {
            self.violations += 1;
            self.first.get_or_insert_with(witness);
        }
    }

    /// The conclusion, where nothing speaks against judging.
    pub fn verdict(&self) -> Verdict {
        self.first.clone().map_or(Verdict::Pass, Verdict::Fail)
    }
}

//! What keys take: how each kind of value is read, written back and described.

mod lists;
mod numbers;
mod quantities;
mod study;
mod words;

pub(super) use lists::{ListOf, Name};
pub(super) use numbers::{Among, Count, Count32, Number};
pub(super) use quantities::{Bandwidth, Bytes, Half, LONGEST, Rate, Share, Time};
pub(super) use study::{
    Confidence, CurvePoints, LinesBy, OneOf, Prose, QuantityOf, ThresholdRow, Thresholds,
};
pub(super) use words::{FilePath, Flag, FolderName, Named, Names, Or, QuorumOf, Word};

use super::tree::Value;
use serde_json::Value as Json;

/// A kind of value.
pub(super) trait Kind {
    /// What it is read into.
    type Value: Clone;
    /// Reads it.
    fn read(&self, value: &Value) -> Result<Self::Value, Refusal>;
    /// Writes it so that reading it again gives the same.
    fn write(&self, value: &Self::Value) -> Json;
    /// What is expected, with its range.
    fn describe(&self) -> String;
    /// Whether a number that it takes must be whole.
    fn is_whole(&self) -> bool {
        false
    }
}

/// Why a value isn't taken.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Completes the sentence "`key` ...".
    pub what: String,
    /// A suggestion.
    pub help: Option<String>,
}

impl Refusal {
    /// `what` completes the sentence "`key` ...".
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: None }
    }

    /// With a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The value is of another kind altogether.
    pub fn kind(value: &Value) -> Self {
        Self::new(format!("is {}", value.kind()))
    }

    fn range(shown: impl std::fmt::Display) -> Self {
        Self::new(format!("is out of range: {shown}"))
    }
}

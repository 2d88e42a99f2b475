//! Reading a trace.

use crate::node::Time;
use crate::observe::trace::{Effect, Input, Line, Run, SCHEMA, StepLine};
use std::io::{self, BufRead};

/// Why a trace can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// A line isn't one of a trace.
    #[error("line {line} is no line of a trace: {source}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The first line doesn't say what the trace is of.
    #[error("it doesn't begin as a trace of this version does")]
    Beginning,
    /// There is more than the form can show.
    #[error("{what}, which is more than anybody could look at")]
    TooMuch {
        /// What there is too much of.
        what: String,
    },
    /// The trace can't be read, or the picture not be written.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// The part of a trace that is shown: steps from `from` up to and including `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub from: Time,
    /// The last one.
    pub until: Time,
}

impl Window {
    /// All of a run.
    pub const ALL: Self = Self { from: Time::ZERO, until: Time::NEVER };

    /// Whether a moment is shown, in nanoseconds.
    pub(super) fn contains(self, at: u64) -> bool {
        (self.from.nanos()..=self.until.nanos()).contains(&at)
    }
}

/// Reads a trace: what it is of, then its lines up to the end of the window.
pub(super) fn open(
    mut source: impl BufRead,
    window: Window,
) -> Result<(Run, impl Iterator<Item = Result<Line, TraceError>>), TraceError> {
    let mut text = String::new();
    source.read_line(&mut text)?;
    let run = match serde_json::from_str(&text) {
        Ok(Line::Run(run)) if run.schema == SCHEMA => run,
        _ => return Err(TraceError::Beginning),
    };
    let lines = source.lines().zip(2..).map(|(text, line)| {
        serde_json::from_str(&text?).map_err(|source| TraceError::Line { line, source })
    });
    let is_over =
        move |line: &Line| matches!(line, Line::Step(step) if step.at > window.until.nanos());
    let shown = lines.take_while(move |line| !line.as_ref().is_ok_and(is_over));
    Ok((run, shown))
}

/// A step in a few words.
pub(super) fn name(step: &StepLine) -> String {
    match &step.input {
        Input::Boot => "boot".to_owned(),
        Input::Message { kind, .. } => kind.to_string(),
        Input::Timer { content } => {
            let word: String = content.chars().take_while(|c| c.is_alphanumeric()).collect();
            format!("timer {word}")
        }
        Input::Operation { id, kind, .. } => format!("{kind} {id}"),
        Input::Leave => "leave".to_owned(),
        Input::Stop { crash: true } => "crash".to_owned(),
        Input::Stop { crash: false } => "stop".to_owned(),
    }
}

/// Whether a step sent anything.
pub(super) fn sends(step: &StepLine) -> bool {
    step.effects.iter().any(|effect| matches!(effect, Effect::Send { .. }))
}

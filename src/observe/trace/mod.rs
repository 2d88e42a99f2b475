//! The trace: every step of a run in canonical order, as JSON Lines.
//!
//! A line is written as soon as its step is over, so that a trace takes memory for what is under
//! way only. What it doesn't do: choose. All steps are shown; exporters ([`crate::report::trace`])
//! show parts.

mod describe;
mod line;
#[cfg(test)]
mod tests;
mod tracer;

pub use describe::{input, short};
pub use line::{Dropped, Effect, Input, Line, Run, SCHEMA, Sending, StepLine, Told, Word};
pub use tracer::Tracer;

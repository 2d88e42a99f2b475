//! ShiViz logs: each step with its vector clock (Beschastnikh et al., "Debugging distributed
//! systems", Communications of the ACM 59(8), 2016).

use super::read::{TraceError, Window, name, open, sends};
use crate::observe::trace::{Input, Line, StepLine};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, Write};

/// How ShiViz finds event, host and clock; then an empty line: there is one execution.
const HEAD: &str = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n\n";

/// Numbers in all clocks together; the tool draws a few thousand events.
const MOST: u64 = 2_000_000;

/// Steps that each node has come to, as far as a step can know.
type Clock = BTreeMap<u32, u64>;

/// Writes the part `window` of the trace in `source` as a ShiViz log. Returns the number of steps
/// shown. Keeps the clock of each step that sent something.
///
/// # Errors
/// See [`TraceError`]; [`TraceError::TooMuch`] above some 10,000 steps of 100 nodes.
pub fn shiviz(
    source: impl BufRead,
    window: Window,
    mut out: impl Write,
) -> Result<u64, TraceError> {
    let (_, lines) = open(source, window)?;
    out.write_all(HEAD.as_bytes())?;
    let mut clocks: BTreeMap<u32, Clock> = BTreeMap::new();
    let mut sent: BTreeMap<(u32, u32), Clock> = BTreeMap::new();
    let (mut steps, mut numbers) = (0, 0);
    for line in lines {
        let Line::Step(step) = line? else { continue };
        if !window.contains(step.at) {
            continue;
        }
        steps += 1;
        let clock = clocks.entry(step.node).or_default();
        // What caused it may have come before the window: then nobody here knows of it.
        let cause = step.cause.and_then(|cause| sent.get(&(cause.node.0, cause.number)));
        for (&node, &count) in cause.into_iter().flatten() {
            let known = clock.entry(node).or_default();
            *known = count.max(*known);
        }
        *clock.entry(step.node).or_default() += 1;
        numbers += clock.len() as u64;
        if numbers > MOST {
            let what = format!("{steps} steps of {} nodes", clocks.len());
            return Err(TraceError::TooMuch { what });
        }
        writeln!(out, "{}", event(&step))?;
        writeln!(out, "n{} {}", step.node, text(clock))?;
        if sends(&step) {
            sent.insert((step.node, step.number), clock.clone());
        }
    }
    out.flush()?;
    Ok(steps)
}

fn event(step: &StepLine) -> String {
    let seconds = step.at / 1_000_000_000;
    let time = format!("{seconds}.{:09}s", step.at % 1_000_000_000);
    match &step.input {
        Input::Message { from, .. } => format!("{time} {} from n{from}", name(step)),
        _ => format!("{time} {}", name(step)),
    }
}

fn text(clock: &Clock) -> String {
    let mut text = String::from("{");
    for (index, (node, count)) in clock.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(text, "{comma}\"n{node}\": {count}").expect("a string takes every text");
    }
    text.push('}');
    text
}

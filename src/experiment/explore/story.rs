//! A run for people: who took part, what went wrong, who asked for what.

use super::generator::identities;
use super::judge::Judged;
use crate::node::{OperationKind, Time};
use crate::report::nodes::ranges;
use crate::scenario::Scenario;
use crate::sim::workload::Given;
use std::fmt::{Result, Write};

/// More operations than this are counted, not told.
const TOLD: usize = 12;

/// What happened in a run, in a few lines.
///
/// # Panics
/// Never: a string takes every text.
#[must_use]
pub fn story(scenario: &Scenario, judged: &Judged) -> String {
    let mut text = String::new();
    write(&mut text, scenario, judged).expect("a string takes every text");
    text
}

fn write(text: &mut String, scenario: &Scenario, judged: &Judged) -> Result {
    let (peers, clients) = identities(scenario);
    let (faults, operations) = (judged.faults.len(), judged.issued.len());
    writeln!(text, "{peers} peers, {clients} clients, {faults} faults, {operations} operations")?;
    for fault in &judged.faults {
        let length = fault.until.since(fault.at);
        write!(text, "  {} {} for {length}", moment(fault.at), fault.kind)?;
        for (part, nodes) in &fault.targets {
            let nodes = if nodes.is_empty() { "nobody".into() } else { ranges(nodes) };
            write!(text, ", {part}: {nodes}")?;
        }
        writeln!(text)?;
    }
    for given in judged.issued.iter().take(TOLD) {
        writeln!(text, "  {}", operation(given, peers))?;
    }
    match judged.issued.len().checked_sub(TOLD) {
        Some(more) if more > 0 => writeln!(text, "  and {more} more operations"),
        _ => Ok(()),
    }
}

fn moment(at: Time) -> String {
    format!("at {at}")
}

fn operation(given: &Given, peers: u32) -> String {
    let kind = given.operation.kind();
    let what = match kind {
        OperationKind::Lookup => String::new(),
        _ => given.operation.object().map_or_else(String::new, |it| format!(" {}", it.0)),
    };
    format!(
        "{} client n{} asks for {}{what}",
        moment(Time::ZERO + given.at),
        peers + given.client,
        kind.name()
    )
}

//! The plan of faults for people, before the run.

use super::registry::schedule;
use crate::node::Time;
use crate::report::nodes::ranges;
use crate::scenario::Scenario;
use crate::sim::fault::{Aim, Part, Planned};
use std::fmt::Write;

/// The faults of the scenario as they will come, a line for each part of each; empty if there are
/// none. Those who play a part when their fault begins are known by their part only.
///
/// # Panics
/// If the scenario names no protocol, which a valid one does.
#[must_use]
pub fn faults(scenario: &Scenario) -> String {
    let mut text = String::new();
    if scenario.faults.is_empty() {
        return text;
    }
    for planned in schedule(scenario).planned {
        for (part, aim) in &planned.aims {
            writeln!(text, "{} {part}: {}", head(&planned), whom(aim))
                .expect("a string takes every text");
        }
    }
    text
}

fn head(planned: &Planned) -> String {
    let until = if planned.for_good {
        "to the end".into()
    } else {
        format!("to {}", planned.until.since(Time::ZERO))
    };
    let at = planned.at.since(Time::ZERO);
    format!("{} {} from {} {until},", planned.number, planned.fault.name(), at)
}

fn whom(aim: &Aim) -> String {
    match aim {
        Aim::Everyone => "all others".into(),
        Aim::Known(nodes) if nodes.is_empty() => "nobody".into(),
        Aim::Known(nodes) => format!("nodes {}", ranges(nodes)),
        Aim::Role(part) => match part {
            Part::Root(object) => format!("the root of object {object} then"),
            Part::Replica(object) => format!("one of the replicas of object {object} then"),
            Part::Replicas(object) => format!("the replicas of object {object} then"),
            Part::Coordinator(object) => {
                format!("the access peer of whoever asked last for an update of object {object}")
            }
            Part::Busiest(count) => format!("the {count} peers with the most clients then"),
        },
    }
}

//! The keys of a scenario, table by table, with their defaults, their ranges, and what must hold
//! between them.

mod baselines;
mod changes;
mod checks;
mod churn;
mod claim;
mod conclusions;
mod fault;
mod fault_checks;
mod fault_targets;
mod figure;
mod groups;
mod network;
mod operation;
mod point;
mod population;
mod protocol;
mod sweep;
mod workload;

pub(super) use conclusions::{Conclusions, conclusions};
pub(super) use sweep::{Assigned, Draft, Tried};
pub use sweep::{Axis, AxisValue, Case, Sweep};

use super::kind::{Among, Count, FolderName, LONGEST, Or, Time};
use super::reader::{Field, Session, Table};
use super::types::Scenario;
use crate::node::Span;
use population::People;

/// What is to be concluded from a sweep's results. No run depends on it.
pub(super) const CONCLUSIONS: [&str; 2] = ["claim", "figure"];

/// What a whole tree says.
pub(super) struct Whole {
    /// The scenario.
    pub scenario: Scenario,
    /// `[sweep]`, if there is one.
    pub sweep: Option<Draft>,
}

/// Reads the top of the tree, and from there all of it.
pub(super) fn scenario(t: &mut Table<'_>, s: &mut Session<'_>) -> Whole {
    t.require(s, "schema", Among(&[1]), 1);
    let name = t.require(s, "name", FolderName, String::new());
    let seed = t.take(s, "seed", Count { min: 0, max: i64::MAX.cast_unsigned() }, 1);
    let duration = t.take(s, "duration", Time::wait(), Span::from_secs(600));
    let warmup = warmup(t, s, &duration);
    let drain = t.take(s, "drain", Or("auto", Time::from(Span::ZERO)), None);
    let protocols = protocol::read(t, s);
    let first = protocols.first();
    let peers = t.section(s, "peers", population::peers);
    let idle = first.is_some_and(|protocol| !protocol.serves_clients);
    let clients = t.section(s, "clients", |t, s| population::clients(t, s, idle));
    let network = t.section(s, "network", network::read);
    let (mut workload, groups) =
        t.section(s, "workload", |t, s| workload::read(t, s, first, &clients));
    workload.changes = changes::read(t, s, &duration, &groups, &clients);
    if let Some(first) = first {
        protocol::check_population(s, first, &peers, &clients);
    }
    let context = fault_checks::Context {
        duration: &duration,
        protocol: first,
        peers: &peers,
        clients: &clients,
        network: &network,
        objects: workload.objects + groups.count.0,
    };
    let faults = fault::read(t, s, &context);
    let operations = operation::all(t, s, &context, &groups);
    for people in [&peers, &clients] {
        check_trace(s, people, &duration);
    }
    CONCLUSIONS.iter().for_each(|name| t.know(name));
    let require = checks::read(t, s);
    let names: Vec<&str> = protocols.iter().map(protocol::Chosen::name).collect();
    let sweep = sweep::read(t, s, &names, seed.value);
    if s.is_survey() {
        conclusions(t, s, None);
    }
    let scenario = Scenario {
        name: name.value,
        seed: seed.value,
        duration: duration.value,
        warmup: warmup.value,
        drain: drain.value,
        protocols: protocols.into_iter().map(|protocol| protocol.config).collect(),
        peers: peers.population,
        clients: clients.population,
        network,
        drawn: groups.drawn,
        workload,
        operations,
        faults,
        require,
    };
    Whole { scenario, sweep }
}

/// A tenth of the run is warm-up, but a minute is enough.
fn warmup(t: &mut Table<'_>, s: &mut Session<'_>, duration: &Field<Span>) -> Field<Span> {
    let default = duration.value.part(10).min(Span::from_secs(60));
    let shown = "a tenth of `duration`, at most 1min".to_owned();
    let warmup = t.take_derived(s, "warmup", Time::from(Span::ZERO), default, shown);
    if warmup.value >= duration.value {
        let (long, short) = (warmup.value, duration.value);
        s.conflict(
            format!("`warmup` ({long}) leaves nothing of `duration` ({short}) to measure"),
            Some("make the warm-up shorter or the run longer".into()),
            &[(warmup.mark, "expected less than `duration`"), (duration.mark, "the whole run")],
        );
    }
    warmup
}

/// A trace must last as long as the run that is driven by it.
fn check_trace(s: &mut Session<'_>, people: &People, duration: &Field<Span>) {
    let Some(trace) = &people.trace else { return };
    let (start, end) = (trace.start.value, trace.end);
    let help = format!("the trace ends at {end} ({:.2} days)", end.seconds() / 86_400.0);
    let at_start = if trace.start.mark.at.is_some() { trace.start.mark } else { trace.file };
    if start >= end {
        let message = format!("the trace is over when the run starts, at {start}");
        s.conflict(message, Some(help), &[(at_start, "starts here")]);
    } else if start + duration.value > end && duration.value <= LONGEST {
        let message = format!(
            "the trace ends before the run does: it starts at {start} and runs {}",
            duration.value
        );
        let marks = [(at_start, "the trace starts here"), (duration.mark, "how long the run is")];
        s.conflict(message, Some(help), &marks);
    }
}

//! Drives a plan to its end and gathers what its observers saw.

use super::registry::{Task, with_plan};
use super::study::steady;
use crate::check::{Checks, Report};
use crate::node::{MessageKind, Protocol, Time};
use crate::observe::consistency::{Census, Consistency};
use crate::observe::delivery::Delivery;
use crate::observe::faults::{FaultSeen, Faults};
use crate::observe::trace::{self, Tracer};
use crate::observe::{Digest, Metrics, MetricsConfig, Results};
use crate::report::table::{Header, Verdict};
use crate::report::{self, csv, json, table};
use crate::scenario::Scenario;
use crate::sim::{Driver, Parallel, Plan, Simulation};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Events between two looks at the stop flag and two reports of progress: a few hundredths of a
/// second.
pub(super) const SLICE: u64 = 32_768;

/// What doesn't belong to the scenario: none of it changes a result.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Judge H1 to H12 and G1 to G6 at every step, and C1 to C7 at the end. A scenario that demands
    /// guarantees is checked in any case.
    pub check: bool,
    /// Threads that the run may take; 0 is 1. It takes one where several don't pay.
    pub threads: u32,
    /// Write every step into this file, JSON Lines ([`crate::observe::trace`]).
    pub trace: Option<PathBuf>,
    /// Set from outside to end the run early.
    pub stop: Arc<AtomicBool>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Simulated so far.
    pub simulated: Time,
    /// The end of the run.
    pub end: Time,
    /// Events so far.
    pub events: u64,
}

impl Progress {
    /// How far two runs of this length are, of which this is the one that `before` others precede.
    pub(super) fn half_of_two(self, before: u64) -> Self {
        let end = self.end.nanos();
        let simulated = Time::from_nanos(before * end + self.simulated.nanos());
        Self { simulated, end: Time::from_nanos(2 * end), events: self.events }
    }
}

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// The table that a person reads at a glance.
    pub summary: String,
    /// Text of `metrics.json`.
    pub metrics_json: String,
    /// Text of `series.csv`.
    pub series_csv: String,
    /// Text of `distributions.csv`.
    pub distributions_csv: String,
    /// Means of the series by MSER-5, for sweeps: see [`steady`].
    pub steady: Vec<(String, Option<f64>)>,
    /// Text of `faults.csv`, if there was a plan of faults.
    pub faults_csv: Option<String>,
    /// Text of `checks.json`, if the run was checked.
    pub checks_json: Option<String>,
    /// The digest, 32 hexadecimal digits.
    pub digest: String,
    /// Messages handled, timers fired, operations and churn changes.
    pub events: u64,
    /// Checks that failed.
    pub failed_checks: u32,
}

/// Runs the scenario's first protocol. `progress` is called every few hundredths of a second.
/// `None`: the run was stopped from outside.
///
/// # Errors
/// If the trace can't be written, or a result isn't a finite number: a bug, but one that must not
/// reach a file.
pub fn run(
    scenario: &Scenario,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Outcome>, report::Error> {
    with_plan(scenario, Run { scenario, options, progress })
}

/// A run whose results are kept.
struct Run<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    progress: &'a mut dyn FnMut(Progress),
}

impl Task for Run<'_> {
    type Output = Result<Option<Outcome>, report::Error>;

    fn perform<P: Protocol>(self, plan: Plan<P>, census: &Census) -> Self::Output {
        drive(self.scenario, plan, census, self.options, self.progress)
    }
}

/// Runs `plan`, watched by all observers.
fn drive<P: Protocol>(
    scenario: &Scenario,
    plan: Plan<P>,
    census: &Census,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Outcome>, report::Error> {
    let tracer = options.trace.as_deref().map(|path| trace(scenario, &plan, path)).transpose()?;
    let check = options.check || !scenario.require.is_empty();
    let judges = judges(census, check.then_some(scenario.require.as_slice()));
    let faults = (!scenario.faults.is_empty()).then(Faults::default);
    let observer = (judges, faults, tracer);
    let counters = counters(&plan, census);
    let (threads, stop) = (options.threads, &*options.stop);
    let seen = if threads > 1 {
        let mut run = Parallel::new(plan, threads, counters, observer);
        let ends = simulate(&mut run, |run| has_failed(run.observer()), stop, progress);
        ends.then(|| (run.events(), run.into_observers()))
    } else {
        let mut run = Simulation::new(plan, (counters(), observer));
        let ends = simulate(&mut run, |run| has_failed(&run.observer().1), stop, progress);
        ends.then(|| (run.events(), run.into_observer()))
    };
    let Some((events, ((digest, metrics), observer))) = seen else { return Ok(None) };
    let ((consistency, delivery, checks), faults, tracer) = observer;
    if let (Some(tracer), Some(path)) = (tracer, &options.trace) {
        tracer.finish().map_err(report::Error::file(path))?;
    }
    let mut results = metrics.finish(digest, events);
    // Without objects nothing can be lost: null, not zero.
    if census.objects() > 0 {
        results.consistency = Some(serde_json::to_value(consistency.finish())?);
    }
    if let Some(mut delivery) = delivery.map(Delivery::finish) {
        results.series.append(&mut delivery.series);
        results.distributions.append(&mut delivery.distributions);
        results.delivery = Some(serde_json::to_value(delivery)?);
    }
    let reports = checks.map(Checks::finish);
    let faults_csv = faults.map(|faults| csv_of_faults(&faults.finish())).transpose()?;
    let outcome = outcome::<P>(scenario, &results, reports.as_deref())?;
    Ok(Some(Outcome { faults_csv, ..outcome }))
}

pub(super) type Trace = Tracer<BufWriter<File>>;

/// Who counts: each shard may have its own.
pub(super) type Counters = (Digest, Metrics);

/// Who judges what nodes do together, in the order of events.
pub(super) type Judges = (Consistency, Option<Delivery>, Option<Checks>);

/// Makes those who count what happens in a run of `plan`.
pub(super) fn counters<P: Protocol>(
    plan: &Plan<P>,
    census: &Census,
) -> impl Fn() -> Counters + use<P> {
    let config = MetricsConfig {
        warmup: census.warmup,
        duration: census.duration,
        end: census.end,
        peers: plan.peers.identities,
        clients: plan.clients.identities,
        kinds: P::Message::KINDS,
        background: (0..P::Message::KINDS.len()).map(P::Message::is_background).collect(),
    };
    move || (Digest::new(), Metrics::new(config.clone()))
}

/// Those who judge a run; if it is checked, by which guarantees it must keep.
pub(super) fn judges(census: &Census, check: Option<&[&'static str]>) -> Judges {
    let consistency = Consistency::new(census.clone());
    let delivery = (census.groups > 0).then(|| Delivery::new(census));
    let checks =
        check.map(|required| Checks::new(census.clone()).demanding(required.iter().copied()));
    (consistency, delivery, checks)
}

/// A trace of `plan` in a new file.
pub(super) fn trace<P: Protocol>(
    scenario: &Scenario,
    plan: &Plan<P>,
    path: &Path,
) -> Result<Trace, report::Error> {
    let file = File::create(path).map_err(report::Error::file(path))?;
    let run = trace::Run {
        schema: trace::SCHEMA,
        name: scenario.name.clone(),
        seed: scenario.seed,
        protocol: P::NAME.into(),
        peers: plan.peers.identities,
        clients: plan.clients.identities,
    };
    Ok(Tracer::new(BufWriter::new(file), run))
}

/// Whether the trace can't be written.
fn has_failed(observer: &(Judges, Option<Faults>, Option<Trace>)) -> bool {
    observer.2.as_ref().is_some_and(Tracer::has_failed)
}

/// Runs to the end, or until `stop`, which gives false; or until it `has_failed`.
fn simulate<P: Protocol, D: Driver<P>>(
    run: &mut D,
    has_failed: impl Fn(&D) -> bool,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> bool {
    let end = run.plan().end;
    while !run.run(end, SLICE) {
        if has_failed(run) {
            break;
        }
        progress(Progress { simulated: run.now(), end, events: run.events() });
        if stop.load(Ordering::Relaxed) {
            return false;
        }
    }
    true
}

fn outcome<P: Protocol>(
    scenario: &Scenario,
    results: &Results,
    reports: Option<&[Report]>,
) -> Result<Outcome, report::Error> {
    let header = Header {
        scenario: &scenario.name,
        seed: scenario.seed,
        protocol: P::NAME,
        warmup: scenario.warmup,
        duration: scenario.duration,
    };
    let verdicts: Vec<Verdict> = reports.unwrap_or_default().iter().map(verdict).collect();
    let mut series_csv = Vec::new();
    csv::series(&results.series, &mut series_csv)?;
    let mut distributions_csv = Vec::new();
    csv::distributions(&results.distributions, &mut distributions_csv)?;
    Ok(Outcome {
        summary: table::text(&header, results, &verdicts),
        metrics_json: json::text(results)?,
        series_csv: String::from_utf8_lossy(&series_csv).into_owned(),
        steady: steady(&results.series),
        distributions_csv: String::from_utf8_lossy(&distributions_csv).into_owned(),
        faults_csv: None,
        checks_json: reports.map(json::text).transpose()?,
        digest: results.digest.to_string(),
        events: results.events,
        failed_checks: reports.unwrap_or_default().iter().filter(|r| r.failed()).count() as u32,
    })
}

fn csv_of_faults(faults: &[FaultSeen]) -> Result<String, report::Error> {
    let mut text = Vec::new();
    csv::faults(faults, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn verdict(report: &Report) -> Verdict {
    Verdict { name: format!("{} {}", report.id, report.title), verdict: report.conclusion() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{LoadOptions, load_str, to_toml};

    #[test]
    fn scenarios_demand_what_checks_call_guarantees() {
        let names: Vec<&str> = Checks::guarantees().map(|(name, _)| name).collect();
        let least = "schema = 1\nname = \"t\"\n[protocol.clippee]\n";
        let load = |text: &str| {
            load_str(text, "t", Path::new(""), &LoadOptions::default()).expect("it is valid")
        };
        let loaded = load(&format!("{least}[check]\nrequire = {names:?}\n"));
        assert_eq!(loaded.scenario.require, names);
        assert_eq!(load(&to_toml(&loaded.resolved)).scenario, loaded.scenario);
        assert!(load(least).resolved.get("check").is_none());
        // There are no others: whoever writes one is told all of them.
        let other = format!("{least}[check]\nrequire = [\"xyz\"]\n");
        let refused = load_str(&other, "t", Path::new(""), &LoadOptions::default()).unwrap_err();
        let told = refused.render(1_000, false);
        assert!(told.contains(&format!("guarantees are {}\n", names.join(", "))), "{told}");
    }
}

//! Drives a plan to its end and gathers what its observers saw.

use super::study::steady;
use crate::check::{Checks, Report};
use crate::node::{MessageKind, Observer, Protocol, Time};
use crate::observe::consistency::{Census, Consistency};
use crate::observe::delivery::Delivery;
use crate::observe::faults::{FaultSeen, Faults};
use crate::observe::{Digest, Metrics, MetricsConfig, Results};
use crate::report::table::{Header, Verdict};
use crate::report::{self, csv, json, table};
use crate::scenario::Scenario;
use crate::sim::{Plan, Simulation};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Events between two looks at the stop flag and two reports of progress: a few hundredths of a
/// second.
const SLICE: u64 = 32_768;

/// What doesn't belong to the scenario: none of it changes a result.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Judge H1 to H12 at every step, and C1 to C5 at the end.
    pub check: bool,
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

/// Runs `plan`, watched by all observers.
pub(super) fn drive<P: Protocol>(
    scenario: &Scenario,
    plan: Plan<P>,
    census: &Census,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Outcome>, report::Error> {
    let metrics = Metrics::new(MetricsConfig {
        warmup: census.warmup,
        duration: census.duration,
        end: census.end,
        peers: plan.peers.identities,
        clients: plan.clients.identities,
        kinds: P::Message::KINDS,
        background: (0..P::Message::KINDS.len()).map(P::Message::is_background).collect(),
    });
    let consistency = Consistency::new(census.clone());
    let delivery = (census.groups > 0).then(|| Delivery::new(census));
    let checks = options.check.then(|| Checks::new(census.clone()));
    let faults = (!scenario.faults.is_empty()).then(Faults::default);
    let observer = (Digest::new(), metrics, consistency, delivery, checks, faults);
    let Some((observer, events)) = simulate(plan, observer, &options.stop, progress) else {
        return Ok(None);
    };
    let (digest, metrics, consistency, delivery, checks, faults) = observer;
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

/// Runs to the end, or until `stop`.
fn simulate<P: Protocol, O: Observer<P>>(
    plan: Plan<P>,
    observer: O,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<(O, u64)> {
    let end = plan.end;
    let mut run = Simulation::new(plan, observer);
    while !run.run(end, SLICE) {
        progress(Progress { simulated: run.now(), end, events: run.events() });
        if stop.load(Ordering::Relaxed) {
            return None;
        }
    }
    let events = run.events();
    Some((run.into_observer(), events))
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

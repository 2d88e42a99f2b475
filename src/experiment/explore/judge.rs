//! One run, judged.

use super::caught::caught;
use super::record::Issued;
use crate::check::{Checks, Verdict};
use crate::experiment::registry::{Task, with_plan};
use crate::experiment::run::trace;
use crate::node::{Protocol, Time};
use crate::observe::consistency::Census;
use crate::observe::coverage::{Coverage, Reached};
use crate::observe::faults::{FaultSeen, Faults};
use crate::report;
use crate::scenario::Scenario;
use crate::sim::workload::Given;
use crate::sim::{Plan, Simulation};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Events between two looks at the flag that ends a run.
const SLICE: u64 = 16_384;
/// A run of a small scenario that goes on for longer will never end: it runs in circles.
const MOST_EVENTS: u64 = 500_000_000;

/// Something that must not happen, and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which check: `H5`; `panic` for a run that couldn't go on.
    pub check: String,
    /// What that means, in a few words.
    pub title: String,
    /// The first violation, for a person to read.
    pub witness: String,
    /// When it happened, if that is known.
    pub at: Option<Time>,
}

/// What is known of a run after it.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// What failed, in the order of checks.
    pub failures: Vec<Failure>,
    /// Checks that couldn't be decided.
    pub undecided: Vec<&'static str>,
    /// Checks that were judged and held.
    pub passed: Vec<&'static str>,
    /// The states that were reached, and under which faults.
    pub reached: Reached,
    /// The faults as they came.
    pub faults: Vec<FaultSeen>,
    /// What applications asked for.
    pub issued: Vec<Given>,
    /// Steps.
    pub events: u64,
}

impl Judged {
    /// Whether `check` failed.
    #[must_use]
    pub fn breaks(&self, check: &str) -> bool {
        self.failures.iter().any(|failure| failure.check == check)
    }
}

/// How a run is made again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Replay<'a> {
    /// It ends then, and what can be judged at its end only isn't.
    pub until: Option<Time>,
    /// Every step is written into this file ([`crate::observe::trace`]).
    pub trace: Option<&'a Path>,
    /// After so many steps it is given up, as if it had been stopped from outside.
    pub most_events: Option<u64>,
}

/// Runs the scenario's first protocol and judges it by all rules, and by the guarantees that the
/// scenario demands. `None`: stopped from outside.
///
/// # Panics
/// Never: nothing is written.
#[must_use]
pub fn judge(scenario: &Scenario, stop: &AtomicBool) -> Option<Judged> {
    replay(scenario, Replay::default(), stop).expect("nothing is written")
}

/// The same, to a given moment or with a trace.
///
/// # Errors
/// If the trace can't be written.
pub fn replay(
    scenario: &Scenario,
    how: Replay<'_>,
    stop: &AtomicBool,
) -> Result<Option<Judged>, report::Error> {
    let run = || with_plan(scenario, Judge { scenario, how, stop });
    caught(run).unwrap_or_else(|message| {
        let failure = Failure {
            check: "panic".into(),
            title: "the run can't go on".into(),
            witness: message,
            at: None,
        };
        Ok(Some(Judged { failures: vec![failure], ..Judged::default() }))
    })
}

struct Judge<'a> {
    scenario: &'a Scenario,
    how: Replay<'a>,
    stop: &'a AtomicBool,
}

impl Task for Judge<'_> {
    type Output = Result<Option<Judged>, report::Error>;

    fn perform<P: Protocol>(self, plan: Plan<P>, census: &Census) -> Self::Output {
        let required = self.scenario.require.iter().copied();
        let checks = Checks::new(census.clone()).demanding(required);
        let issued = Issued::new(census);
        let Replay { until, trace: path, most_events } = self.how;
        let trace = path.map(|path| trace(self.scenario, &plan, path)).transpose()?;
        let observer = (checks, Coverage::new(census), Faults::default(), issued, trace);
        let end = until.unwrap_or(plan.end).min(plan.end);
        let mut run = Simulation::new(plan, observer);
        while !run.run(end, SLICE) {
            let too_long = most_events.is_some_and(|most| run.events() >= most);
            if too_long || self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            assert!(run.events() < MOST_EVENTS, "the run doesn't end");
        }
        let events = run.events();
        let (checks, coverage, faults, issued, trace) = run.into_observer();
        if let (Some(trace), Some(path)) = (trace, path) {
            trace.finish().map_err(report::Error::file(path))?;
        }
        let mut judged = Judged {
            reached: coverage.finish(),
            faults: faults.finish(),
            issued: issued.finish(),
            events,
            ..Judged::default()
        };
        let whole = until.is_none();
        // What nobody demands isn't judged: best effort gives no guarantees.
        for report in checks.finish().iter().filter(|report| report.required) {
            match &report.verdict {
                Verdict::Fail(witness) if whole || (is_online(report.id) && witness.at <= end) => {
                    judged.failures.push(Failure {
                        check: report.id.into(),
                        title: report.title.into(),
                        witness: witness.to_string(),
                        at: Some(witness.at),
                    });
                }
                Verdict::Fail(_) => {}
                Verdict::Undecided(_) => judged.undecided.push(report.id),
                Verdict::Pass if report.judged > 0 => judged.passed.push(report.id),
                Verdict::Pass => {}
            }
        }
        Ok(Some(judged))
    }
}

/// Whether a rule can be judged before the end of a run.
fn is_online(id: &str) -> bool {
    !id.starts_with('C')
}

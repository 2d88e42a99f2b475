//! A run that failed, as a scenario that doesn't need the generator: whom its faults struck by name,
//! what was asked for one by one.
//!
//! The file is a scenario, so that every tool takes it. What it is kept for stands in a comment at
//! its top, which `replay` reads: `# breaks H5: ...`.

use super::generator::identities;
use super::judge::{Failure, Judged, Replay, replay};
use super::search::Explored;
use crate::experiment::store::StoreError;
use crate::experiment::store::files::{make_folder, put};
use crate::node::{NodeId, Operation, Order, Span};
use crate::observe::faults::FaultSeen;
use crate::scenario::{LoadOptions, Loaded, Scenario, load_str, to_toml};
use crate::sim::workload::Given;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What the first line says before the name of a check.
const BREAKS: &str = "# breaks ";

/// A scenario and the check that it breaks.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The scenario, resolved.
    pub scenario: Json,
    /// Where its relative paths start.
    pub folder: PathBuf,
    /// What it breaks.
    pub failure: Failure,
    /// Steps of its run.
    pub events: u64,
}

impl Schedule {
    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        let Failure { check, title, witness, .. } = &self.failure;
        // Witnesses of panics can have lines of their own.
        let witness = witness.lines().map(|line| format!("# {line}\n")).collect::<String>();
        format!("{BREAKS}{check}: {title}\n{witness}\n{}", to_toml(&self.scenario))
    }

    /// Writes it, all of it or nothing.
    ///
    /// # Errors
    /// If the file or its folder can't be written.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder)?;
        }
        put(path, &self.text())
    }
}

/// The check that a schedule says it breaks, if it says so.
#[must_use]
pub fn expected(text: &str) -> Option<&str> {
    let line = text.lines().find_map(|line| line.strip_prefix(BREAKS))?;
    Some(line.split(':').next().unwrap_or(line).trim())
}

/// The schedule of a seed that failed: as explicit as it can be and still break the same check.
///
/// # Panics
/// If it didn't fail.
#[must_use]
pub fn of(explored: &Explored, folder: &Path, stop: &AtomicBool) -> Schedule {
    let failure = explored.judged.failures.first().expect("it failed").clone();
    let drawn = explored.loaded.resolved.clone();
    let events = explored.judged.events;
    let mut schedule = Schedule { scenario: drawn, folder: folder.to_owned(), failure, events };
    let named = with_names(&schedule.scenario, &explored.judged.faults, &explored.loaded.scenario);
    schedule.try_instead(named, stop);
    let told = with_operations(&schedule.scenario, &explored.judged.issued, &explored.loaded);
    schedule.try_instead(told, stop);
    schedule
}

impl Schedule {
    /// Takes `candidate` in its place if that breaks the same check; whether it does.
    pub(super) fn try_instead(&mut self, candidate: Json, stop: &AtomicBool) -> bool {
        // Storms that a change brings about aren't waited for.
        let most = self.events.saturating_mul(4).saturating_add(100_000);
        let Some(judged) = attempt(&candidate, &self.folder, most, stop) else { return false };
        let check = &self.failure.check;
        let Some(failure) = judged.failures.iter().find(|failure| failure.check == *check) else {
            return false;
        };
        self.failure = failure.clone();
        self.scenario = candidate;
        self.events = judged.events;
        true
    }
}

/// What becomes of a scenario; `None` if it isn't one, takes more than `most` steps, or was stopped
/// from outside.
fn attempt(scenario: &Json, folder: &Path, most: u64, stop: &AtomicBool) -> Option<Judged> {
    let options = LoadOptions::default();
    let loaded = load_str(&to_toml(scenario), "candidate", folder, &options).ok()?;
    let how = Replay { most_events: Some(most), ..Replay::default() };
    replay(&loaded.scenario, how, stop).ok().flatten()
}

/// The scenario with the targets that its faults found.
fn with_names(resolved: &Json, seen: &[FaultSeen], scenario: &Scenario) -> Json {
    let mut resolved = resolved.clone();
    let peers = identities(scenario).0;
    let Some(faults) = resolved.get_mut("fault").and_then(Json::as_array_mut) else {
        return resolved;
    };
    for seen in seen {
        let Some(fault) = faults.get_mut(seen.number as usize - 1) else { continue };
        for (part, nodes) in &seen.targets {
            // Parts of a split have no names, and nobody is nobody.
            if let Some(targets) = fault[seen.kind].get_mut(*part)
                && !nodes.is_empty()
            {
                *targets = named(nodes, peers);
            }
        }
    }
    resolved
}

fn named(nodes: &[NodeId], peers: u32) -> Json {
    let (of_peers, of_clients): (Vec<u32>, Vec<u32>) =
        nodes.iter().map(|node| node.0).partition(|&node| node <= peers);
    let of_clients: Vec<u32> = of_clients.iter().map(|node| node - peers).collect();
    let mut targets = json!({});
    if !of_peers.is_empty() {
        targets["peers"] = of_peers.into();
    }
    if !of_clients.is_empty() {
        targets["clients"] = of_clients.into();
    }
    targets
}

/// The scenario with its operations told one by one, and none drawn.
pub(super) fn with_operations(resolved: &Json, issued: &[Given], loaded: &Loaded) -> Json {
    let mut resolved = resolved.clone();
    let objects = loaded.scenario.workload.objects;
    resolved["workload"]["drawn"] = false.into();
    let operations: Vec<Json> = issued.iter().map(|given| operation(given, objects)).collect();
    if let Json::Object(keys) = &mut resolved {
        keys.shift_remove("operation");
        // Changes of the load are in what was issued.
        keys.shift_remove("event");
        if !operations.is_empty() {
            keys.insert("operation".into(), operations.into());
        }
    }
    resolved
}

fn operation(given: &Given, objects: u32) -> Json {
    let mut told = json!({ "at": time(given.at), "client": given.client });
    let number = |group: crate::node::ObjectId| (group.0 - objects + 1).into();
    match given.operation {
        Operation::Read { object } => told["read"] = object.0.into(),
        Operation::Update { object } => told["update"] = object.0.into(),
        Operation::Join { group } => told["join"] = number(group),
        Operation::Leave { group } => told["leave"] = number(group),
        Operation::Members { group, .. } => told["members"] = number(group),
        Operation::Multicast { group, order, .. } => {
            told["multicast"] = number(group);
            if order == Order::Fifo {
                told["order"] = "fifo".into();
            }
        }
        Operation::Lookup { .. } => {}
    }
    told
}

/// A time as a scenario has it.
pub(super) fn time(span: Span) -> Json {
    let nanos = span.nanos();
    match nanos {
        n if n % 1_000_000_000 == 0 => format!("{}s", n / 1_000_000_000),
        n if n % 1_000_000 == 0 => format!("{}ms", n / 1_000_000),
        n => format!("{n}ns"),
    }
    .into()
}

//! The same bytes on any number of threads: digest, metrics, series, checks, faults and trace, of
//! every protocol, under every kind of fault. (Whole scenarios: scripts/check.sh.)

mod support;
mod toy;

use clippee_sim::experiment::explore::Generator;
use clippee_sim::experiment::{Options, Outcome, run};
use clippee_sim::node::{Mergeable, NodeId, Observer, Span, Step, Time};
use clippee_sim::observe::coverage::FAULTS;
use clippee_sim::scenario::{LoadOptions, Loaded, load_str};
use clippee_sim::sim::Parallel;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use support::{constant, plan};
use toy::Toy;

/// What a run leaves, and its trace.
fn outcome(loaded: &Loaded, threads: u32, trace: &Path) -> (Outcome, Vec<u8>) {
    let options = Options { check: true, threads, trace: Some(trace.into()), ..Options::default() };
    let outcome = run(&loaded.scenario, &options, &mut |_| {}).unwrap().unwrap();
    (outcome, fs::read(trace).unwrap())
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    bytes.split(|&byte| byte == b'\n').map(|line| std::str::from_utf8(line).unwrap())
}

/// Compares a run on one thread with runs on several.
fn compare(loaded: &Loaded, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("threads");
    fs::create_dir_all(&folder).unwrap();
    let trace: PathBuf = folder.join(format!("{name}.jsonl"));
    let (one, steps) = outcome(loaded, 1, &trace);
    assert!(one.events > 100, "{name}: next to nothing happens");
    for threads in [2, 3, 8] {
        let (several, other_steps) = outcome(loaded, threads, &trace);
        let name = format!("{name} on {threads} threads");
        assert_eq!(one.digest, several.digest, "{name}");
        assert_eq!(one.events, several.events, "{name}");
        assert_eq!(one.metrics_json, several.metrics_json, "{name}");
        assert_eq!(one.series_csv, several.series_csv, "{name}");
        assert_eq!(one.distributions_csv, several.distributions_csv, "{name}");
        assert_eq!(one.faults_csv, several.faults_csv, "{name}");
        assert_eq!(one.checks_json, several.checks_json, "{name}");
        assert_eq!(one.summary, several.summary, "{name}");
        let parts = lines(&steps).zip(lines(&other_steps)).find(|(a, b)| a != b);
        assert_eq!(parts, None, "{name}: the first line of the trace that differs");
        assert_eq!(steps.len(), other_steps.len(), "{name}");
    }
    fs::remove_file(trace).unwrap();
}

/// Compares runs of the scenario with faults drawn from some seeds, among which is every kind.
fn under_all_faults(name: &str, text: &str) {
    let base = load_str(text, name, Path::new(""), &LoadOptions::default());
    let base = base.unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    let generator = Generator::of(&base, PathBuf::new());
    let mut missing: BTreeSet<&str> = FAULTS.into();
    for seed in 1..=100 {
        let loaded = generator.draw(seed);
        let loaded = loaded.unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        let plan = loaded.resolved["fault"].to_string();
        let before = missing.len();
        missing.retain(|fault| !plan.contains(&format!("\"{fault}\"")));
        // Only what shows something new.
        if missing.len() < before {
            compare(&loaded, &format!("{name}-{seed}"));
        }
    }
    assert!(missing.is_empty(), "no seed has {missing:?}");
}

const COMMON: &str = "schema = 1\nname = \"t\"\nduration = \"20s\"\nwarmup = \"2s\"\n";

#[test]
fn clippee() {
    let text = format!(
        "{COMMON}[protocol.clippee]\n[peers]\ncount = 12\nservice_time = \"1ms\"\n\
         churn = {{ session = {{ exponential = \"20s\" }}, gap = {{ exponential = \"10s\" }} }}\n\
         [clients]\ncount = 20\n\
         churn = {{ session = {{ exponential = \"30s\" }}, gap = {{ exponential = \"5s\" }} }}\n\
         [network]\nloss = \"2%\"\n[workload]\nrate = \"0.5/s\"\nobjects.count = 6\n\
         groups = {{ count = 3 }}\n"
    );
    under_all_faults("clippee", &text);
}

#[test]
fn overlay() {
    let text = format!(
        "{COMMON}[protocol.overlay]\nstart = \"join\"\n[peers]\ncount = 20\n[clients]\ncount = 0\n\
         [network]\nuplink = \"1Mbit/s\"\ndownlink = \"1Mbit/s\"\n[workload]\nrate = \"1/s\"\n"
    );
    under_all_faults("overlay", &text);
}

#[test]
fn client_server() {
    let text = format!(
        "{COMMON}[protocol.client_server]\n[peers]\ncount = 1\n[clients]\ncount = 20\n\
         [workload]\nrate = \"1/s\"\nobjects.count = 6\n"
    );
    under_all_faults("client-server", &text);
}

#[test]
fn consensus() {
    let text = format!(
        "{COMMON}[protocol.consensus]\nlogs = 4\n[peers]\ncount = 9\n[clients]\ncount = 20\n\
         [workload]\nrate = \"1/s\"\nobjects.count = 6\n"
    );
    under_all_faults("consensus", &text);
}

#[test]
fn token_ring() {
    let text = format!(
        "{COMMON}[protocol.token_ring]\n[peers]\ncount = 6\n[clients]\ncount = 20\n\
         [workload]\nrate = \"1/s\"\nobjects.count = 6\ngroups = {{ count = 3 }}\n"
    );
    under_all_faults("token-ring", &text);
}

/// Parameters, workloads, churn and faults that nobody thought of.
#[test]
fn drawn_scenarios() {
    let generator = Generator::new(Vec::new());
    for seed in 1..=40 {
        compare(&generator.draw(seed).unwrap(), &format!("drawn-{seed}"));
    }
}

/// Panics when a node is stepped.
struct Fuse(NodeId);

impl Observer<Toy> for Fuse {
    fn step(&mut self, step: &Step<'_, Toy>) {
        assert!(step.node != self.0 || step.at < Time::ZERO + Span::from_secs(5), "it blows");
    }
}

impl Mergeable for Fuse {
    fn merge(&mut self, _: Self) {}
}

/// Nobody waits for a thread that is no more.
#[test]
fn a_panic_in_any_thread_ends_the_run() {
    let run_to_end = |fuse| {
        let network = constant(Span::from_millis(10));
        let mut plan = plan::<Toy>((), (), (4, 2_000), 1.0, &network);
        plan.end = Time::ZERO + Span::from_secs(10);
        let mut run = Parallel::new(plan, 2, || Fuse(fuse), ());
        catch_unwind(AssertUnwindSafe(|| run.run_to_end()))
    };
    let (unharmed, leader, follower) = (NodeId(9_999), NodeId(5), NodeId(2_004));
    assert!(run_to_end(unharmed).is_ok());
    assert!(run_to_end(leader).is_err());
    assert!(run_to_end(follower).is_err());
}

//! How fast whole runs are: `cargo bench --bench scenario [-- FILTER] [-- --threads=2]`, and how their
//! cost grows with their size: `cargo bench --bench scenario -- --growth [--draw=FOLDER]`.
//!
//! Clippee under churn with 1,000, 10,000 and 100,000 clients, fifty a peer, as `clippee-sim run` has it:
//! all observers, no checks. Each result is one line for a person on stderr and one JSON object on
//! stdout. Wall time on a shared machine is noise; so where `valgrind` is installed, the least run
//! is made once more under callgrind, and its instructions per event are the record to keep. With
//! threads, runs on one and on several take turns, and the median of the ratios is the speedup.

mod growth;
#[path = "../engine/memory.rs"]
mod memory;

use clippee_sim::experiment::{Options, run};
use clippee_sim::scenario::{LoadOptions, Scenario, load_str};
use std::path::Path;
use std::process::Command;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];
/// Runs of each size; the median counts.
const RUNS: usize = 3;
/// Tells the program, started anew under callgrind, to do nothing but the least run.
const ALONE: &str = "--alone";

fn scenario(clients: u32) -> Scenario {
    let text = format!(
        r#"
        schema = 1
        name = "bench"
        duration = "3min"
        warmup = "1min"
        drain = "20s"
        [protocol.clippee]
        [peers]
        count = {peers}
        churn = {{ preset = "kad" }}
        [clients]
        count = {clients}
        [network]
        latency = {{ preset = "planetlab" }}
        jitter = "2%"
        [workload]
        rate = "0.02/s"
        objects = {{ count = {clients} }}
        "#,
        peers = clients / 50,
    );
    let loaded = load_str(&text, "bench", Path::new("."), &LoadOptions::default());
    loaded.unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false))).scenario
}

/// Events of a run.
fn events(scenario: &Scenario, threads: u32) -> u64 {
    let options = Options { threads, ..Options::default() };
    let outcome = run(scenario, &options, &mut |_| {}).expect("results are finite");
    outcome.expect("nobody stops it").events
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == ALONE) {
        events(&scenario(SIZES[0]), 1);
        return;
    }
    if arguments.iter().any(|argument| argument == "--growth") {
        let folder = arguments.iter().find_map(|argument| argument.strip_prefix("--draw="));
        return growth::measure(folder.map(Path::new));
    }
    let threads = arguments.iter().find_map(|argument| argument.strip_prefix("--threads="));
    let threads: Option<u32> = threads.map(|threads| threads.parse().expect("a number of threads"));
    let filter = arguments.iter().find(|argument| !argument.starts_with("--"));
    match threads {
        None => eprintln!(
            "{:>9} {:>12}  {:>8} {:>14} {:>14}",
            "clients", "events", "Mev/s", "bytes a client", "instr./event"
        ),
        Some(_) => eprintln!(
            "{:>9} {:>12}  {:>8} {:>8} {:>8}",
            "clients", "events", "Mev/s", "1 thread", "speedup"
        ),
    }
    for clients in SIZES {
        if filter.is_none_or(|filter| clients.to_string().contains(filter.as_str())) {
            match threads {
                None => measure(clients),
                Some(threads) => compare(clients, threads),
            }
        }
    }
}

fn measure(clients: u32) {
    let scenario = scenario(clients);
    let before = memory::in_use();
    memory::peak();
    let mut runs: Vec<(f64, u64)> = (0..RUNS).map(|_| timed(|| events(&scenario, 1))).collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, events) = runs[RUNS / 2];
    let bytes = memory::peak().saturating_sub(before) / u64::from(clients);
    let speed = events as f64 / seconds / 1e6;
    let instructions = if clients == SIZES[0] { instructions() } else { None };
    let per_event = instructions.map(|all| all as f64 / events as f64);
    let shown = per_event.map_or("-".to_owned(), |it| format!("{it:.0}"));
    eprintln!("{clients:>9} {events:>12}  {speed:>8.2} {bytes:>14} {shown:>14}");
    let per_event = per_event.map_or("null".to_owned(), |it| format!("{it:.1}"));
    println!(
        "{{\"bench\":\"scenario\",\"clients\":{clients},\"events\":{events},\"mev_per_s\":{speed:.3},\
         \"peak_bytes_per_client\":{bytes},\"instructions_per_event\":{per_event}}}"
    );
}

/// Runs on one thread and on several, in turns.
fn compare(clients: u32, threads: u32) {
    memory::stop_counting();
    let scenario = scenario(clients);
    let mut turns: Vec<(f64, f64, u64)> = (0..RUNS)
        .map(|_| {
            let (one, events_of_one) = timed(|| events(&scenario, 1));
            let (several, events) = timed(|| events(&scenario, threads));
            assert_eq!(events, events_of_one, "both are the same run");
            (one, several, events)
        })
        .collect();
    turns.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (one, several, events) = turns[RUNS / 2];
    let speed = |seconds: f64| events as f64 / seconds / 1e6;
    let (speedup, several, one) = (one / several, speed(several), speed(one));
    eprintln!("{clients:>9} {events:>12}  {several:>8.2} {one:>8.2} {speedup:>8.2}");
    println!(
        "{{\"bench\":\"scenario\",\"clients\":{clients},\"threads\":{threads},\"events\":{events},\
         \"mev_per_s\":{several:.3},\"one_thread_mev_per_s\":{one:.3},\"speedup\":{speedup:.3}}}"
    );
}

/// Seconds that `work` takes, and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures wall-clock time")]
    let now = std::time::Instant::now;
    let start = now();
    let result = work();
    (now().duration_since(start).as_secs_f64(), result)
}

/// Instructions of the least run, set-up included, as callgrind counts them; `None` without
/// valgrind.
fn instructions() -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).arg(ALONE);
    let said = String::from_utf8(command.output().ok()?.stderr).ok()?;
    // "==123== Collected : 456"
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

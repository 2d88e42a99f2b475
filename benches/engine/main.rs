//! How fast the engine is: `cargo bench --bench engine [-- w1|w2|w2-1000|...] [-- --quick]`; and on
//! several threads: `cargo bench --bench engine -- w2 --threads=2`.
//!
//! Two workloads as ordinary protocols through the public API (trait, effects, timers with cancel,
//! digest on), each beside its **limit**: the same events on a bare bucket ring in the same process,
//! with no protocol, network, pool or digest around them. The two take turns, slice by slice, so
//! that a noisy machine disturbs both alike; what is compared is their ratio.
//!
//! - **W1** (PHOLD; Fujimoto, "Performance of Time Warp under synthetic workloads", 1990): each
//!   event at a node sends one to a uniformly drawn node, which arrives after 1 s + Exp(1 s). One
//!   event pending for each node.
//! - **W2**: nodes on a plane, 10 to 300 ms apart. Each sends a request to a uniformly drawn node
//!   after Exp(1 s) gaps, arms a 2 s timeout, gets a reply, and disarms the timeout. One request is
//!   four operations (tick, request, reply, timeout).
//!
//! With threads, what is compared is the engine on one thread and on several.
//!
//! Each result is one line for a person on stderr and one JSON object on stdout.

mod limit;
mod memory;
mod phold;
mod rounds;

use limit::Limit;
use std::time::Duration;

/// Slices that engine and limit take in turn; the median of the slices' ratios is the result.
const SLICES: usize = 9;

/// Something that can be run on for a number of operations.
pub trait Engine {
    /// Goes on until at least `operations` more are done; says how many were.
    fn run(&mut self, operations: u64) -> u64;
}

/// A workload of some size.
struct Case {
    name: &'static str,
    nodes: u32,
    /// For so many nodes, on so many threads.
    engine: fn(u32, u32) -> Box<dyn Engine>,
    limit: fn(u32) -> Limit,
    /// Operations a slice.
    slice: u64,
}

fn cases(quick: bool) -> Vec<Case> {
    let scale = if quick { 8 } else { 1 };
    let phold = [1_000, 100_000, 1_000_000].map(|nodes| Case {
        name: "w1",
        nodes,
        engine: phold::engine,
        limit: limit::phold,
        slice: 3_000_000.max(2 * u64::from(nodes)) / scale,
    });
    let rounds = [1_000, 10_000, 100_000, 1_000_000].map(|nodes| Case {
        name: "w2",
        nodes,
        engine: rounds::engine,
        limit: limit::rounds,
        slice: 4_000_000.max(4 * u64::from(nodes)) / scale,
    });
    phold.into_iter().chain(rounds).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let filter = arguments.iter().find(|argument| !argument.starts_with("--"));
    let threads = arguments.iter().find_map(|argument| argument.strip_prefix("--threads="));
    let threads: Option<u32> = threads.map(|threads| threads.parse().expect("a number of threads"));
    let (other, ratio) =
        if threads.is_some() { ("1 thread", "speedup") } else { ("limit", "ratio") };
    eprintln!(
        "{:<8} {:>9}  {:>8} {other:>8} {ratio:>7}  {:>12} {:>9}",
        "", "nodes", "Mop/s", "bytes a node", "set-up s"
    );
    for case in cases(quick) {
        let label = format!("{}-{}", case.name, case.nodes);
        if filter.is_none_or(|filter| *filter == label || filter == case.name) {
            match threads {
                None => measure(&case),
                Some(threads) => compare(&case, threads),
            }
        }
    }
}

/// Seconds that `work` takes, and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures wall-clock time")]
    let now = std::time::Instant::now;
    let start = now();
    let result = work();
    let seconds = now().duration_since(start).max(Duration::from_nanos(1)).as_secs_f64();
    (seconds, result)
}

/// Two engines that take turns.
struct Duel {
    /// Mop/s of each, and their ratio: the medians of the slices.
    speeds: (f64, f64),
    set_up_s: f64,
    bytes: u64,
}

fn duel(case: &Case, threads: u32, other: impl FnOnce() -> Box<dyn Engine>) -> Duel {
    let before = memory::in_use();
    let (set_up_s, mut engine) = timed(|| (case.engine)(case.nodes, threads));
    // Until every node has had its turn, so that what is allocated lazily is there.
    engine.run(case.slice);
    let bytes = memory::in_use().saturating_sub(before) / u64::from(case.nodes);
    let mut other = other();
    other.run(case.slice);
    let mut speeds: Vec<(f64, f64)> = (0..SLICES)
        .map(|_| {
            let (seconds, done) = timed(|| engine.run(case.slice));
            let (other_seconds, other_done) = timed(|| other.run(case.slice));
            (done as f64 / seconds / 1e6, other_done as f64 / other_seconds / 1e6)
        })
        .collect();
    speeds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    Duel { speeds: speeds[SLICES / 2], set_up_s, bytes }
}

/// Engine and limit.
fn measure(case: &Case) {
    let Duel { speeds: (speed, limit), set_up_s, bytes } =
        duel(case, 1, || Box::new((case.limit)(case.nodes)));
    let ratio = speed / limit;
    eprintln!(
        "{:<8} {:>9}  {speed:>8.2} {limit:>8.2} {:>6.1}%  {bytes:>12} {set_up_s:>9.3}",
        case.name,
        case.nodes,
        ratio * 100.0
    );
    println!(
        "{{\"bench\":\"{}\",\"nodes\":{},\"mev_per_s\":{speed:.3},\"limit_mev_per_s\":{limit:.3},\
         \"ratio\":{ratio:.4},\"bytes_per_node\":{bytes},\"set_up_s\":{set_up_s:.4}}}",
        case.name, case.nodes
    );
}

/// The engine on several threads and on one.
fn compare(case: &Case, threads: u32) {
    let Duel { speeds: (speed, one), set_up_s, bytes } =
        duel(case, threads, || (case.engine)(case.nodes, 1));
    let speedup = speed / one;
    eprintln!(
        "{:<8} {:>9}  {speed:>8.2} {one:>8.2} {speedup:>7.2}  {bytes:>12} {set_up_s:>9.3}",
        case.name, case.nodes
    );
    println!(
        "{{\"bench\":\"{}\",\"nodes\":{},\"threads\":{threads},\"mev_per_s\":{speed:.3},\
         \"one_thread_mev_per_s\":{one:.3},\"speedup\":{speedup:.3},\"bytes_per_node\":{bytes},\
         \"set_up_s\":{set_up_s:.4}}}",
        case.name, case.nodes
    );
}

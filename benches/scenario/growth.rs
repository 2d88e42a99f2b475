//! How the cost of a run grows with the number of clients, at the same load a client and as many
//! clients a peer: a table, JSON lines, and figures.

use crate::{events, memory, scenario, timed};
use clippee_sim::report::plot::comparison::{Comparison, Line, Point, Shown, XAxis, YAxis, draw};
use std::path::Path;

const SIZES: [u32; 7] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
/// Simulated seconds of each run, drain included.
const SECONDS: f64 = 200.0;

/// What a run costs.
struct Cost {
    clients: u32,
    /// Wall-clock microseconds for each simulated second of a client.
    micros: f64,
    /// Of memory, at most, for each client.
    bytes: f64,
    /// How many runs the first is the median of.
    runs: u64,
}

/// Runs all sizes, the small ones several times, and draws what they cost into `folder`.
pub fn measure(folder: Option<&Path>) {
    eprintln!(
        "{:>9} {:>12}  {:>18} {:>14} {:>8}",
        "clients", "events", "us a client-second", "bytes a client", "Mev/s"
    );
    let costs: Vec<Cost> = SIZES.iter().map(|&clients| cost(clients)).collect();
    let Some(folder) = folder else { return };
    let time = ("What a client\u{2019}s second costs", "microseconds, one core");
    let memory = ("What a client takes of memory", "bytes, at most");
    for (name, (title, unit), of) in [
        ("growth-time", time, (|cost| cost.micros) as fn(&Cost) -> f64),
        ("growth-memory", memory, |cost| cost.bytes),
    ] {
        draw(&figure(title, unit, &costs, of), folder, name).expect("the folder can be written");
    }
}

fn cost(clients: u32) -> Cost {
    let scenario = scenario(clients);
    let before = memory::in_use();
    memory::peak();
    let count = if clients <= 100_000 { 3 } else { 1 };
    let mut runs: Vec<(f64, u64)> = (0..count).map(|_| timed(|| events(&scenario, 1))).collect();
    let bytes = memory::peak().saturating_sub(before) as f64 / f64::from(clients);
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, events) = runs[runs.len() / 2];
    let micros = seconds * 1e6 / (f64::from(clients) * SECONDS);
    let speed = events as f64 / seconds / 1e6;
    eprintln!("{clients:>9} {events:>12}  {micros:>18.3} {bytes:>14.0} {speed:>8.2}");
    println!(
        "{{\"bench\":\"growth\",\"clients\":{clients},\"events\":{events},\
         \"us_per_client_second\":{micros:.4},\"peak_bytes_per_client\":{bytes:.0}}}"
    );
    Cost { clients, micros, bytes, runs: count }
}

fn figure(title: &str, unit: &str, costs: &[Cost], of: fn(&Cost) -> f64) -> Comparison {
    let ticks = SIZES.iter().filter(|size| size.to_string().starts_with('1'));
    let point = |cost: &Cost| Point {
        x: f64::from(cost.clients),
        y: Some(of(cost)),
        interval: None,
        n: cost.runs,
        of: cost.runs,
    };
    Comparison {
        title: title.to_owned(),
        sweep: "bench".to_owned(),
        note: "measured on one machine".to_owned(),
        x: XAxis {
            title: "clients".to_owned(),
            logarithmic: true,
            ticks: ticks.map(|&size| (f64::from(size), size.to_string())).collect(),
            words: false,
        },
        y: YAxis { title: unit.to_owned(), logarithmic: true, percent: false },
        shown: Shown::Median(0.95),
        lines: vec![Line {
            label: "clippee".to_owned(),
            protocol: "clippee".to_owned(),
            value: None,
            points: costs.iter().map(point).collect(),
        }],
        references: Vec::new(),
    }
}

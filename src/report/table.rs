//! The summary that a person reads at a glance: plain text, at most about 100 columns, the same for
//! the same results.
//!
//! No wall clock, no colour, no terminal width: the text is compared byte by byte between runs.
//! Blocks without a measurement are left out.

use super::number::{bytes, percent, seconds, short, whole};
use crate::node::Span;
use crate::observe::Results;
use crate::observe::metrics::OperationResults;
use std::fmt::Write;

/// Width of the first column: names of blocks, and of operations.
const NAME: usize = 11;
/// Least width of a column of numbers.
const NUMBER: usize = 10;
/// Width of the label that follows a number.
const LABEL: usize = 18;
/// Numbers with labels in a line.
const CELLS: usize = 3;

/// What the results don't say themselves.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// The protocol's name.
    pub protocol: &'a str,
    /// The start of the window.
    pub warmup: Span,
    /// The end of the window.
    pub duration: Span,
}

/// What a check said: its name, and its verdict in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which check.
    pub name: String,
    /// What came out.
    pub verdict: String,
}

/// The summary, ending in a line feed.
#[must_use]
pub fn text(header: &Header<'_>, results: &Results, checks: &[Verdict]) -> String {
    let blocks = [
        head(header, results),
        operations(results),
        failures(results),
        locks(results),
        of_others("consistency", results.consistency.as_ref()),
        delivery(results.delivery.as_ref()),
        network(results),
        load(results),
        hops(results),
        churn(results),
        verdicts(checks),
        format!("{:NAME$} {}   {} events", "digest", results.digest, whole(results.events)),
    ];
    let mut text = String::new();
    for block in blocks.iter().filter(|block| !block.is_empty()) {
        for line in block.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text.pop();
    text
}

fn head(header: &Header<'_>, results: &Results) -> String {
    let nodes = &results.nodes;
    let mut text = format!("{}   {}   seed {}\n", header.scenario, header.protocol, header.seed);
    let clients = match nodes.clients {
        0 => String::new(),
        clients => format!(", {} clients", whole(u64::from(clients))),
    };
    let simulated = seconds(results.simulated_s);
    let (from, to) = (seconds(header.warmup.seconds()), seconds(header.duration.seconds()));
    let peers = whole(u64::from(nodes.peers));
    let online = (results.churn.peers_alive_mean)
        .map_or_else(String::new, |mean| format!(" ({} online)", short(mean)));
    write!(text, "{peers} peers{online}{clients}; {simulated} simulated, measured {from} to {to}")
        .expect("a string takes every text");
    text
}

fn operations(results: &Results) -> String {
    if results.operations.0.is_empty() {
        return String::new();
    }
    let heading =
        ["operations", "issued", "ok", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for (kind, operation) in &results.operations.0 {
        let latency = &operation.latency_ms;
        let quantiles = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max];
        let mut row = vec![
            (*kind).to_owned(),
            whole(operation.issued),
            percent(operation.ok, operation.issued),
        ];
        row.extend(quantiles.map(optional));
        rows.push(row);
    }
    grid(&rows)
}

/// Operations that failed, by cause: only the kinds and causes that occurred.
fn failures(results: &Results) -> String {
    let failed = |operation: &OperationResults, cause: &str| {
        operation.failed.named(cause).copied().unwrap_or(0)
    };
    let kinds = &results.operations.0;
    let all = kinds.first().map_or(&[][..], |first| &first.1.failed.0);
    let causes: Vec<&str> = (all.iter().map(|cause| cause.0))
        .filter(|cause| kinds.iter().any(|kind| failed(&kind.1, cause) > 0))
        .collect();
    if causes.is_empty() {
        return String::new();
    }
    let mut heading = vec!["failed".to_owned(), "all".to_owned()];
    heading.extend(causes.iter().map(|cause| cause.replace('_', " ")));
    let mut rows = vec![heading];
    for (kind, operation) in kinds {
        let counts: Vec<u64> = causes.iter().map(|cause| failed(operation, cause)).collect();
        let sum: u64 = counts.iter().sum();
        if sum > 0 {
            let mut row = vec![(*kind).to_owned(), whole(sum)];
            row.extend(counts.into_iter().map(whole));
            rows.push(row);
        }
    }
    let mut text = grid(&rows);
    if results.unfinished > 0 {
        write!(text, "\n{} hadn't ended when the run was over", whole(results.unfinished))
            .expect("a string takes every text");
    }
    text
}

fn locks(results: &Results) -> String {
    let locks = &results.locks;
    if locks.attempts == 0 {
        return String::new();
    }
    cells(
        "locks",
        [
            (whole(locks.attempts), "rounds"),
            (percent(locks.granted, locks.attempts), "granted"),
            (whole(locks.retries), "retries"),
            (percent(locks.refused, locks.attempts), "refused"),
            (percent(locks.timed_out, locks.attempts), "timed out"),
        ],
    )
}

/// A group whose names another observer gives: its plain entries, in their order.
fn of_others(name: &str, group: Option<&serde_json::Value>) -> String {
    let Some(entries) = group.and_then(serde_json::Value::as_object) else {
        return String::new();
    };
    let shown = entries.iter().filter_map(|(name, value)| {
        let value = match value {
            serde_json::Value::Null => optional(None),
            serde_json::Value::Number(number) => {
                number.as_u64().map(whole).or_else(|| number.as_f64().map(short))?
            }
            serde_json::Value::String(text) => text.clone(),
            _ => return None,
        };
        Some((value, name.replace('_', " ")))
    });
    cells(name, shown)
}

/// Delivery to groups: the totals, what each copy cost, and how late they came.
fn delivery(group: Option<&serde_json::Value>) -> String {
    let Some(group) = group else { return String::new() };
    let count = |name: &str| group[name].as_u64().unwrap_or(0);
    let number = |path: &str| optional(group.pointer(path).and_then(serde_json::Value::as_f64));
    cells(
        "delivery",
        [
            (whole(count("expected")), "copies expected"),
            (percent(count("delivered"), count("expected")), "delivered"),
            (whole(count("missing")), "missing"),
            (whole(count("duplicate")), "duplicate"),
            (whole(count("out_of_order")), "out of order"),
            (number("/detail/messages_per_copy"), "messages per copy"),
            (number("/latency_ms/p50"), "ms, p50"),
            (number("/latency_ms/p99"), "ms, p99"),
            (number("/latency_ms/max"), "ms, max"),
        ],
    )
}

fn network(results: &Results) -> String {
    let network = &results.network;
    let mut shown = vec![
        (whole(network.messages), "messages".to_owned()),
        (optional(network.messages_per_operation), "per operation".to_owned()),
        (percent(network.background, network.messages), "background".to_owned()),
        (bytes(network.bytes), "sent".to_owned()),
    ];
    let dropped = network.dropped.0.iter().filter(|entry| entry.1 > 0);
    shown.extend(dropped.map(|(cause, count)| (whole(*count), format!("dropped, {cause}"))));
    cells("network", shown)
}

fn load(results: &Results) -> String {
    let load = &results.load.peer_messages_per_s;
    if load.mean.is_none() {
        return String::new();
    }
    cells(
        "peer load",
        [
            (optional(load.mean), "messages/s, mean"),
            (optional(load.p99), "messages/s, p99"),
            (optional(load.max), "messages/s, max"),
        ],
    )
}

fn hops(results: &Results) -> String {
    let hops = &results.overlay.hops;
    if hops.mean.is_none() {
        return String::new();
    }
    let lookups: u64 = hops.histogram.iter().sum();
    let mut shown = vec![(optional(hops.mean), "mean".to_owned())];
    for (taken, &count) in hops.histogram.iter().enumerate().filter(|entry| *entry.1 > 0) {
        let plural = if taken == 1 { "" } else { "s" };
        shown.push((percent(count, lookups), format!("{taken} hop{plural}")));
    }
    cells("hops", shown)
}

fn churn(results: &Results) -> String {
    let churn = &results.churn;
    if churn.joins + churn.leaves + churn.crashes == 0 {
        return String::new();
    }
    cells(
        "churn",
        [
            (whole(churn.joins), "joins"),
            (whole(churn.leaves), "leaves"),
            (whole(churn.crashes), "crashes"),
        ],
    )
}

fn verdicts(checks: &[Verdict]) -> String {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let line = |(index, check): (usize, &Verdict)| {
        let name = if index == 0 { "checks" } else { "" };
        format!("{name:NAME$} {:width$}  {}", check.name, check.verdict)
    };
    checks.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), short)
}

/// Rows of one width per column: the first to the left, numbers to the right.
#[must_use]
pub fn grid(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widest = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        widest.max().unwrap_or(0).max(if column == 0 { NAME } else { NUMBER })
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:width$}"),
            _ => format!(" {cell:>width$}"),
        });
        cells.collect::<String>()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Numbers, each before its label, a few in a line; the block's name before the first.
fn cells<L: AsRef<str>>(name: &str, shown: impl IntoIterator<Item = (String, L)>) -> String {
    let mut text = format!("{name:NAME$}");
    for (index, (value, label)) in shown.into_iter().enumerate() {
        if index > 0 && index % CELLS == 0 {
            write!(text, "\n{:NAME$}", "").expect("a string takes every text");
        }
        write!(text, " {value:>NUMBER$} {:LABEL$}", label.as_ref())
            .expect("a string takes every text");
    }
    text
}

#[cfg(test)]
mod tests;

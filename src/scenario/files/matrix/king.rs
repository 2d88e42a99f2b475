//! p2psim's topology file (MIT PDOS; `E2EGraph`), in which the King data set comes: round trips
//! between 1,740 DNS servers (Gummadi, Saroiu, Gribble, "King: estimating latency between arbitrary
//! Internet end hosts", IMW 2002).
//!
//! ```text
//! topology E2EGraph 1740
//! failure_model NullFailureModel
//!
//! node 1
//! node 2
//! 1,2 87
//! ```
//!
//! Nodes are numbered from 1, each with a line of its own, in any order; then every pair once, in
//! either direction, with a whole or decimal latency in the unit that the scenario says (p2psim's
//! `mking-t` has milliseconds, `uking-t` microseconds). What follows a node's number is ignored. A
//! pair may be listed in both directions if both agree. As in p2psim, -1 is a pair that wasn't
//! measured: the median of all that were stands in for it.

use super::super::place::{Cell, Line};
use super::super::{DataError, Unit};
use super::{MOST_NODES, checked_size, latency_ms};
use crate::sim::network::Matrix;

/// What p2psim writes for a pair that wasn't measured.
const MISSING: &str = "-1";

/// The pairs read so far.
struct Pairs {
    size: usize,
    /// Row by row; NaN where nothing was read yet, infinite where a measurement is missing.
    one_way_ms: Vec<f32>,
}

/// Reads a topology file.
pub(super) fn parse(lines: &[Line<'_>], unit: Unit) -> Result<Matrix, DataError> {
    let is_pair = |line: &Line<'_>| line.words()[0].text.starts_with(|c: char| c.is_ascii_digit());
    let head = lines.iter().position(is_pair).unwrap_or(lines.len());
    if head == 0 {
        let message = "the nodes aren't listed before the first pair";
        return Err(lines[0].start().error(message, "expected a line `node <number>` for each"));
    }
    let size = nodes(&lines[..head])?;
    let mut pairs = Pairs { size, one_way_ms: vec![f32::NAN; size * size] };
    for line in &lines[head..] {
        pairs.take(line, unit)?;
    }
    pairs.finish(&lines[lines.len() - 1])
}

/// Reads the lines before the first pair, at least one: how many nodes there are.
fn nodes(lines: &[Line<'_>]) -> Result<usize, DataError> {
    let mut declared = None;
    let mut seen: Vec<Option<usize>> = Vec::new();
    for line in lines {
        let words = line.words();
        match (words[0].text, words.get(1), words.get(2)) {
            ("topology", Some(kind), Some(count)) if kind.text == "E2EGraph" => {
                declared = Some((count.whole("the number of nodes", MOST_NODES)?, *count));
            }
            ("topology", Some(kind), _) if kind.text != "E2EGraph" => {
                let message =
                    format!("topology `{}` doesn't list latencies of pairs", kind.shown());
                return Err(kind.error(message, "expected `topology E2EGraph <nodes>`"));
            }
            ("failure_model", Some(_), _) => {}
            ("node", Some(number), _) => {
                let index = number.whole("the number of a node", MOST_NODES)?;
                if index == 0 {
                    return Err(number.error("nodes are numbered from 1", "expected `node 1`"));
                }
                seen.resize(seen.len().max(index + 1), None);
                if let Some(first) = seen[index].replace(line.number) {
                    let message = format!("node {index} is already on line {first}");
                    return Err(number.error(message, "each node has one line"));
                }
            }
            (word @ ("topology" | "failure_model" | "node"), ..) => {
                let message = format!("`{word}` lacks its parameters");
                return Err(line.end().error(message, "see p2psim's topology files"));
            }
            _ => {
                let message = format!("`{}` is unknown here", words[0].shown());
                let help =
                    "expected `topology`, `failure_model`, `node <number>` or `<i>,<j> <latency>`";
                return Err(words[0].error(message, help));
            }
        }
    }
    let end = lines[lines.len() - 1].end();
    let listed = seen.len().saturating_sub(1);
    if let Some(absent) = (1..=listed).find(|&index| seen[index].is_none()) {
        let message = format!("node {absent} has no line, but node {listed} has");
        return Err(end.error(message, "nodes are numbered from 1 without a gap"));
    }
    match declared {
        Some((count, place)) if count != listed => Err(place.error(
            format!("{count} nodes are announced, {listed} have a line"),
            "each node has a line `node <number>`",
        )),
        _ => checked_size(listed, &end),
    }
}

impl Pairs {
    /// Reads one line `i,j latency`.
    fn take(&mut self, line: &Line<'_>, unit: Unit) -> Result<(), DataError> {
        const EXPECTED: &str = "expected `<i>,<j> <latency>`";
        let cells = line.split(|c| c == ',' || c.is_whitespace());
        let cells: Vec<Cell<'_>> = cells.into_iter().filter(|cell| !cell.text.is_empty()).collect();
        let [from, to, latency] = &cells[..] else {
            let place = cells.get(3).copied().unwrap_or_else(|| line.end());
            return Err(place.error("a pair takes two nodes and one latency", EXPECTED));
        };
        let (a, b) = (self.node(from)?, self.node(to)?);
        let ms = if latency.text == MISSING { f32::INFINITY } else { latency_ms(latency, unit)? };
        if a == b {
            return Ok(());
        }
        let known = self.one_way_ms[a * self.size + b];
        if !known.is_nan() && known.to_bits() != ms.to_bits() {
            let message =
                format!("the pair {},{} was given another latency before", from.text, to.text);
            return Err(latency.error(message, "this format holds one latency per pair"));
        }
        self.one_way_ms[a * self.size + b] = ms;
        self.one_way_ms[b * self.size + a] = ms;
        Ok(())
    }

    fn node(&self, cell: &Cell<'_>) -> Result<usize, DataError> {
        match cell.whole("the number of a node", self.size)? {
            0 => Err(cell.error("nodes are numbered from 1", "expected `<i>,<j> <latency>`")),
            number => Ok(number - 1),
        }
    }

    /// Checks that all pairs are there, and fills in what wasn't measured.
    fn finish(self, last: &Line<'_>) -> Result<Matrix, DataError> {
        let Self { size, mut one_way_ms } = self;
        let pairs = || (0..size).flat_map(|a| (a + 1..size).map(move |b| (a, b)));
        if let Some((a, b)) = pairs().find(|(a, b)| one_way_ms[a * size + b].is_nan()) {
            let message = format!("the pair {},{} is missing", a + 1, b + 1);
            return Err(last.end().error(message, "every pair has a line `<i>,<j> <latency>`"));
        }
        let known = pairs().map(|(a, b)| one_way_ms[a * size + b]);
        let mut known: Vec<f32> = known.filter(|ms| ms.is_finite()).collect();
        known.sort_unstable_by(f32::total_cmp);
        let Some(&median) = known.get(known.len() / 2) else {
            return Err(last.end().error("no pair was measured", "-1 means not measured"));
        };
        for (index, ms) in one_way_ms.iter_mut().enumerate() {
            if index / size == index % size {
                *ms = 0.0;
            } else if ms.is_infinite() {
                *ms = median;
            }
        }
        Ok(Matrix { size, one_way_ms })
    }
}

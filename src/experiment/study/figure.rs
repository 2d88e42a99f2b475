//! From runs to the numbers of a figure.

use super::runs::{Point as Place, Runs, cell};
use super::{Study, evaluate};
use crate::report::plot::comparison::{Comparison, Line, Point, Shown, XAxis, YAxis};
use crate::scenario::{Figure, Statistic};
use crate::stats::Sample;

/// The figure; or why there is none.
pub fn comparison(runs: &Runs, study: &Study<'_>, figure: &Figure) -> Result<Comparison, String> {
    if let Some(flaw) = evaluate::unknown(runs, &figure.y) {
        return Err(flaw);
    }
    let axis = runs.axis(&figure.x).ok_or_else(|| format!("no axis `{}`", figure.x))?;
    let is_meant = |point: &&Place| {
        let listed = figure.protocols.is_empty() || figure.protocols.contains(&point.protocol);
        listed && point.values[axis].is_some() && runs.meets(point, &figure.points)
    };
    let points: Vec<&Place> = runs.points.iter().filter(is_meant).collect();
    let lines = lines(runs, figure, axis, &points);
    if lines.iter().flat_map(|line| &line.points).all(|point| point.y.is_none()) {
        return Err("nothing was measured".to_owned());
    }
    let notes = [study.note, &figure.note].into_iter().filter(|note| !note.is_empty());
    let notes: Vec<&str> = notes.collect();
    let values = &runs.axes[axis].values;
    let used = |index: &usize| points.iter().any(|point| point.values[axis] == Some(*index));
    let ticks = (0..values.len())
        .filter(used)
        .map(|index| (x(runs, axis, index), grouped(&cell(&values[index].written))));
    Ok(Comparison {
        title: figure.title.clone(),
        sweep: study.name.to_owned(),
        note: notes.join("  ·  "),
        x: XAxis {
            title: x_title(runs, figure, axis),
            logarithmic: figure.x_log,
            ticks: ticks.collect(),
            words: runs.axes[axis].unit.is_none(),
        },
        y: YAxis { title: y_title(figure), logarithmic: figure.y_log, percent: figure.unit == "%" },
        shown: match figure.statistic {
            Statistic::Mean => Shown::Mean(figure.confidence),
            Statistic::Median => Shown::Median(figure.confidence),
        },
        lines,
        references: (figure.references.iter())
            .map(|curve| (curve.label.clone(), curve.points.clone()))
            .collect(),
    })
}

/// Where a value of an axis stands: at its number, or else at its place in the list.
fn x(runs: &Runs, axis: usize, value: usize) -> f64 {
    let axis = &runs.axes[axis];
    match axis.unit {
        Some(_) => axis.values[value].number.unwrap_or(value as f64),
        None => value as f64,
    }
}

fn lines(runs: &Runs, figure: &Figure, axis: usize, points: &[&Place]) -> Vec<Line> {
    let by = figure.lines.as_ref().and_then(|key| runs.axis(key));
    let one = points.iter().all(|point| point.protocol == points[0].protocol);
    let mut lines: Vec<Line> = Vec::new();
    for point in points {
        let value = by.and_then(|by| point.values[by]);
        let line =
            lines.iter().position(|line| line.protocol == point.protocol && line.value == value);
        let line = line.unwrap_or_else(|| {
            let named = by.zip(value).map(|(by, value)| {
                let axis = &runs.axes[by];
                let key = axis.key.rsplit('.').next().unwrap_or(&axis.key);
                format!("{key} = {}", cell(&axis.values[value].written))
            });
            let label = match (named, one) {
                (Some(named), true) => named,
                (Some(named), false) => format!("{}, {named}", point.protocol),
                (None, _) => point.protocol.clone(),
            };
            lines.push(Line { label, protocol: point.protocol.clone(), value, points: Vec::new() });
            lines.len() - 1
        });
        lines[line].points.extend(drawn(runs, figure, axis, point));
    }
    // Protocols in the order of the whole table, whichever of their points come first here.
    let place = |line: &Line| runs.points.iter().position(|point| point.protocol == line.protocol);
    lines.sort_by_key(|line| (place(line), line.value));
    for line in &mut lines {
        line.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    lines
}

fn drawn(runs: &Runs, figure: &Figure, axis: usize, point: &Place) -> Option<Point> {
    let values = runs.values(point, &figure.y);
    let of = values.len() as u64;
    let values: Vec<f64> = values.into_values().flatten().collect();
    let sample = match figure.statistic {
        Statistic::Mean => Sample::Mean(values),
        Statistic::Median => Sample::Median(values),
    };
    let estimate = sample.estimate(figure.confidence);
    let interval = estimate.and_then(|estimate| estimate.interval.ok());
    Some(Point {
        x: x(runs, axis, point.values[axis]?),
        y: estimate.map(|estimate| estimate.value),
        interval: interval.map(|interval| (interval.low, interval.high, interval.coverage)),
        n: sample.len() as u64,
        of,
    })
}

fn x_title(runs: &Runs, figure: &Figure, axis: usize) -> String {
    let title = figure.x_label.clone().unwrap_or_else(|| figure.x.clone());
    let scale = if figure.x_log && runs.axes[axis].unit.is_some() { ", logarithmic" } else { "" };
    format!("{title}{scale}")
}

fn y_title(figure: &Figure) -> String {
    let title = figure.label.as_ref().unwrap_or(&figure.y.text);
    let scale = if figure.y_log { "logarithmic" } else { "" };
    let parts: Vec<&str> = match figure.unit.as_str() {
        "%" => vec![scale],
        unit => vec![unit, scale],
    };
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { title.clone() } else { format!("{title} ({})", parts.join(", ")) }
}

/// Commas between the thousands of a whole number; other values as they are.
fn grouped(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| text.to_owned(), crate::report::number::whole)
}

//! `points.csv`: for each point and quantity the mean and the median of the runs, with intervals.

use super::Study;
use super::runs::Runs;
use crate::report::{self, number};
use crate::scenario::Quantity;
use crate::stats::Sample;

/// Of all intervals in the table.
const CONFIDENCE: f64 = 0.95;

/// What stands behind the axes and the protocol.
const COLUMNS: [&str; 9] =
    ["quantity", "n", "mean", "low", "high", "median", "median_low", "median_high", "coverage"];

/// The table: a row for each point and each quantity that a claim or a figure is about; without
/// any, for each metric.
pub fn csv(runs: &Runs, study: &Study<'_>) -> Result<String, report::Error> {
    let mut bytes = Vec::new();
    {
        let mut writer = csv::Writer::from_writer(&mut bytes);
        let keys = runs.axes.iter().map(|axis| axis.key.as_str());
        writer.write_record(keys.chain(["protocol"]).chain(COLUMNS))?;
        for point in &runs.points {
            let mut head = vec![String::new(); runs.axes.len()];
            for (key, value) in runs.at(point) {
                if let Some(axis) = runs.axis(&key) {
                    head[axis] = value;
                }
            }
            head.push(point.protocol.clone());
            for quantity in quantities(runs, study) {
                let values = runs.values(point, &quantity).into_values().flatten().collect();
                let row = head.iter().cloned().chain([quantity.text]).chain(statistics(values));
                writer.write_record(row)?;
            }
        }
        writer.flush()?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn quantities(runs: &Runs, study: &Study<'_>) -> Vec<Quantity> {
    let claimed = study.claims.iter().map(|claim| &claim.quantity);
    let drawn = study.figures.iter().map(|figure| &figure.y);
    let mut found: Vec<Quantity> = Vec::new();
    for quantity in claimed.chain(drawn) {
        if !found.contains(quantity) {
            found.push(quantity.clone());
        }
    }
    if found.is_empty() {
        found.extend(runs.metrics().iter().map(|name| Quantity::of(name)));
    }
    found
}

/// The cells from `n` on.
fn statistics(values: Vec<f64>) -> Vec<String> {
    let n = values.len().to_string();
    let shown = number::plain;
    let median = Sample::Median(values.clone()).estimate(CONFIDENCE);
    let mean = Sample::Mean(values).estimate(CONFIDENCE);
    let ends = |estimate: Option<crate::stats::Estimate>| {
        estimate.and_then(|estimate| estimate.interval.ok())
    };
    let (of_mean, of_median) = (ends(mean), ends(median));
    let cells = [
        mean.map(|estimate| estimate.value),
        of_mean.map(|interval| interval.low),
        of_mean.map(|interval| interval.high),
        median.map(|estimate| estimate.value),
        of_median.map(|interval| interval.low),
        of_median.map(|interval| interval.high),
        of_median.map(|interval| interval.coverage),
    ];
    std::iter::once(n).chain(cells.map(|cell| cell.map(shown).unwrap_or_default())).collect()
}

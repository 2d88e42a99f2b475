//! MSER-5 as a choice: means of a run's series from where each becomes steady, instead of from a
//! fixed warm-up on.

use crate::observe::metrics::SeriesPoint;
use crate::stats::mser5;

/// For each quantity and label of a run's series, the mean of its steady part and where that
/// begins, as columns `mser5.<quantity>.<label>.mean` and `.truncated_s` (no label, no part of the
/// name). `None` where a series doesn't become steady in the first half of what was measured
/// before the drain.
///
/// Buckets count alike; those without a value are left out.
#[must_use]
pub fn steady(series: &[SeriesPoint]) -> Vec<(String, Option<f64>)> {
    let is_drain = |point: &&SeriesPoint| point.quantity == "phase" && point.label == "drain";
    let end = series.iter().find(is_drain).map(|point| point.at);
    let mut columns = Vec::new();
    let curves = series.chunk_by(|a, b| a.quantity == b.quantity && a.label == b.label);
    for curve in curves.filter(|curve| curve[0].quantity != "phase") {
        let before = |point: &&SeriesPoint| end.is_none_or(|end| point.at < end);
        let points: Vec<&SeriesPoint> = curve.iter().filter(before).collect();
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let steady = mser5(&values);
        let name = match curve[0].label.as_str() {
            "" => format!("mser5.{}", curve[0].quantity),
            label => format!("mser5.{}.{label}", curve[0].quantity),
        };
        let begins = steady.map(|steady| points[steady.truncated].at.nanos() as f64 / 1e9);
        columns.push((format!("{name}.mean"), steady.map(|steady| steady.mean)));
        columns.push((format!("{name}.truncated_s"), begins));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Span, Time};

    fn point(s: u64, quantity: &'static str, label: &str, value: f64) -> SeriesPoint {
        let at = Time::ZERO + Span::from_secs(s);
        SeriesPoint { at, quantity, label: label.to_owned(), value }
    }

    #[test]
    fn a_series_begins_where_it_becomes_steady_and_ends_with_the_workload() {
        let mut series =
            vec![point(0, "phase", "window", 600.0), point(600, "phase", "drain", 60.0)];
        for s in (0..660).step_by(10) {
            let warm = if s < 100 { 50.0 } else { 1.0 };
            let wave = 0.01 * (s / 10 % 3) as f64;
            series.push(point(s, "rate", "read.ok", if s >= 600 { 0.0 } else { warm + wave }));
        }
        series.extend((0..60).map(|s| point(10 * s, "alive", "", s as f64)));
        let columns = steady(&series);
        let names: Vec<&str> = columns.iter().map(|column| column.0.as_str()).collect();
        assert_eq!(
            names,
            [
                "mser5.rate.read.ok.mean",
                "mser5.rate.read.ok.truncated_s",
                "mser5.alive.mean",
                "mser5.alive.truncated_s"
            ]
        );
        assert_eq!(columns[1].1, Some(100.0));
        assert!((columns[0].1.unwrap() - 1.01).abs() < 0.005, "{columns:?}");
        assert_eq!((columns[2].1, columns[3].1), (None, None), "it grows without end");
    }
}

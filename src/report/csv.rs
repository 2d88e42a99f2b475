//! Tidy tables: one value a row, the same bytes everywhere. Columns and quantities are defined in
//! `docs/metrics.md`.

use super::nodes::ranges;
use super::{Error, number};
use crate::observe::faults::FaultSeen;
use crate::observe::metrics::{DistributionPoint, SeriesPoint};
use std::io::Write;

/// The columns of `series.csv`.
pub const SERIES_COLUMNS: [&str; 4] = ["time_s", "quantity", "label", "value"];

/// The columns of `distributions.csv`.
pub const DISTRIBUTION_COLUMNS: [&str; 4] = ["quantity", "label", "x", "share"];

/// The columns of `faults.csv`.
pub const FAULT_COLUMNS: [&str; 6] = ["number", "kind", "at_s", "until_s", "part", "nodes"];

/// Writes `faults.csv`.
///
/// # Errors
/// [`Error::Csv`] or [`Error::Write`] if `to` fails.
pub fn faults(faults: &[FaultSeen], to: impl Write) -> Result<(), Error> {
    let mut rows = ::csv::Writer::from_writer(to);
    rows.write_record(FAULT_COLUMNS)?;
    for fault in faults {
        let (at, until) = (seconds(fault.at.nanos()), seconds(fault.until.nanos()));
        let number = fault.number.to_string();
        let all = [("all", Vec::new())];
        let parts = if fault.targets.is_empty() { &all[..] } else { &fault.targets };
        for (part, nodes) in parts {
            rows.write_record([&number, fault.kind, &at, &until, *part, &ranges(nodes)])?;
        }
    }
    Ok(rows.flush()?)
}

/// Writes `series.csv`.
///
/// # Errors
/// [`Error::NotFinite`] at a value that is NaN or infinite; [`Error::Csv`] or [`Error::Write`] if
/// `to` fails.
pub fn series(points: &[SeriesPoint], to: impl Write) -> Result<(), Error> {
    let mut rows = ::csv::Writer::from_writer(to);
    rows.write_record(SERIES_COLUMNS)?;
    for point in points {
        let value = finite(point.value, point.quantity, &point.label)?;
        let time = seconds(point.at.nanos());
        rows.write_record([time.as_str(), point.quantity, &point.label, &value])?;
    }
    Ok(rows.flush()?)
}

/// Writes `distributions.csv`.
///
/// # Errors
/// As [`series`].
pub fn distributions(points: &[DistributionPoint], to: impl Write) -> Result<(), Error> {
    let mut rows = ::csv::Writer::from_writer(to);
    rows.write_record(DISTRIBUTION_COLUMNS)?;
    for point in points {
        let x = finite(point.x, point.quantity, point.label)?;
        let share = finite(point.share, point.quantity, point.label)?;
        rows.write_record([point.quantity, point.label, &x, &share])?;
    }
    Ok(rows.flush()?)
}

fn finite(value: f64, quantity: &str, label: &str) -> Result<String, Error> {
    if value.is_finite() {
        return Ok(number::plain(value));
    }
    let name = if label.is_empty() { quantity.to_owned() } else { format!("{quantity}.{label}") };
    Err(Error::NotFinite { name })
}

/// Nanoseconds as seconds, exactly: times are keys, not measurements.
fn seconds(ns: u64) -> String {
    let (whole, fraction) = (ns / 1_000_000_000, ns % 1_000_000_000);
    if fraction == 0 {
        return whole.to_string();
    }
    format!("{whole}.{fraction:09}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Time;

    fn point(ns: u64, value: f64) -> SeriesPoint {
        let (at, label) = (Time::from_nanos(ns), "read.ok".to_owned());
        SeriesPoint { at, quantity: "operations_per_s", label, value }
    }

    #[test]
    fn series_are_written_exactly() {
        let mut text = Vec::new();
        series(&[point(0, 1.0 / 3.0), point(1_500_000_000, 20.0)], &mut text).unwrap();
        let expected = "time_s,quantity,label,value\n\
                        0,operations_per_s,read.ok,0.333333\n\
                        1.5,operations_per_s,read.ok,20\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn distributions_are_written_exactly() {
        let hops = DistributionPoint { quantity: "hops", label: "", x: 3.0, share: 0.25 };
        let mut text = Vec::new();
        distributions(&[hops], &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "quantity,label,x,share\nhops,,3,0.25\n");
    }

    #[test]
    fn values_that_are_not_finite_are_refused() {
        let error = series(&[point(0, f64::NAN)], Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "`operations_per_s.read.ok` is not a finite number");
        let hops = DistributionPoint { quantity: "hops", label: "", x: f64::INFINITY, share: 0.0 };
        let error = distributions(&[hops], Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "`hops` is not a finite number");
    }
}

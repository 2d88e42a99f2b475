//! What a figure says about itself: how many seeds, which intervals, what the marks mean.

use super::{Comparison, Point, Shown};
use crate::report::number;

/// The lines below the title, one or two.
pub fn lines(figure: &Comparison) -> Vec<String> {
    let mut notes: Vec<String> =
        Some(figure.note.clone()).filter(|n| !n.is_empty()).into_iter().collect();
    if points(figure).any(|point| point.y.is_none()) {
        notes.push("×: nothing measured".to_owned());
    }
    if points(figure).any(|point| point.y.is_some() && point.n < point.of) {
        notes.push("hollow: fewer runs have a value".to_owned());
    }
    let hidden = |point: &Point| point.y.is_some() && !point.is_shown(&figure.y);
    if points(figure).any(hidden) {
        notes.push("▾: 0 or less, below every logarithmic axis".to_owned());
    }
    let mut lines = vec![format!("{}  ·  {}", figure.sweep, seeds(figure))];
    if !notes.is_empty() {
        lines.push(notes.join("  ·  "));
    }
    lines
}

fn points(figure: &Comparison) -> impl Iterator<Item = &Point> {
    figure.lines.iter().flat_map(|line| &line.points)
}

/// How many seeds, and what is drawn of them.
fn seeds(figure: &Comparison) -> String {
    let counts = || points(figure).filter(|point| point.y.is_some()).map(|point| point.n);
    let (Some(least), Some(most)) = (counts().min(), counts().max()) else {
        return "nothing was measured".to_owned();
    };
    let n = match (least, most) {
        (1, 1) => return "n = 1, no interval".to_owned(),
        (a, b) if a == b => format!("n = {a} seeds"),
        (a, b) => format!("n = {a} to {b} seeds"),
    };
    let coverages = || points(figure).filter_map(|point| Some(point.interval?.2));
    let least = coverages().reduce(f64::min);
    let none = points(figure).any(|point| point.y.is_some() && point.interval.is_none());
    let shown = match (figure.shown, least) {
        (Shown::Mean(share), Some(_)) => format!("means with {} t-intervals", percent(share)),
        (Shown::Mean(share), None) => format!("means; too few for a {} interval", percent(share)),
        (Shown::Median(_), Some(share)) => {
            let at_least = if coverages().any(|other| other > share) { "at least " } else { "" };
            format!("medians with {at_least}{} order-statistic intervals", percent(share))
        }
        (Shown::Median(share), None) => {
            format!("medians; too few for a {} interval", percent(share))
        }
    };
    let rest = if none && least.is_some() { ", none where too few" } else { "" };
    format!("{n}, {shown}{rest}")
}

fn percent(share: f64) -> String {
    let rounded = libm::round(share * 1000.0) / 10.0;
    format!("{} %", number::plain(rounded))
}

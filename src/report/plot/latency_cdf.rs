//! `latency-cdf`: which share of the operations was answered within which time.
//!
//! The curves count the share of all that were *issued*, so that they end where failures begin: the
//! latency of successes alone would make an overloaded system look fast.

use super::frame::{Axis, Entry, Frame, Panel};
use super::scene::Scene;
use super::source::{Curve, Source};
use super::style::{DATA_LINE, kind_color};
use super::ticks;
use crate::node::OperationKind;

struct Answers {
    kind: OperationKind,
    begin_ms: f64,
    curve: Curve,
}

/// The axis begins where this share of the successes of some kind was answered: the very fastest
/// few (a lookup of one's own key takes no time at all) would stretch it over empty decades.
pub(super) const BEGIN_SHARE: f64 = 0.005;
/// The least latency that a logarithmic axis can begin at.
pub(super) const LEAST_MS: f64 = 0.001;

/// The figure; `None` if nothing was answered.
pub fn figure(source: &Source) -> Option<Scene> {
    let all: Vec<_> =
        OperationKind::ALL.into_iter().filter_map(|kind| answers(source, kind)).collect();
    let least = all.iter().map(|answers| answers.begin_ms).reduce(f64::min)?.max(LEAST_MS);
    let ends = all.iter().filter_map(|answers| answers.curve.last());
    let largest = ends.map(|point| point.0).fold(least, f64::max);
    let mut frame = Frame::new("How fast operations are answered", source);
    let entries: Vec<_> = all.iter().map(|answers| entry(source, answers.kind)).collect();
    frame.legend(&entries);
    let panel = Panel {
        rect: *frame.panels(1).first()?,
        x: latency_axis(least, largest),
        y: Axis::shares(0.0, "share of issued operations answered within"),
    };
    frame.axes(&panel);
    for Answers { kind, curve, .. } in all {
        let shown = curve.iter().map(|&(x, share)| panel.at((x.max(panel.x.min), share)));
        let mut line: Vec<_> = shown.collect();
        line.insert(0, (line[0].0, panel.rect.bottom));
        line.push((panel.rect.right, line[line.len() - 1].1));
        frame.scene.line(line, DATA_LINE, kind_color(kind));
    }
    Some(frame.scene)
}

/// The stored curve is over successes; it is scaled to what was issued.
fn answers(source: &Source, kind: OperationKind) -> Option<Answers> {
    let stored = source.distributions.curve("latency_ms", kind.name());
    let begin_ms = stored.iter().find(|point| point.1 >= BEGIN_SHARE)?.0;
    let share = source.answered(kind).map_or(1.0, |(ok, issued)| ok / issued);
    let curve = stored.iter().map(|&(x, y)| (x, y * share)).collect();
    Some(Answers { kind, begin_ms, curve })
}

/// From the round number below the fastest to the one above the slowest, at least a decade.
pub(super) fn latency_axis(least: f64, largest: f64) -> Axis {
    let below = ticks::logarithmic(least / 10.0, least).pop().unwrap_or(least);
    let largest = largest.max(below * 10.0);
    let above = ticks::logarithmic(largest, largest * 10.0).first().copied().unwrap_or(largest);
    Axis {
        min: below,
        max: above,
        logarithmic: true,
        ticks: ticks::labelled_singly(ticks::logarithmic(below, above)),
        title: "latency (ms, logarithmic)".to_owned(),
    }
}

/// Name, quantiles of the successes, and what the quantiles hide.
fn entry(source: &Source, kind: OperationKind) -> Entry {
    let mut text = kind.name().to_owned();
    let quantile = |which| source.metric(&["operations", kind.name(), "latency_ms", which]);
    if let (Some(p50), Some(p99)) = (quantile("p50"), quantile("p99")) {
        let (p50, p99) = (ticks::measured(p50), ticks::measured(p99));
        text.push_str(&format!(": median {p50} ms, p99 {p99} ms"));
    }
    if let Some((ok, issued)) = source.answered(kind) {
        text.push_str(&format!(", failed {}", failed(issued - ok, issued)));
    }
    Entry { color: kind_color(kind), dashed: false, text }
}

pub(super) fn failed(count: f64, issued: f64) -> String {
    let share = 100.0 * count / issued;
    match count {
        0.0 => "none".to_owned(),
        _ if share < 0.01 => "< 0.01 %".to_owned(),
        _ => format!("{share:.2} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_all_and_spans_a_decade() {
        let axis = latency_axis(12.0, 15_700.0);
        assert_eq!((axis.min, axis.max), (10.0, 20_000.0));
        let axis = latency_axis(100.0, 100.0);
        assert_eq!((axis.min, axis.max), (100.0, 1000.0));
    }

    #[test]
    fn few_failures_are_not_rounded_to_none() {
        assert_eq!(failed(0.0, 10.0), "none");
        assert_eq!(failed(1.0, 1e6), "< 0.01 %");
        assert_eq!(failed(5.0, 1000.0), "0.50 %");
    }
}

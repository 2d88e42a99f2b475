//! `latency`: the median and the 99th percentile of latency over time.

use super::frame::{Axis, Frame};
use super::over_time::{self, Trend, trends_range};
use super::scene::Scene;
use super::source::Source;
use super::style::kind_color;
use crate::node::OperationKind;

/// The figure; `None` if nothing was answered.
pub fn figure(source: &Source) -> Option<Scene> {
    let quantiles = [
        ("latency_ms_p50", "median latency of successes (ms)"),
        ("latency_ms_p99", "99th percentile of latency of successes (ms)"),
    ];
    let panels: Vec<_> = quantiles
        .into_iter()
        .map(|(quantity, title)| (title, trends(source, quantity)))
        .filter(|(_, trends)| !trends.is_empty())
        .collect();
    let mut frame = Frame::new("Latency over time", source);
    let entries: Vec<_> = panels.first()?.1.iter().map(Trend::entry).collect();
    frame.legend(&entries);
    let rects = frame.panels(if panels.len() == 1 { 1 } else { 2 });
    for ((title, trends), rect) in panels.into_iter().zip(rects) {
        let axis = Axis::from_zero(trends_range(&trends).1, title);
        let panel = over_time::panel(&mut frame, source, rect, axis);
        over_time::draw(&mut frame, &panel, &trends);
    }
    Some(frame.scene)
}

fn trends(source: &Source, quantity: &str) -> Vec<Trend> {
    let trend = |kind: OperationKind| {
        Trend::read(source, quantity, kind.name(), kind.name(), kind_color(kind))
    };
    OperationKind::ALL.into_iter().filter_map(trend).collect()
}

//! `operations`: how many operations a second succeed and fail, and which share succeeds, over
//! time.

use super::frame::{Axis, Frame};
use super::over_time::{self, Trend, trends_range};
use super::scene::Scene;
use super::source::Source;
use super::style::{VERMILLION, kind_color};
use crate::node::OperationKind;
use std::collections::BTreeMap;

/// The figure; `None` if there were no operations.
pub fn figure(source: &Source) -> Option<Scene> {
    let mut rates: Vec<_> = OperationKind::ALL
        .into_iter()
        .filter_map(|kind| trend(source, "operations_per_s", kind, ".ok"))
        .collect();
    rates.extend(failures(source));
    let ratios: Vec<_> = OperationKind::ALL
        .into_iter()
        .filter_map(|kind| trend(source, "success_ratio", kind, ""))
        .collect();
    if rates.is_empty() {
        return None;
    }
    let mut frame = Frame::new("Operations and their success over time", source);
    let entries: Vec<_> = rates.iter().map(Trend::entry).collect();
    frame.legend(&entries);
    let rects = frame.panels(if ratios.is_empty() { 1 } else { 2 });
    let axis = Axis::from_zero(trends_range(&rates).1, "operations per second");
    let panel = over_time::panel(&mut frame, source, rects[0], axis);
    over_time::draw(&mut frame, &panel, &rates);
    if let Some(&rect) = rects.get(1) {
        let axis = Axis::shares(trends_range(&ratios).0, "share that succeeded, by time of asking");
        let panel = over_time::panel(&mut frame, source, rect, axis);
        over_time::draw(&mut frame, &panel, &ratios);
    }
    Some(frame.scene)
}

fn trend(source: &Source, quantity: &str, kind: OperationKind, suffix: &str) -> Option<Trend> {
    let label = format!("{}{suffix}", kind.name());
    let name = format!("{} ok", kind.name());
    Trend::read(source, quantity, &label, &name, kind_color(kind))
}

/// Failures of all kinds in one curve: they are few, and the share below tells the kinds apart.
fn failures(source: &Source) -> Option<Trend> {
    let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for kind in OperationKind::ALL {
        let label = format!("{}.failed", kind.name());
        let trend = Trend::read(source, "operations_per_s", &label, "", VERMILLION);
        for (at, rate) in trend.into_iter().flat_map(|trend| trend.points) {
            // Times aren't negative: their bits are ordered as they are.
            sums.entry(at.to_bits()).or_insert((at, 0.0)).1 += rate;
        }
    }
    let points: Vec<_> = sums.into_values().collect();
    let name = "failed, all kinds".to_owned();
    (!points.is_empty()).then_some(Trend { name, color: VERMILLION, points })
}

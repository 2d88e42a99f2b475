//! What all figures over time share: the axis of simulated time, shaded parts that don't count, and
//! curves in buckets.

use super::frame::{Axis, Entry, Frame, Panel};
use super::scene::{Anchor, Rect};
use super::source::{Curve, Source};
use super::style::{AXIS, DATA_LINE, Rgb, SHADE};
use super::ticks;

/// One curve of a panel.
pub struct Trend {
    /// What it is, for the legend.
    pub name: String,
    /// Its colour.
    pub color: Rgb,
    /// Its points: time in seconds, value.
    pub points: Curve,
}

impl Trend {
    /// A curve of `series.csv`, moved from the beginnings of its buckets to their middles; `None`
    /// if it is empty.
    pub fn read(
        source: &Source,
        quantity: &str,
        label: &str,
        name: &str,
        color: Rgb,
    ) -> Option<Self> {
        let curve = source.series.curve(quantity, label);
        let end = source.end_s();
        let width = bucket_width(curve).unwrap_or(end);
        let middle = |&(start, value): &(f64, f64)| {
            (f64::midpoint(start, (start + width).min(end.max(start))), value)
        };
        let points: Curve = curve.iter().map(middle).collect();
        (!points.is_empty()).then(|| Self { name: name.to_owned(), color, points })
    }

    /// Its entry in the legend.
    pub fn entry(&self) -> Entry {
        Entry { color: self.color, dashed: false, text: self.name.clone() }
    }

    /// Its least and largest value.
    pub fn range(&self) -> (f64, f64) {
        range(self.points.iter().map(|point| point.1))
    }
}

/// The least and the largest of all values.
pub fn trends_range(trends: &[Trend]) -> (f64, f64) {
    range(trends.iter().flat_map(|trend| trend.points.iter().map(|point| point.1)))
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// The distance of buckets: the least one between neighbours, because buckets without a value are
/// left out.
fn bucket_width(curve: &[(f64, f64)]) -> Option<f64> {
    curve.windows(2).map(|pair| pair[1].0 - pair[0].0).reduce(f64::min)
}

/// A panel over simulated time, with axes and shades drawn.
pub fn panel(frame: &mut Frame, source: &Source, rect: Rect, y: Axis) -> Panel {
    let end = source.end_s();
    let (unit, length) = ticks::time_unit(end);
    let marks = ticks::linear(0.0, end / length, 8.0);
    let ticks = ticks::labelled(marks).into_iter().map(|(at, label)| (at * length, label));
    let x = Axis {
        min: 0.0,
        max: end,
        logarithmic: false,
        ticks: ticks.collect(),
        title: format!("simulated time ({unit})"),
    };
    let panel = Panel { rect, x, y };
    shade(frame, source, &panel);
    frame.axes(&panel);
    panel
}

/// Shades warm-up and drain, and names them above the panel, at its outer ends, where they can't
/// meet.
fn shade(frame: &mut Frame, source: &Source, panel: &Panel) {
    let Rect { left, top, right, bottom } = panel.rect;
    let phases =
        [("warmup", "warm-up", left, Anchor::Start), ("drain", "drain", right, Anchor::End)];
    for (name, shown, x, anchor) in phases {
        let Some((start, end)) = source.phase(name) else { continue };
        let (from, to) = (panel.at((start, panel.y.min)).0, panel.at((end, panel.y.min)).0);
        frame.scene.rect(Rect { left: from, top, right: to, bottom }, SHADE);
        let inner = if anchor == Anchor::Start { to } else { from };
        frame.scene.line(vec![(inner, top), (inner, bottom)], 1.0, AXIS.tint(0.5));
        frame.label(shown, (x, top - 6.0), anchor);
    }
}

/// Draws curves into a panel; where a bucket has no value, the line is interrupted.
pub fn draw(frame: &mut Frame, panel: &Panel, trends: &[Trend]) {
    for trend in trends {
        let gap = bucket_width(&trend.points).unwrap_or(0.0) * 2.5;
        let parts = trend.points.chunk_by(|a, b| b.0 - a.0 <= gap);
        for part in parts {
            let mut line: Vec<_> = part.iter().map(|&point| panel.at(point)).collect();
            if let [(x, y)] = line[..] {
                // A lone bucket: a dash as wide as a dot.
                line = vec![(x - DATA_LINE, y), (x + DATA_LINE, y)];
            }
            frame.scene.line(line, DATA_LINE, trend.color);
        }
    }
}

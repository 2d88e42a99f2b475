//! The names of lines, at their ends: a swatch and a name for each, moved apart where lines end
//! near each other.

use super::lines::{Look, look, reference_swatch};
use super::{Comparison, marker};
use crate::report::plot::font;
use crate::report::plot::frame::{MARGIN, Panel};
use crate::report::plot::scene::{Anchor, Point, Scene, Text};
use crate::report::plot::style::{AXIS, DATA_LINE, FIGURE_WIDTH, INK, TEXT_SIZE, dashes};

/// From the panel to the swatches: room for leaders.
pub const GAP: f64 = 30.0;
const SWATCH: f64 = 34.0;
const BETWEEN: f64 = 8.0;
/// The widest name.
const WIDEST: f64 = 300.0;
/// Distance of two names.
const STEP: f64 = 21.0;

/// A name that waits for its place.
struct Label {
    text: String,
    /// `None`: a reference curve.
    look: Option<Look>,
    /// Where the line ends.
    end: Point,
    /// Whether it ends there, and isn't somewhere below.
    shown: bool,
    /// Where the name stands.
    y: f64,
}

fn names(figure: &Comparison) -> impl Iterator<Item = &str> {
    let lines = figure.lines.iter().map(|line| line.label.as_str());
    lines.chain(figure.references.iter().map(|curve| curve.0.as_str()))
}

/// Where the swatches begin.
pub fn left_edge(figure: &Comparison) -> f64 {
    let widths = names(figure).map(|name| font::width(name, TEXT_SIZE));
    let widest = widths.fold(0.0, f64::max).min(WIDEST);
    FIGURE_WIDTH - MARGIN - widest - BETWEEN - SWATCH
}

/// Draws the names.
pub fn draw(scene: &mut Scene, panel: &Panel, figure: &Comparison) {
    let mut labels: Vec<Label> = Vec::new();
    for line in &figure.lines {
        let last = line.points.iter().rev().find(|point| point.is_shown(&figure.y));
        let end = last.and_then(|point| Some(panel.at((point.x, point.y?))));
        let shown = end.is_some();
        let end = end.unwrap_or((panel.rect.right, panel.rect.bottom));
        let look = Some(look(figure, line));
        labels.push(Label { text: line.label.clone(), look, end, shown, y: end.1 });
    }
    for (name, points) in &figure.references {
        let is_shown = |point: &&(f64, f64)| (panel.y.min..=panel.y.max).contains(&point.1);
        let Some(last) = points.iter().rev().find(is_shown) else { continue };
        let end = panel.at(*last);
        labels.push(Label { text: name.clone(), look: None, end, shown: true, y: end.1 });
    }
    labels.sort_by(|a, b| a.end.1.total_cmp(&b.end.1));
    spread(&mut labels, panel.rect.top, panel.rect.bottom);
    let left = left_edge(figure);
    for Label { text, look, end, shown, y } in labels {
        // A marker reaches as far as this from the point.
        let from = (end.0 + 10.0, end.1);
        if shown {
            scene.line(vec![from, (left - 5.0, y)], 1.0, AXIS);
        }
        let (a, b) = ((left, y), (left + SWATCH, y));
        match look {
            Some(look) => {
                scene.dashed(&[a, b], dashes(look.dashes), DATA_LINE, look.color);
                marker::draw(scene, look.marker, (left + SWATCH / 2.0, y), false, look.color);
            }
            None => reference_swatch(scene, a, b),
        }
        let text = font::fitted(&text, TEXT_SIZE, WIDEST);
        let at = (left + SWATCH + BETWEEN, y + 0.36 * TEXT_SIZE);
        scene.text(Text { text, at, anchor: Anchor::Start, size: TEXT_SIZE, color: INK });
    }
}

/// Moves names apart, as little as is needed, from `top` to `bottom`.
fn spread(labels: &mut [Label], top: f64, bottom: f64) {
    // Clusters of names that touch stand around the mean of their ends.
    let mut clusters: Vec<(f64, usize)> = Vec::new();
    for label in labels.iter() {
        clusters.push((label.end.1, 1));
        while let [.., (upper, above), (lower, below)] = clusters[..] {
            let half = STEP * (above + below) as f64 / 2.0;
            if clamped(lower, below, top, bottom) - clamped(upper, above, top, bottom) >= half {
                break;
            }
            let both = above + below;
            let mean = (upper * above as f64 + lower * below as f64) / both as f64;
            clusters.truncate(clusters.len() - 2);
            clusters.push((mean, both));
        }
    }
    let mut left = labels.iter_mut();
    for (middle, count) in clusters {
        let first = clamped(middle, count, top, bottom) - STEP * (count as f64 - 1.0) / 2.0;
        for (index, label) in left.by_ref().take(count).enumerate() {
            label.y = first + STEP * index as f64;
        }
    }
}

/// The middle of a cluster that doesn't leave the panel; too many begin at its top.
fn clamped(middle: f64, count: usize, top: f64, bottom: f64) -> f64 {
    let half = STEP * (count as f64 - 1.0) / 2.0;
    middle.min(bottom - half).max(top + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread_out(ends: &[f64]) -> Vec<f64> {
        let label =
            |&y: &f64| Label { text: String::new(), look: None, end: (0.0, y), shown: true, y };
        let mut labels: Vec<Label> = ends.iter().map(label).collect();
        spread(&mut labels, 100.0, 500.0);
        labels.iter().map(|label| label.y).collect()
    }

    #[test]
    fn names_stay_where_they_are_if_there_is_room() {
        assert_eq!(spread_out(&[120.0, 200.0, 480.0]), [120.0, 200.0, 480.0]);
    }

    #[test]
    fn names_that_touch_move_apart_evenly_and_stay_inside() {
        assert_eq!(spread_out(&[200.0, 200.0]), [200.0 - STEP / 2.0, 200.0 + STEP / 2.0]);
        let low = spread_out(&[495.0, 498.0, 500.0]);
        assert_eq!(low, [500.0 - 2.0 * STEP, 500.0 - STEP, 500.0]);
        let chain = spread_out(&[100.0, 104.0, 125.0, 400.0]);
        assert!(chain.windows(2).all(|pair| pair[1] - pair[0] >= STEP - 1e-9), "{chain:?}");
        assert!(chain[0] >= 100.0);
    }
}

//! `delivery-cdf`: which share of the copies that members must get arrived within which time, by
//! the size of the group.
//!
//! As with operations, the curves count the share of all that were *expected*, so that they end
//! where copies are missing.

use super::frame::Axis;
use super::frame::{Entry, Frame, Panel};
use super::latency_cdf::{BEGIN_SHARE, LEAST_MS, failed, latency_axis};
use super::scene::Scene;
use super::source::{Curve, Source};
use super::style::{DATA_LINE, Rgb, size_color};
use super::ticks;
use crate::observe::delivery::SIZES;

struct OfSize {
    text: String,
    color: Rgb,
    begin_ms: f64,
    curve: Curve,
}

/// The figure; `None` if nothing was delivered.
pub fn figure(source: &Source) -> Option<Scene> {
    let all: Vec<_> = (0..SIZES.len()).filter_map(|class| of_size(source, class)).collect();
    let least = all.iter().map(|size| size.begin_ms).reduce(f64::min)?.max(LEAST_MS);
    let ends = all.iter().filter_map(|size| size.curve.last());
    let largest = ends.map(|point| point.0).fold(least, f64::max);
    let mut frame = Frame::new("How fast multicasts reach the members of a group", source);
    let entry = |size: &OfSize| Entry { color: size.color, dashed: false, text: size.text.clone() };
    frame.legend(&all.iter().map(entry).collect::<Vec<_>>());
    let panel = Panel {
        rect: *frame.panels(1).first()?,
        x: latency_axis(least, largest),
        y: Axis::shares(0.0, "share of expected copies delivered within"),
    };
    frame.axes(&panel);
    for OfSize { color, curve, .. } in all {
        let shown = curve.iter().map(|&(x, share)| panel.at((x.max(panel.x.min), share)));
        let mut line: Vec<_> = shown.collect();
        line.insert(0, (line[0].0, panel.rect.bottom));
        line.push((panel.rect.right, line[line.len() - 1].1));
        frame.scene.line(line, DATA_LINE, color);
    }
    Some(frame.scene)
}

fn of_size(source: &Source, class: usize) -> Option<OfSize> {
    let size = SIZES[class];
    let stored = source.distributions.curve("delivery_ms", size);
    let begin_ms = stored.iter().find(|point| point.1 >= BEGIN_SHARE)?.0;
    let metric = |path: &[&str]| {
        let path = [&["delivery", "detail", "by_size", size][..], path].concat();
        source.metric(&path)
    };
    let (delivered, expected) = (metric(&["delivered"]), metric(&["expected"]));
    let counts = delivered.zip(expected).filter(|counts| counts.1 > 0.0);
    let share = counts.map_or(1.0, |(delivered, expected)| delivered / expected);
    let mut text = format!("{} members", name(class));
    let quantile = |which| metric(&["latency_ms", which]);
    if let (Some(p50), Some(p99)) = (quantile("p50"), quantile("p99")) {
        let (p50, p99) = (ticks::measured(p50), ticks::measured(p99));
        text.push_str(&format!(": median {p50} ms, p99 {p99} ms"));
    }
    if let Some((delivered, expected)) = counts {
        text.push_str(&format!(", missing {}", failed(expected - delivered, expected)));
    }
    let curve = stored.iter().map(|&(x, y)| (x, y * share)).collect();
    Some(OfSize { text, color: size_color(class), begin_ms, curve })
}

/// A class of sizes for the eye: `10 to 99`.
fn name(class: usize) -> String {
    let ends = SIZES[class].split('-').filter_map(|end| end.parse::<f64>().ok());
    let ends: Vec<_> = ends.map(|end| ticks::number(end, 0)).collect();
    match &ends[..] {
        [only] => format!("{only} or more"),
        _ => ends.join(" to "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_named_for_the_eye() {
        assert_eq!([name(0), name(3), name(6)], ["1 to 9", "1,000 to 9,999", "1,000,000 or more"]);
    }
}

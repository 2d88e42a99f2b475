//! `hops`: over how many hops lookups went.

use super::font;
use super::frame::{Axis, Frame, Panel};
use super::scene::{Anchor, Rect, Scene, Text};
use super::source::Source;
use super::style::{BLUE, INK, SMALL_SIZE};
use super::ticks;

/// The figure; `None` if there were no lookups.
pub fn figure(source: &Source) -> Option<Scene> {
    let shares = source.distributions.curve("hops", "");
    let largest = shares.iter().map(|point| point.1).reduce(f64::max).filter(|&max| max > 0.0)?;
    let last = shares.iter().map(|point| point.0).fold(0.0, f64::max);
    let mut frame = Frame::new("Hops that lookups take", source);
    let rect = *frame.panels(1).first()?;
    let mean = source.metric(&["overlay", "hops", "mean"]);
    let mean = mean.map_or_else(String::new, |mean| format!(" (mean {})", ticks::number(mean, 2)));
    let x = Axis {
        min: -0.6,
        max: last + 0.6,
        logarithmic: false,
        ticks: ticks::labelled(shares.iter().map(|point| point.0).collect()),
        title: format!("hops{mean}"),
    };
    // Room for the number above the highest bar.
    let scaled = Axis::from_zero(largest * 1.04, "share of lookups");
    let ticks = ticks::percent(scaled.ticks.iter().map(|tick| tick.0).collect());
    let panel = Panel { rect, x, y: Axis { ticks, ..scaled } };
    frame.axes(&panel);
    let widths = shares.iter().map(|&(_, share)| font::width(&percent(share), SMALL_SIZE));
    let labelled = widths.fold(0.0, f64::max) < panel.at((1.0, 0.0)).0 - panel.at((0.0, 0.0)).0;
    for &(hops, share) in shares {
        let (left, top) = panel.at((hops - 0.36, share));
        let (right, bottom) = panel.at((hops + 0.36, 0.0));
        frame.scene.rect(Rect { left, top, right, bottom }, BLUE);
        if !labelled {
            continue;
        }
        let text = percent(share);
        let at = (f64::midpoint(left, right), top - 7.0);
        let (anchor, size) = (Anchor::Middle, SMALL_SIZE);
        frame.scene.text(Text { text, at, anchor, size, color: INK });
    }
    Some(frame.scene)
}

fn percent(share: f64) -> String {
    match share {
        0.0 => "0 %".to_owned(),
        s if s < 0.0001 => "< 0.01 %".to_owned(),
        s => format!("{:.2} %", 100.0 * s),
    }
}

//! `messages-per-delivery`: what it costs to bring a multicast to one member, against the size of
//! the group.

use super::font;
use super::frame::{Axis, Frame, Panel, level_entry};
use super::scene::{Anchor, Rect, Scene, Text};
use super::source::Source;
use super::style::{BLUE, INK, SMALL_SIZE, THIN_LINE};
use super::ticks;
use crate::observe::delivery::SIZES;

/// Half the side of a point.
const POINT: f64 = 5.0;

/// The figure; `None` if nothing was delivered.
pub fn figure(source: &Source) -> Option<Scene> {
    let of_size = |size: &str, what| source.metric(&["delivery", "detail", "by_size", size, what]);
    let points: Vec<(f64, f64)> = (SIZES.into_iter())
        .filter_map(|size| of_size(size, "members_mean").zip(of_size(size, "messages_per_copy")))
        .filter(|point| point.0 >= 1.0)
        .collect();
    let largest = points.iter().map(|point| point.0).reduce(f64::max)?;
    let highest = points.iter().map(|point| point.1).fold(1.0, f64::max);
    let mut frame = Frame::new("Messages that bring one member one multicast", source);
    frame.legend(&[level_entry("the least: one message to each member".to_owned())]);
    let panel = Panel {
        rect: *frame.panels(1).first()?,
        x: size_axis(largest),
        y: Axis::from_zero(1.1 * highest, "messages handled per copy delivered"),
    };
    frame.axes(&panel);
    frame.level(&panel, 1.0);
    let shown: Vec<_> = points.iter().map(|&point| panel.at(point)).collect();
    frame.scene.line(shown.clone(), THIN_LINE, BLUE);
    let mut free = panel.rect.left;
    for (&(x, y), &(_, cost)) in shown.iter().zip(&points) {
        let (left, top, right, bottom) = (x - POINT, y - POINT, x + POINT, y + POINT);
        frame.scene.rect(Rect { left, top, right, bottom }, BLUE);
        let text = ticks::measured(cost);
        let half = font::width(&text, SMALL_SIZE) / 2.0;
        if x - half >= free {
            free = x + half + 6.0;
            let (at, anchor, size) = ((x, top - 11.0), Anchor::Middle, SMALL_SIZE);
            frame.scene.text(Text { text, at, anchor, size, color: INK });
        }
    }
    Some(frame.scene)
}

/// From below 1 to above the largest group, at least a decade.
fn size_axis(largest: f64) -> Axis {
    // Not to a tick: its label might not fit beside the last one, or on the page.
    let (min, above) = (0.8, 1.8 * largest.max(10.0));
    Axis {
        min,
        max: above,
        logarithmic: true,
        ticks: ticks::labelled_singly(ticks::logarithmic(min, above)),
        title: "members of the group (mean over its class of sizes, logarithmic)".to_owned(),
    }
}

//! `load`: how many messages a second each peer handles, the busiest first.

use super::frame::{Axis, Entry, Frame, Panel, level_entry};
use super::scene::Scene;
use super::source::Source;
use super::style::{BLUE, DATA_LINE};
use super::ticks;

/// The figure; `None` if no peer was measured.
pub fn figure(source: &Source) -> Option<Scene> {
    let loads = source.distributions.curve("peer_messages_per_s", "");
    let largest = loads.iter().map(|point| point.0).reduce(f64::max)?;
    let mut frame = Frame::new("Load of the peers, the busiest first", source);
    let mean = source.metric(&["load", "peer_messages_per_s", "mean"]);
    frame.legend(mean.map(|mean| entry(mean, largest)).as_slice());
    let panel = Panel {
        rect: *frame.panels(1).first()?,
        x: Axis { title: "share of peers, the busiest first".into(), ..Axis::shares(0.0, "") },
        y: Axis::from_zero(largest, "messages handled per second online"),
    };
    frame.axes(&panel);
    // Each peer is a step from the share before it to its own.
    let mut outline = Vec::with_capacity(2 * loads.len());
    let mut before = 0.0;
    for &(rate, share) in loads {
        outline.extend([panel.at((before, rate)), panel.at((share, rate))]);
        before = share;
    }
    let mut area = outline.clone();
    area.extend([panel.at((before, 0.0)), panel.at((0.0, 0.0))]);
    frame.scene.area(area, BLUE.tint(0.25));
    frame.scene.line(outline, DATA_LINE, BLUE);
    if let Some(mean) = mean {
        frame.level(&panel, mean);
    }
    Some(frame.scene)
}

fn entry(mean: f64, largest: f64) -> Entry {
    let mut text = format!("mean: {} messages per second", ticks::measured(mean));
    if mean > 0.0 {
        let ratio = ticks::number(largest / mean, 1);
        text.push_str(&format!("; the busiest peer handles {ratio} times as many"));
    }
    level_entry(text)
}

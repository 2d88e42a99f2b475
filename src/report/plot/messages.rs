//! `messages`: how many messages a second operations cost, and how many keep the system going.

use super::frame::{Axis, Frame};
use super::over_time::{self, Trend, trends_range};
use super::scene::Scene;
use super::source::Source;
use super::style::{BLUE, ORANGE};

/// The figure; `None` if nothing was sent.
pub fn figure(source: &Source) -> Option<Scene> {
    let kinds = [
        ("work", "for operations", BLUE),
        ("background", "background: heartbeats, maintenance, repair", ORANGE),
    ];
    let trends: Vec<_> = kinds
        .into_iter()
        .filter_map(|(label, name, color)| {
            Trend::read(source, "messages_per_s", label, name, color)
        })
        .collect();
    if trends.is_empty() || trends_range(&trends).1 == 0.0 {
        return None;
    }
    let mut frame = Frame::new("Messages over time", source);
    let entries: Vec<_> = trends.iter().map(Trend::entry).collect();
    frame.legend(&entries);
    let rect = *frame.panels(1).first()?;
    let axis = Axis::from_zero(trends_range(&trends).1, "messages sent per second, all nodes");
    let panel = over_time::panel(&mut frame, source, rect, axis);
    over_time::draw(&mut frame, &panel, &trends);
    Some(frame.scene)
}

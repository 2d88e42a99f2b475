//! `members`: how many members all groups together, and the largest of them, have over time.

use super::frame::{Axis, Frame};
use super::over_time::{self, Trend, trends_range};
use super::scene::Scene;
use super::source::Source;
use super::style::{BLUE, ORANGE};

/// The figure; `None` if there never was a member.
pub fn figure(source: &Source) -> Option<Scene> {
    let read = |label, name, color| Trend::read(source, "members", label, name, color);
    let all = read("all", "members of all groups together", BLUE)?;
    let largest = read("largest", "of the group that has the most", ORANGE);
    let mut trends = vec![all];
    // Of a single group one curve says all.
    trends.extend(largest.filter(|largest| largest.points != trends[0].points));
    let highest = trends_range(&trends).1;
    if highest == 0.0 {
        return None;
    }
    if trends.len() == 1 {
        "members of the group".clone_into(&mut trends[0].name);
    }
    let mut frame = Frame::new("Members over time", source);
    frame.legend(&trends.iter().map(Trend::entry).collect::<Vec<_>>());
    let rect = *frame.panels(1).first()?;
    // Ticks at fractions of a member would mean nothing.
    let axis = Axis::from_zero(highest.max(5.0), "members at the end of each interval");
    let panel = over_time::panel(&mut frame, source, rect, axis);
    over_time::draw(&mut frame, &panel, &trends);
    Some(frame.scene)
}

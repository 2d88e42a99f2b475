//! `locks`: how lock rounds ended, over time.

use super::frame::{Axis, Entry, Frame};
use super::over_time::{self, Trend, trends_range};
use super::scene::Scene;
use super::source::Source;
use super::style::{GREEN, PURPLE, VERMILLION};
use super::ticks;

/// The figure; `None` if there were no lock rounds.
pub fn figure(source: &Source) -> Option<Scene> {
    let outcomes = [("granted", GREEN), ("refused", VERMILLION), ("timed_out", PURPLE)].into_iter();
    let trends: Vec<_> = outcomes
        .filter_map(|(label, color)| Trend::read(source, "locks_per_s", label, label, color))
        .collect();
    if trends.is_empty() || trends_range(&trends).1 == 0.0 {
        return None;
    }
    let mut frame = Frame::new("How lock rounds end over time", source);
    let entries: Vec<_> = trends.iter().map(|trend| entry(source, trend)).collect();
    frame.legend(&entries);
    let rect = *frame.panels(1).first()?;
    let axis = Axis::from_zero(trends_range(&trends).1, "lock rounds per second");
    let panel = over_time::panel(&mut frame, source, rect, axis);
    over_time::draw(&mut frame, &panel, &trends);
    Some(frame.scene)
}

/// The outcome and its share of all rounds.
fn entry(source: &Source, trend: &Trend) -> Entry {
    let count = |what| source.metric(&["locks", what]);
    let mut text = trend.name.replace('_', " ");
    if let (Some(part), Some(whole)) = (count(trend.name.as_str()), count("attempts"))
        && whole > 0.0
    {
        let (part, share) = (ticks::number(part, 0), 100.0 * part / whole);
        text.push_str(&format!(": {part} ({share:.1} %)"));
    }
    Entry { color: trend.color, dashed: false, text }
}

//! `peers-alive`: how many peers, and how many clients if they come and go, are online over time.

use super::frame::{Axis, Frame, level_entry};
use super::over_time::{self, Trend};
use super::scene::{Rect, Scene};
use super::source::Source;
use super::style::{BLUE, GREEN};
use super::ticks;

/// The figure; `None` if the number of peers isn't known.
pub fn figure(source: &Source) -> Option<Scene> {
    let peers = Trend::read(source, "peers_alive", "", "peers", BLUE)?;
    let clients = Trend::read(source, "clients_alive", "", "clients", GREEN)
        .filter(|clients| clients.range().0 < clients.range().1);
    let title = if clients.is_some() { "Peers and clients online" } else { "Peers online" };
    let mut frame = Frame::new(&format!("{title} over time"), source);
    let mean = source.metric(&["churn", "peers_alive_mean"]);
    let entry = mean.map(|mean| {
        let mean = ticks::number(mean, 1);
        level_entry(format!("mean number of peers, without warm-up and drain: {mean}"))
    });
    frame.legend(entry.as_slice());
    let rects = frame.panels(if clients.is_some() { 2 } else { 1 });
    draw(&mut frame, source, rects[0], peers, mean);
    if let (Some(&rect), Some(clients)) = (rects.get(1), clients) {
        draw(&mut frame, source, rect, clients, None);
    }
    Some(frame.scene)
}

fn draw(frame: &mut Frame, source: &Source, rect: Rect, trend: Trend, mean: Option<f64>) {
    let (low, high) = trend.range();
    let (low, high) = mean.map_or((low, high), |mean| (low.min(mean), high.max(mean)));
    let title = format!("{} online", trend.name);
    // Small changes of a large number would be a flat line on an axis from 0; a constant is one
    // rightly.
    let axis = if low < high && low > 0.5 * high {
        // A panel of fewer than five peers would have ticks at fractions of one.
        Axis::between(low, high.max(low + 5.0), &title)
    } else {
        Axis::from_zero(high, &title)
    };
    let panel = over_time::panel(frame, source, rect, axis);
    over_time::draw(frame, &panel, &[trend]);
    if let Some(mean) = mean {
        frame.level(&panel, mean);
    }
}

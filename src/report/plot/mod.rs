//! Figures of one run, drawn from its stored results and from nothing else, so that they can be
//! redrawn any time.
//!
//! A figure kind is a function from [`Source`] to a `scene::Scene`, or to nothing where there is
//! no data: an empty frame says less than no figure. All share one frame and one style. SVG and PNG
//! come from the same scene.
//!
//! Figures of one run say so on their face ("n = 1 run"). Figures of sweeps are drawn by
//! [`comparison`], from points that say how many runs they stand for and how sure they are.

pub mod comparison;
mod delivery_cdf;
mod font;
mod frame;
mod hops;
mod latency;
mod latency_cdf;
mod load;
mod locks;
mod members;
mod messages;
mod messages_per_delivery;
mod operations;
mod over_time;
mod peers_alive;
mod render;
mod scene;
mod source;
mod style;
mod ticks;

#[cfg(test)]
mod tests;

pub use render::RenderError;
pub use source::{Curve, Source, Texts, Tidy, Unreadable};

use scene::Scene;
use std::path::Path;

/// A kind of figure; `None` where there is no data for it.
type Figure = fn(&Source) -> Option<Scene>;

/// The kinds of figures, by the names of their files.
const FIGURES: [(&str, Figure); 11] = [
    ("latency-cdf", latency_cdf::figure),
    ("operations", operations::figure),
    ("latency", latency::figure),
    ("locks", locks::figure),
    ("peers-alive", peers_alive::figure),
    ("load", load::figure),
    ("hops", hops::figure),
    ("messages", messages::figure),
    ("delivery-cdf", delivery_cdf::figure),
    ("messages-per-delivery", messages_per_delivery::figure),
    ("members", members::figure),
];

/// Draws all figures that there is data for into a folder that exists, each as `<name>.svg` and
/// `<name>.png`, and tells their names. The same results give the same bytes on the same platform.
///
/// # Errors
/// When a file can't be written; the figures before it stay.
pub fn draw(source: &Source, folder: &Path) -> Result<Vec<&'static str>, RenderError> {
    let mut drawn = Vec::new();
    for (name, figure) in FIGURES {
        if let Some(scene) = figure(source) {
            render::write(&scene, folder, name)?;
            drawn.push(name);
        }
    }
    Ok(drawn)
}

//! The frame that all figures share: title, subtitle, legend, and panels with axes and grid.

use super::font;
use super::scene::{Anchor, Point, Rect, Scene, Text};
use super::source::Source;
use super::style::{
    AXIS, DATA_LINE, FAINT_INK, FIGURE_HEIGHT, FIGURE_WIDTH, GRID, INK, Rgb, SMALL_SIZE, TEXT_SIZE,
    THIN_LINE, TITLE_SIZE,
};
use super::ticks::{self, Tick};

pub const MARGIN: f64 = 32.0;
/// Left edge of the panels: room for tick labels.
const PANEL_LEFT: f64 = 104.0;
const PANEL_RIGHT: f64 = FIGURE_WIDTH - 40.0;
/// Room below a panel for tick labels and the axis title.
const BELOW_PANEL: f64 = 58.0;
/// Width of a line that marks a value.
const LEVEL_LINE: f64 = 1.6;
/// Room above a panel for its title and notes.
const ABOVE_PANEL: f64 = 46.0;

/// A figure in the making: title, subtitle and, when asked for, the legend stand at the top.
pub struct Frame {
    /// Everything drawn so far.
    pub scene: Scene,
    top: f64,
}

/// An entry of a legend.
pub struct Entry {
    /// The colour of what it explains.
    pub color: Rgb,
    /// Whether that is a dashed line.
    pub dashed: bool,
    /// What it is.
    pub text: String,
}

/// One direction of a panel.
pub struct Axis {
    /// The least value shown.
    pub min: f64,
    /// The largest value shown.
    pub max: f64,
    /// Whether equal distances are equal ratios; then `min` is above 0.
    pub logarithmic: bool,
    /// Its ticks.
    pub ticks: Vec<Tick>,
    /// What it shows, with the unit.
    pub title: String,
}

/// A rectangle with axes.
pub struct Panel {
    /// Where data is drawn.
    pub rect: Rect,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
}

impl Frame {
    /// A figure with a title, and a subtitle that says which run it shows.
    pub fn new(title: &str, source: &Source) -> Self {
        let alt = format!("{title}: {}, seed {}", source.scenario, source.seed);
        Self::titled(title, &alt, &[subtitle(source)])
    }

    /// A figure with a title, what it shows for those who can't see it, and lines below the title.
    pub fn titled(title: &str, alt: &str, below: &[String]) -> Self {
        let mut scene = Scene::new(alt);
        let line = |text: String, y, size, color| Text {
            text,
            at: (MARGIN, y),
            anchor: Anchor::Start,
            size,
            color,
        };
        scene.text(line(title.to_owned(), 46.0, TITLE_SIZE, INK));
        let mut y = 46.0;
        for text in below {
            y += if y > 46.0 { 22.0 } else { 28.0 };
            scene.text(line(text.clone(), y, TEXT_SIZE, FAINT_INK));
        }
        Self { scene, top: y + 10.0 }
    }

    /// A legend below what stands already, in as many rows as it needs.
    pub fn legend(&mut self, entries: &[Entry]) {
        const SWATCH: f64 = 26.0;
        const GAP: f64 = 10.0;
        const BETWEEN: f64 = 30.0;
        let mut x = MARGIN;
        let mut y = self.top + 26.0;
        for Entry { color, dashed, text } in entries {
            let text = font::fitted(text, TEXT_SIZE, FIGURE_WIDTH - 2.0 * MARGIN - SWATCH - GAP);
            let width = SWATCH + GAP + font::width(&text, TEXT_SIZE);
            if x > MARGIN && x + width > FIGURE_WIDTH - MARGIN {
                (x, y) = (MARGIN, y + 24.0);
            }
            let middle = y - 0.35 * TEXT_SIZE;
            let ends = [(x, middle), (x + SWATCH, middle)];
            if *dashed {
                self.scene.dashes(ends[0], ends[1], LEVEL_LINE, *color);
            } else {
                self.scene.line(ends.to_vec(), 2.0 * DATA_LINE, *color);
            }
            let at = (x + SWATCH + GAP, y);
            let (anchor, size) = (Anchor::Start, TEXT_SIZE);
            self.scene.text(Text { text, at, anchor, size, color: INK });
            x += width + BETWEEN;
        }
        self.top = y + 12.0;
    }

    /// Where `count` panels, one above the other, have their data.
    pub fn panels(&self, count: u32) -> Vec<Rect> {
        let height = (FIGURE_HEIGHT - 10.0 - self.top) / f64::from(count);
        let rect = |index: u32| {
            let top = self.top + height * f64::from(index);
            Rect {
                left: PANEL_LEFT,
                top: top + ABOVE_PANEL,
                right: PANEL_RIGHT,
                bottom: top + height - BELOW_PANEL,
            }
        };
        (0..count).map(rect).collect()
    }

    /// Draws axes, grid and labels of a panel; data comes on top.
    pub fn axes(&mut self, panel: &Panel) {
        let Rect { left, top, right, bottom } = panel.rect;
        for (value, label) in &panel.y.ticks {
            let y = panel.at((panel.x.min, *value)).1;
            self.scene.line(vec![(left, y), (right, y)], THIN_LINE, GRID);
            let at = (left - 10.0, y + 0.36 * SMALL_SIZE);
            self.label(label, at, Anchor::End);
        }
        for (value, label) in &panel.x.ticks {
            let x = panel.at((*value, panel.y.min)).0;
            if panel.x.logarithmic {
                self.scene.line(vec![(x, top), (x, bottom)], THIN_LINE, GRID);
            }
            self.scene.line(vec![(x, bottom), (x, bottom + 6.0)], THIN_LINE, AXIS);
            self.label(label, (x, bottom + 23.0), Anchor::Middle);
        }
        self.scene.line(vec![(left, bottom), (right, bottom)], THIN_LINE, AXIS);
        let title = |text: &str, at, anchor| Text {
            text: text.to_owned(),
            at,
            anchor,
            size: TEXT_SIZE,
            color: INK,
        };
        let middle = f64::midpoint(left, right);
        self.scene.text(title(&panel.x.title, (middle, bottom + 46.0), Anchor::Middle));
        self.scene.text(title(&panel.y.title, (MARGIN, top - 26.0), Anchor::Start));
    }

    /// A small note.
    pub fn label(&mut self, text: &str, at: Point, anchor: Anchor) {
        let text = text.to_owned();
        self.scene.text(Text { text, at, anchor, size: SMALL_SIZE, color: FAINT_INK });
    }

    /// A dashed horizontal line at a value; [`level_entry`] explains it.
    pub fn level(&mut self, panel: &Panel, value: f64) {
        let (right, y) = panel.at((panel.x.max, value));
        self.scene.dashes((panel.rect.left, y), (right, y), LEVEL_LINE, INK);
    }
}

impl Panel {
    /// Where a pair of values stands.
    pub fn at(&self, (x, y): (f64, f64)) -> Point {
        let across = self.rect.left + self.x.share(x) * self.rect.width();
        (across, self.rect.bottom - self.y.share(y) * self.rect.height())
    }
}

impl Axis {
    /// From 0 to a little above `max`, so that the largest value isn't drawn on the edge; to 1 if
    /// that is 0.
    pub fn from_zero(max: f64, title: &str) -> Self {
        let max = if max > 0.0 { 1.04 * max } else { 1.0 };
        Self::between(0.0, max, title)
    }

    /// From below `min` to above `max`, both round.
    pub fn between(min: f64, max: f64, title: &str) -> Self {
        let (min, max) = if max > min { (min, max) } else { (min - 1.0, max + 1.0) };
        let step = ticks::step(min, max, 5.0);
        let min = step * libm::floor(min / step + 1e-9);
        let max = step * libm::ceil(max / step - 1e-9);
        let ticks = ticks::labelled(ticks::multiples(step, min, max));
        Self { min, max, logarithmic: false, ticks, title: title.to_owned() }
    }

    /// Shares from `min` (rounded down) to all.
    pub fn shares(min: f64, title: &str) -> Self {
        // A hair below all would look like a cliff: show at least one percent.
        let mut axis = Self::between(min.clamp(0.0, 0.99), 1.0, title);
        axis.ticks = ticks::percent(axis.ticks.into_iter().map(|tick| tick.0).collect());
        axis
    }

    /// Where a value stands, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            libm::log(value / self.min) / libm::log(self.max / self.min)
        } else {
            (value - self.min) / (self.max - self.min)
        }
    }
}

/// The entry for a line drawn by [`Frame::level`].
pub fn level_entry(text: String) -> Entry {
    Entry { color: INK, dashed: true, text }
}

/// Which run it is. A long name is cut, never what comes after it.
fn subtitle(source: &Source) -> String {
    let count = |role: &str| source.metric(&["nodes", role]).filter(|&count| count > 0.0);
    let mut parts = vec![String::new(), source.protocol.clone()];
    parts.extend(count("peers").map(|identities| {
        let all = ticks::number(identities, 0);
        match source.metric(&["churn", "peers_alive_mean"]) {
            // Under churn there are more identities than peers online.
            Some(mean) if mean < 0.995 * identities => {
                format!("{} of {all} peers online", ticks::number(mean, 0))
            }
            _ => format!("{all} peers"),
        }
    }));
    parts.extend(count("clients").map(|count| format!("{} clients", ticks::number(count, 0))));
    parts.push(format!("seed {}", source.seed));
    parts.push("n = 1 run".to_owned());
    let rest = parts.join("  ·  ");
    let room = FIGURE_WIDTH - 2.0 * MARGIN - font::width(&rest, TEXT_SIZE);
    font::fitted(&source.scenario, TEXT_SIZE, room) + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(axis: &Axis) -> (f64, f64) {
        (axis.min, axis.max)
    }

    #[test]
    fn axes_end_at_round_values_and_hold_the_data() {
        assert_eq!(ends(&Axis::between(183.0, 217.0, "")), (180.0, 220.0));
        assert_eq!(ends(&Axis::from_zero(0.0, "")), (0.0, 1.0));
        let flat = Axis::between(200.0, 200.0, "");
        assert!(flat.min < 200.0 && flat.max > 200.0);
    }

    #[test]
    fn shares_never_zoom_into_nothing() {
        assert_eq!(ends(&Axis::shares(1.0, "")), (0.99, 1.0));
        assert_eq!(ends(&Axis::shares(0.0, "")), (0.0, 1.0));
    }

    #[test]
    fn a_logarithmic_axis_maps_ratios_to_distances() {
        let axis =
            Axis { min: 1.0, max: 100.0, logarithmic: true, ticks: vec![], title: String::new() };
        assert!((axis.share(10.0) - 0.5).abs() < 1e-12);
    }
}

//! Figures of sweeps: a quantity over an axis, a line for each protocol or value, with bands that
//! say how sure each point is.
//!
//! What may differ by chance is told on the figure's face: how many seeds, which intervals. Points
//! without a value are gaps, marked at the lower edge; points that only some runs have a value at
//! are hollow. Lines are named at their ends, and differ in colour, dashes and markers, so that
//! they can be told apart without colours.

mod axes;
mod caption;
mod labels;
mod lines;
mod marker;
#[cfg(test)]
mod tests;

use super::font;
use super::frame::{Frame, MARGIN, Panel};
use super::render::{self, RenderError};
use super::scene::Scene;
use super::style::{FIGURE_WIDTH, TEXT_SIZE, TITLE_SIZE};
use std::path::Path;

/// A figure of a sweep, as numbers.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Its title.
    pub title: String,
    /// The sweep's name.
    pub sweep: String,
    /// What else its face must say: that the grid is a quick one; may be empty.
    pub note: String,
    /// The horizontal axis.
    pub x: XAxis,
    /// The vertical axis.
    pub y: YAxis,
    /// What is drawn of several seeds.
    pub shown: Shown,
    /// The lines.
    pub lines: Vec<Line>,
    /// Curves that weren't measured, by name.
    pub references: Vec<(String, Vec<(f64, f64)>)>,
}

/// What a point and its interval are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown {
    /// The mean, with a t-interval of this confidence.
    Mean(f64),
    /// The median, with an interval between order statistics of this confidence at least.
    Median(f64),
}

/// The horizontal axis.
#[derive(Clone, Debug)]
pub struct XAxis {
    /// What it shows, with the unit.
    pub title: String,
    /// Whether equal distances are equal ratios; then all x are above 0.
    pub logarithmic: bool,
    /// The values of the axis, and how they are written.
    pub ticks: Vec<(f64, String)>,
    /// Whether the values are words, which no line should join.
    pub words: bool,
}

/// The vertical axis.
#[derive(Clone, Debug)]
pub struct YAxis {
    /// What it shows, with the unit.
    pub title: String,
    /// Whether equal distances are equal ratios.
    pub logarithmic: bool,
    /// Whether values are shares, to be shown in percent.
    pub percent: bool,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub label: String,
    /// The protocol.
    pub protocol: String,
    /// The index of its value on the axis that has lines of its own; `None`: there is no such axis.
    pub value: Option<usize>,
    /// Its points, by x.
    pub points: Vec<Point>,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where it stands.
    pub x: f64,
    /// Its value; `None`: nothing was measured there.
    pub y: Option<f64>,
    /// Its interval, and the coverage of that; `None`: too few runs.
    pub interval: Option<(f64, f64, f64)>,
    /// How many runs have a value.
    pub n: u64,
    /// Of how many.
    pub of: u64,
}

/// Draws a figure into a folder that exists, as `<name>.svg` and `<name>.png`.
///
/// # Errors
/// When a file can't be written.
pub fn draw(comparison: &Comparison, folder: &Path, name: &str) -> Result<(), RenderError> {
    render::write(&scene(comparison), folder, name)
}

/// The figure as marks.
fn scene(figure: &Comparison) -> Scene {
    let figure = &side_by_side(figure);
    let room = FIGURE_WIDTH - 2.0 * MARGIN;
    let title = font::fitted(&figure.title, TITLE_SIZE, room);
    let below: Vec<String> = caption::lines(figure)
        .into_iter()
        .map(|line| font::fitted(&line, TEXT_SIZE, room))
        .collect();
    let alt = format!("{}: {}", figure.title, figure.sweep);
    let mut frame = Frame::titled(&title, &alt, &below);
    let mut rect = frame.panels(1)[0];
    rect.right = labels::left_edge(figure) - labels::GAP;
    let panel = Panel { rect, x: axes::x(figure, &rect), y: axes::y(figure) };
    frame.axes(&panel);
    lines::bands(&mut frame.scene, &panel, figure);
    lines::references(&mut frame.scene, &panel, figure);
    lines::lines(&mut frame.scene, &panel, figure);
    lines::gaps(&mut frame.scene, &panel, figure);
    labels::draw(&mut frame.scene, &panel, figure);
    frame.scene
}

/// Points at one word stand side by side, a line each.
fn side_by_side(figure: &Comparison) -> Comparison {
    /// From the first to the last, as a share of the distance of two words.
    const WIDTH: f64 = 0.24;
    let mut figure = figure.clone();
    if figure.x.words {
        let last = figure.lines.len().saturating_sub(1).max(1) as f64;
        for (index, line) in figure.lines.iter_mut().enumerate() {
            let aside = WIDTH * (index as f64 / last - 0.5);
            line.points.iter_mut().for_each(|point| point.x += aside);
        }
    }
    figure
}

impl Point {
    /// Whether the axis can show it.
    fn is_shown(&self, y: &YAxis) -> bool {
        self.y.is_some_and(|value| !y.logarithmic || value > 0.0)
    }
}

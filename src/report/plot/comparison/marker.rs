//! Markers: shapes that can be told apart at a glance and without colours.

use crate::report::plot::scene::{Point, Scene};
use crate::report::plot::style::Rgb;

/// How many shapes there are.
pub const SHAPES: usize = 7;

/// Draws a marker; a hollow one has a white inside.
pub fn draw(scene: &mut Scene, shape: usize, at: Point, hollow: bool, color: Rgb) {
    scene.area(corners(shape, at, 1.0), color);
    if hollow {
        scene.area(corners(shape, at, 0.55), Rgb(255, 255, 255));
    }
}

/// A cross for a missing point.
pub fn cross(scene: &mut Scene, (x, y): Point, color: Rgb) {
    const ARM: f64 = 5.0;
    scene.line(vec![(x - ARM, y - ARM), (x + ARM, y + ARM)], 2.0, color);
    scene.line(vec![(x - ARM, y + ARM), (x + ARM, y - ARM)], 2.0, color);
}

/// A triangle that points down, out of the figure.
pub fn below(scene: &mut Scene, (x, y): Point, color: Rgb) {
    scene.area(vec![(x - 6.0, y - 10.0), (x + 6.0, y - 10.0), (x, y - 1.0)], color);
}

fn corners(shape: usize, (x, y): Point, scale: f64) -> Vec<Point> {
    let regular = |count: u32, radius: f64, turn: f64| {
        let corner = |index: u32| {
            let angle = (f64::from(index) + turn) / f64::from(count) * std::f64::consts::TAU;
            let radius = radius * scale;
            (x + radius * libm::sin(angle), y - radius * libm::cos(angle))
        };
        (0..count).map(corner).collect()
    };
    match shape % SHAPES {
        0 => regular(20, 5.2, 0.0), // circle
        1 => regular(4, 6.6, 0.5),  // square
        2 => regular(3, 7.2, 0.0),  // triangle
        3 => regular(4, 7.0, 0.0),  // diamond
        4 => regular(3, 7.2, 0.5),  // triangle on its tip
        5 => regular(6, 6.2, 0.5),  // hexagon
        _ => star(x, y, 7.6 * scale),
    }
}

/// A star with five points.
fn star(x: f64, y: f64, radius: f64) -> Vec<Point> {
    let corner = |index: u32| {
        let angle = f64::from(index) / 10.0 * std::f64::consts::TAU;
        let radius = if index.is_multiple_of(2) { radius } else { 0.45 * radius };
        (x + radius * libm::sin(angle), y - radius * libm::cos(angle))
    };
    (0..10).map(corner).collect()
}

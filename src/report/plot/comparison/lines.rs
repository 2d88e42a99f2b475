//! Bands, lines, markers, gaps.

use super::marker::{self, SHAPES};
use super::{Comparison, Line, Point};
use crate::report::plot::frame::Panel;
use crate::report::plot::scene::{self, Scene};
use crate::report::plot::style::{DATA_LINE, INK, Rgb, dashes, protocol_style, value_color};

/// Width of a reference curve.
const REFERENCE_LINE: f64 = 1.6;
/// Its dashes.
const REFERENCE_DASHES: [f64; 2] = [5.0, 5.0];
/// Half the width of the end of an error bar.
const CAP: f64 = 5.0;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its colour.
    pub color: Rgb,
    /// Its dashes, by index.
    pub dashes: usize,
    /// Its markers, by index.
    pub marker: usize,
}

/// How a line of the figure looks: colours belong to protocols, or to values where there is only
/// one protocol.
pub fn look(figure: &Comparison, line: &Line) -> Look {
    let one = figure.lines.iter().all(|other| other.protocol == line.protocol);
    let (color, place) = protocol_style(&line.protocol);
    match line.value {
        None => Look { color, dashes: place, marker: place },
        Some(value) if one => Look { color: value_color(value), dashes: value, marker: value },
        Some(value) => {
            let values = figure.lines.iter().filter_map(|line| line.value).max().unwrap_or(0) + 1;
            Look { color, dashes: value, marker: (place * values + value) % SHAPES }
        }
    }
}

/// The look of a reference curve's swatch.
pub fn reference_swatch(scene: &mut Scene, from: scene::Point, to: scene::Point) {
    scene.dashed(&[from, to], &REFERENCE_DASHES, REFERENCE_LINE, INK);
}

/// The stretches of a line without gaps.
fn stretches<'a>(figure: &'a Comparison, line: &'a Line) -> impl Iterator<Item = &'a [Point]> {
    let shown = |point: &Point| point.is_shown(&figure.y);
    let joined = move |a: &Point, b: &Point| shown(a) && shown(b) && !figure.x.words;
    line.points.chunk_by(joined).filter(move |stretch| shown(&stretch[0]))
}

/// The intervals: bands, and bars where a point stands alone. The edges of all bands are on top of
/// all bands, so that none hides another.
pub fn bands(scene: &mut Scene, panel: &Panel, figure: &Comparison) {
    let mut edges: Vec<(Vec<scene::Point>, Rgb)> = Vec::new();
    for line in &figure.lines {
        let color = look(figure, line).color;
        for stretch in stretches(figure, line) {
            let with_interval = |a: &Point, b: &Point| a.interval.is_some() && b.interval.is_some();
            for part in stretch.chunk_by(with_interval) {
                let ends: Option<Vec<_>> = part.iter().map(|point| ends(panel, point)).collect();
                let Some(ends) = ends else { continue };
                if let [(low, high)] = ends[..] {
                    bar(scene, low, high, color);
                    continue;
                }
                let low: Vec<_> = ends.iter().map(|end| end.0).collect();
                let high: Vec<_> = ends.iter().map(|end| end.1).collect();
                scene
                    .area(low.iter().chain(high.iter().rev()).copied().collect(), color.tint(0.16));
                edges.extend([(low, color), (high, color)]);
            }
        }
    }
    for (edge, color) in edges {
        scene.line(edge, 1.0, color.tint(0.5));
    }
}

/// Where the interval of a point ends, kept within the panel.
fn ends(panel: &Panel, point: &Point) -> Option<(scene::Point, scene::Point)> {
    let (low, high, _) = point.interval?;
    let at = |value: f64| {
        let value = value.min(panel.y.max);
        if value <= panel.y.min {
            (panel.at((point.x, panel.y.min)).0, panel.rect.bottom)
        } else {
            panel.at((point.x, value))
        }
    };
    Some((at(low), at(high)))
}

fn bar(scene: &mut Scene, low: scene::Point, high: scene::Point, color: Rgb) {
    scene.line(vec![low, high], 1.6, color);
    for (x, y) in [low, high] {
        scene.line(vec![(x - CAP, y), (x + CAP, y)], 1.6, color);
    }
}

/// The curves that weren't measured.
pub fn references(scene: &mut Scene, panel: &Panel, figure: &Comparison) {
    for (_, points) in &figure.references {
        let shown = |point: &&(f64, f64)| (panel.y.min..=panel.y.max).contains(&point.1);
        let points: Vec<_> = points.iter().filter(shown).map(|&point| panel.at(point)).collect();
        scene.dashed(&points, &REFERENCE_DASHES, REFERENCE_LINE, INK);
    }
}

/// The lines and their markers; the first line is on top.
pub fn lines(scene: &mut Scene, panel: &Panel, figure: &Comparison) {
    for line in figure.lines.iter().rev() {
        let look = look(figure, line);
        for stretch in stretches(figure, line) {
            let points: Vec<_> = stretch.iter().filter_map(|point| at(panel, point)).collect();
            scene.dashed(&points, dashes(look.dashes), DATA_LINE, look.color);
            for (point, at) in stretch.iter().zip(points) {
                marker::draw(scene, look.marker, at, point.n < point.of, look.color);
            }
        }
    }
}

fn at(panel: &Panel, point: &Point) -> Option<scene::Point> {
    Some(panel.at((point.x, point.y?)))
}

/// What has no place in the figure: crosses where nothing was measured, triangles where a
/// logarithmic axis doesn't reach; several at one x stand on top of each other.
pub fn gaps(scene: &mut Scene, panel: &Panel, figure: &Comparison) {
    let mut taken: Vec<f64> = Vec::new();
    for line in &figure.lines {
        let color = look(figure, line).color;
        for point in line.points.iter().filter(|point| !point.is_shown(&figure.y)) {
            let (x, bottom) = (panel.at((point.x, panel.y.min)).0, panel.rect.bottom);
            let below = taken.iter().filter(|other| **other == point.x).count();
            taken.push(point.x);
            let y = bottom - 9.0 - 15.0 * below as f64;
            match point.y {
                None => marker::cross(scene, (x, y), color),
                Some(_) => marker::below(scene, (x, y + 8.0), color),
            }
        }
    }
}

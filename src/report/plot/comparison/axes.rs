//! Axes that hold the data, its intervals and the references.

use super::{Comparison, Point};
use crate::report::plot::font;
use crate::report::plot::frame::Axis;
use crate::report::plot::scene::Rect;
use crate::report::plot::style::SMALL_SIZE;
use crate::report::plot::ticks;

/// Room on both sides of the outermost points, as a share of the axis.
const PADDING: f64 = 0.04;
/// The same around words, whose points stand side by side.
const WORDS_PADDING: f64 = 0.2;
/// Least distance of two tick labels.
const BETWEEN: f64 = 14.0;

/// The horizontal axis: its ticks stand where points do, as far as their labels have room.
pub fn x(figure: &Comparison, rect: &Rect) -> Axis {
    let logarithmic = figure.x.logarithmic;
    let own = figure.x.ticks.iter().map(|tick| tick.0);
    let others = figure.references.iter().flat_map(|curve| curve.1.iter().map(|point| point.0));
    let (low, high) = range(own.chain(others)).unwrap_or((0.0, 1.0));
    let padding = if figure.x.words { WORDS_PADDING } else { PADDING };
    let (min, max) = match (logarithmic, high > low) {
        (true, true) => {
            let room = libm::pow(high / low, padding);
            (low / room, high * room)
        }
        (true, false) => (low / 2.0, high * 2.0),
        (false, true) => (low - padding * (high - low), high + padding * (high - low)),
        (false, false) => (low - 1.0, high + 1.0),
    };
    let title = figure.x.title.clone();
    let mut axis = Axis { min, max, logarithmic, ticks: Vec::new(), title };
    axis.ticks = fitting(&axis, &figure.x.ticks, rect.width());
    axis
}

/// The ticks whose labels don't touch: both ends, then from the left what has room.
fn fitting(axis: &Axis, ticks: &[(f64, String)], width: f64) -> Vec<(f64, String)> {
    let span = |tick: &(f64, String)| {
        let half = font::width(&tick.1, SMALL_SIZE) / 2.0 + BETWEEN / 2.0;
        let at = axis.share(tick.0) * width;
        (at - half, at + half)
    };
    let last = ticks.len().saturating_sub(1);
    let mut order: Vec<usize> = (0..ticks.len()).collect();
    order.sort_by_key(|&index| index != 0 && index != last);
    let mut kept: Vec<usize> = Vec::new();
    for index in order {
        let (left, right) = span(&ticks[index]);
        let is_apart = |other: &usize| {
            let (l, r) = span(&ticks[*other]);
            right <= l || r <= left
        };
        if kept.iter().all(is_apart) {
            kept.push(index);
        }
    }
    kept.sort_unstable();
    kept.into_iter().map(|index| ticks[index].clone()).collect()
}

/// The vertical axis: from zero, unless all is far from it.
pub fn y(figure: &Comparison) -> Axis {
    let title = figure.y.title.as_str();
    let shown = figure.lines.iter().flat_map(|line| &line.points);
    let shown = shown.filter(|point| point.is_shown(&figure.y)).flat_map(ends);
    let curves = figure.references.iter().flat_map(|curve| curve.1.iter().map(|point| point.1));
    let all = shown.chain(curves);
    if figure.y.logarithmic {
        let (low, high) = range(all.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
        return logarithmic(low, high, title, figure.y.percent);
    }
    let (mut low, high) = range(all).unwrap_or((0.0, 1.0));
    // Nothing can be less than none or more than all, only an interval of it.
    if are_within(figure, f64::INFINITY) {
        low = low.max(0.0);
    }
    if figure.y.percent && are_within(figure, 1.0) {
        return if high > 0.5 {
            Axis::shares(if low < 0.7 { 0.0 } else { low }, title)
        } else {
            let mut axis = Axis::from_zero(high, title);
            axis.ticks = ticks::percent(axis.ticks.into_iter().map(|tick| tick.0).collect());
            axis
        };
    }
    let is_near = low >= 0.0 && low < 0.7 * high;
    let mut axis = match is_near || low == 0.0 {
        true => Axis::from_zero(high, title),
        false => Axis::between(low, high, title),
    };
    if figure.y.percent {
        axis.ticks = ticks::percent(axis.ticks.into_iter().map(|tick| tick.0).collect());
    }
    axis
}

/// Whether all values are from 0 to `most`.
fn are_within(figure: &Comparison, most: f64) -> bool {
    let values = figure.lines.iter().flat_map(|line| &line.points).filter_map(|point| point.y);
    values.into_iter().all(|value| (0.0..=most).contains(&value))
}

/// From the round number below to the one above, at least a factor of two.
fn logarithmic(low: f64, high: f64, title: &str, percent: bool) -> Axis {
    let min = ticks::logarithmic(low / 10.0, low).pop().unwrap_or(low);
    let high = high.max(2.0 * min);
    let max = ticks::logarithmic(high, high * 10.0).first().copied().unwrap_or(high);
    let values = ticks::logarithmic(min, max);
    let ticks = match percent {
        true => values.into_iter().flat_map(|value| ticks::percent(vec![value])).collect(),
        false => ticks::labelled_singly(values),
    };
    Axis { min, max, logarithmic: true, ticks, title: title.to_owned() }
}

/// The value of a point and the ends of its interval.
fn ends(point: &Point) -> impl Iterator<Item = f64> + use<> {
    let interval = point.interval.map(|(low, high, _)| [low, high]);
    point.y.into_iter().chain(interval.into_iter().flatten())
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range: Option<(f64, f64)>, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

//! What a figure consists of: a list of marks in logical pixels, drawn in order.
//!
//! A figure decides what stands where, in numbers; how it becomes an SVG or a PNG is
//! [`super::render`]'s business. So both look the same, and layout can be tested without a picture.

use super::style::{FIGURE_HEIGHT, FIGURE_WIDTH, Rgb};

/// A point in logical pixels: x to the right, y down, from the upper left corner.
pub type Point = (f64, f64);

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// A rectangle in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it says.
    pub text: String,
    /// Where its anchor stands; y is the baseline.
    pub at: Point,
    /// Which part of it stands there.
    pub anchor: Anchor,
    /// Size of an em.
    pub size: f64,
    /// Colour.
    pub color: Rgb,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled polygon.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Its colour.
        color: Rgb,
    },
    /// A line through points, with round joins.
    Line {
        /// The points, at least two.
        points: Vec<Point>,
        /// Its width.
        width: f64,
        /// Its colour.
        color: Rgb,
    },
    /// A line of text.
    Text(Text),
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What it shows, for those who can't see it.
    pub title: String,
    /// The marks, the lowest first.
    pub marks: Vec<Mark>,
}

impl Rect {
    /// Its width.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

impl Scene {
    /// An empty white figure.
    pub fn new(title: &str) -> Self {
        let mut scene = Self { title: title.to_owned(), marks: Vec::new() };
        let page = Rect { left: 0.0, top: 0.0, right: FIGURE_WIDTH, bottom: FIGURE_HEIGHT };
        scene.rect(page, Rgb(255, 255, 255));
        scene
    }

    /// A filled rectangle.
    pub fn rect(&mut self, rect: Rect, color: Rgb) {
        let Rect { left, top, right, bottom } = rect;
        self.area(vec![(left, top), (right, top), (right, bottom), (left, bottom)], color);
    }

    /// A filled polygon.
    pub fn area(&mut self, points: Vec<Point>, color: Rgb) {
        self.marks.push(Mark::Area { points, color });
    }

    /// A line; fewer than two points draw nothing.
    pub fn line(&mut self, points: Vec<Point>, width: f64, color: Rgb) {
        if points.len() >= 2 {
            self.marks.push(Mark::Line { points, width, color });
        }
    }

    /// A straight dashed line.
    pub fn dashes(&mut self, from: Point, to: Point, width: f64, color: Rgb) {
        const DASH: f64 = 7.0;
        const PERIOD: f64 = 12.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = libm::hypot(dx, dy);
        let at = |way: f64| (from.0 + dx * way / length, from.1 + dy * way / length);
        let mut way = 0.0;
        while way < length {
            self.line(vec![at(way), at((way + DASH).min(length))], width, color);
            way += PERIOD;
        }
    }

    /// A line with lengths of dashes and gaps in turn; solid if there are none.
    pub fn dashed(&mut self, points: &[Point], pattern: &[f64], width: f64, color: Rgb) {
        if pattern.is_empty() {
            return self.line(points.to_vec(), width, color);
        }
        let (mut index, mut left) = (0, pattern[0]);
        let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let (mut from, to) = (pair[0], pair[1]);
            let mut length = libm::hypot(to.0 - from.0, to.1 - from.1);
            while length > left {
                let share = left / length;
                from = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
                length -= left;
                if index % 2 == 0 {
                    dash.push(from);
                    self.line(std::mem::take(&mut dash), width, color);
                } else {
                    dash = vec![from];
                }
                index = (index + 1) % pattern.len();
                left = pattern[index];
            }
            left -= length;
            if index % 2 == 0 {
                dash.push(to);
            }
        }
        self.line(dash, width, color);
    }

    /// A line of text.
    pub fn text(&mut self, text: Text) {
        self.marks.push(Mark::Text(text));
    }
}

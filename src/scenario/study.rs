//! What a scenario says about its sweep: claims to be judged, figures to be drawn. Plain data.

use super::quantity::Quantity;
use crate::stats::Bound;
use serde_json::Value as Json;

/// A claim about what a sweep measures, and the rule that judges it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its short name, of its own in the file.
    pub id: String,
    /// What is claimed, in words.
    pub text: String,
    /// Of each run.
    pub quantity: Quantity,
    /// Whose runs.
    pub protocol: String,
    /// At which points; it must hold at each of them.
    pub points: Vec<Filter>,
    /// What is made of the runs.
    pub statistic: Statistic,
    /// What it is compared with before it meets its bound.
    pub compare: Compare,
    /// What it must keep to.
    pub limits: Limits,
    /// Of the intervals, 0 to 1; the same for all claims of a file.
    pub confidence: f64,
}

/// Values of one axis, of which a point must have one.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The dotted key of the axis.
    pub key: String,
    /// The values, as the axis has them; at least one.
    pub values: Vec<Json>,
}

/// What is made of the values of several seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Their mean, with Student's interval (a ratio: with Fieller's).
    Mean,
    /// Their median, with an interval between order statistics.
    Median,
}

/// What a claim compares.
#[derive(Clone, Debug, PartialEq)]
pub enum Compare {
    /// Nothing: the quantity itself meets the bound.
    Nothing,
    /// The same quantity elsewhere, on the same seeds.
    Against {
        /// With which protocol; `None`: the claim's own.
        protocol: Option<String>,
        /// At the point that differs by these values, one for each axis.
        at: Vec<Filter>,
        /// How.
        how: Contrast,
    },
    /// How the quantity grows along an axis, seed by seed.
    Growth {
        /// The axis, whose values are numbers above 0.
        along: String,
        /// How growth is measured.
        how: Growth,
    },
}

/// How two are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrast {
    /// Own minus other.
    Difference,
    /// Own over other.
    Ratio,
}

/// How growth from the least x to the largest is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// The value at the largest x over that at the least.
    Ratio,
    /// Least-squares slope of y against log2 x: what every doubling adds.
    PerDoubling,
    /// Slope of ln y against ln x: b of y ~ x^b.
    Exponent,
    /// Slope of ln y against ln ln x: b of y ~ (log x)^b.
    LogExponent,
}

/// The bound that a claim must keep to.
#[derive(Clone, Debug, PartialEq)]
pub enum Limits {
    /// Everywhere the same.
    Fixed(Bound),
    /// One for each of some values of an axis; at other values nothing is claimed.
    Along {
        /// The axis.
        key: String,
        /// Its values and their bounds.
        bounds: Vec<(Json, Bound)>,
    },
}

/// A figure of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name of its files.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it shows.
    pub y: Quantity,
    /// The title of its vertical axis; `None`: the quantity as written.
    pub label: Option<String>,
    /// The unit of what it shows, may be empty; `%` shows shares in percent.
    pub unit: String,
    /// The axis that it shows it over.
    pub x: String,
    /// The title of its horizontal axis; `None`: the key.
    pub x_label: Option<String>,
    /// The axis whose values have lines of their own, beside protocols.
    pub lines: Option<String>,
    /// Which protocols; empty: all.
    pub protocols: Vec<String>,
    /// Which points.
    pub points: Vec<Filter>,
    /// Whether the horizontal axis is logarithmic.
    pub x_log: bool,
    /// Whether the vertical axis is logarithmic.
    pub y_log: bool,
    /// What is drawn of several seeds.
    pub statistic: Statistic,
    /// Of the intervals, 0 to 1.
    pub confidence: f64,
    /// Curves to compare with: a theory, a published measurement.
    pub references: Vec<Reference>,
    /// What is said on its face beside n; may be empty.
    pub note: String,
}

/// A curve that isn't measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What it is.
    pub label: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

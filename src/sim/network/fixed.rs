//! Latencies that are fixed per pair of nodes, all in nanoseconds.

use super::config::Matrix;
use super::lane;
use super::planetlab::Planetlab;
use crate::node::{Key, NodeId, Purpose};
use std::sync::Arc;

/// A model that gives every message between two nodes the same latency, before jitter.
#[derive(Clone, Debug)]
pub(super) enum Fixed {
    Constant(f64),
    Euclid(Square),
    Planetlab(Planetlab),
    Matrix(Measured),
}

impl Fixed {
    /// The latency from one node to another, a different one.
    pub(super) fn latency_ns(&self, from: NodeId, to: NodeId) -> f64 {
        match self {
            Self::Constant(ns) => *ns,
            Self::Euclid(square) => square.latency_ns(from, to),
            Self::Planetlab(planetlab) => planetlab.latency_ns(from, to),
            Self::Matrix(measured) => measured.latency_ns(from, to),
        }
    }

    /// Something that depends on where the node is.
    pub(super) fn glance(&self, node: NodeId) -> u32 {
        match self {
            Self::Constant(_) => 0,
            Self::Euclid(square) => square.places[node.index()].0.to_bits(),
            Self::Planetlab(planetlab) => planetlab.glance(node),
            Self::Matrix(measured) => measured.rows[node.index()],
        }
    }

    /// A lower bound of [`Fixed::latency_ns`].
    pub(super) fn least_ns(&self) -> f64 {
        match self {
            Self::Constant(ns) => *ns,
            Self::Euclid(square) => square.min,
            Self::Planetlab(planetlab) => planetlab.least_ns(),
            Self::Matrix(measured) => measured.least,
        }
    }
}

/// Nodes uniform on a square; latency is linear in their distance.
#[derive(Clone, Debug)]
pub(super) struct Square {
    min: f64,
    /// Nanoseconds per side length: the diagonal is sqrt(2) sides and costs `max - min`.
    per_side: f64,
    /// By [`NodeId::index`], in units of a side.
    places: Vec<(f32, f32)>,
}

impl Square {
    pub(super) fn new(min: f64, max: f64, nodes: usize, seed: u64) -> Self {
        let key = Key::new(seed, Purpose::Placement);
        let place = |node| {
            let mut stream = key.lane(node, 0, lane::SITE);
            (stream.unit() as f32, stream.unit() as f32)
        };
        let per_side = (max - min).max(0.0) * std::f64::consts::FRAC_1_SQRT_2;
        Self { min, per_side, places: (0..=nodes as u32).map(place).collect() }
    }

    fn latency_ns(&self, from: NodeId, to: NodeId) -> f64 {
        let ((ax, ay), (bx, by)) = (self.places[from.index()], self.places[to.index()]);
        self.min + self.per_side * distance(ax, ay, bx, by)
    }
}

/// Euclid's distance. A plain root of a sum of squares: correctly rounded steps only, so it is the
/// same everywhere, and coordinates are far from over- and underflow.
pub(super) fn distance(ax: f32, ay: f32, bx: f32, by: f32) -> f64 {
    let (dx, dy) = (f64::from(ax) - f64::from(bx), f64::from(ay) - f64::from(by));
    libm::sqrt(dx * dx + dy * dy)
}

/// A measured matrix; each node draws a row.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    matrix: Arc<Matrix>,
    /// By [`NodeId::index`].
    rows: Vec<u32>,
    /// The least latency between different rows; two nodes on one row are this far apart.
    least: f64,
}

impl Measured {
    pub(super) fn new(matrix: Arc<Matrix>, nodes: usize, seed: u64) -> Self {
        let key = Key::new(seed, Purpose::Placement);
        let size = matrix.size as u64;
        let rows = (0..=nodes as u32)
            .map(|node| key.lane(node, 0, lane::SITE).below(size) as u32)
            .collect();
        let off_diagonal = (matrix.one_way_ms.iter().enumerate())
            .filter(|(i, _)| i / matrix.size != i % matrix.size)
            .map(|(_, ms)| *ms);
        let least = off_diagonal.fold(f32::INFINITY, f32::min);
        let least = if least.is_finite() { nanos(least) } else { 0.0 };
        Self { matrix, rows, least }
    }

    fn latency_ns(&self, from: NodeId, to: NodeId) -> f64 {
        let (row, column) = (self.rows[from.index()] as usize, self.rows[to.index()] as usize);
        if row == column {
            return self.least;
        }
        nanos(self.matrix.one_way_ms[row * self.matrix.size + column])
    }
}

fn nanos(ms: f32) -> f64 {
    f64::from(ms) * 1e6
}

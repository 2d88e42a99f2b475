//! Latency matrices: who is how far from whom.
//!
//! Blank lines and lines that begin with `#` don't count. Cells are separated by commas, or by
//! blanks on lines without a comma. The formats:
//!
//! - **square**: n lines of n latencies, row by row; it may differ by direction. If the first line
//!   holds no number, it is a header, and the first cell of each further line a name. The diagonal
//!   isn't read.
//! - **triangular**: n - 1 lines of n - 1, n - 2, ... 1 latencies: line i lists j = i + 1 to n;
//!   symmetric.
//! - **triangular_diagonal**: the same with the diagonal: n lines of n, n - 1, ... 1. It looks like
//!   a triangular matrix of one node more, so it is never guessed.
//! - **king**: p2psim's topology file, as of its King data set. See [`king`].

mod king;
mod table;

use super::place::{Cell, Line, data_lines, nothing};
use super::{DataError, Unit};
use crate::sim::network::Matrix;

/// The form of a matrix file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixFormat {
    /// n lines of n cells.
    Square,
    /// The upper triangle without the diagonal.
    Triangular,
    /// The upper triangle with the diagonal.
    TriangularDiagonal,
    /// p2psim's topology file.
    King,
}

impl MatrixFormat {
    /// All formats.
    pub const ALL: [Self; 4] =
        [Self::Square, Self::Triangular, Self::TriangularDiagonal, Self::King];

    /// The name in scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Square => "square",
            Self::Triangular => "triangular",
            Self::TriangularDiagonal => "triangular_diagonal",
            Self::King => "king",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// An hour: a latency above it means a wrong unit.
const MOST_MS: f64 = 3_600_000.0;
/// More nodes would take over 1 GiB.
const MOST_NODES: usize = 16_384;

/// Makes a matrix of the text of a file. Without a `format`, it is told from the first lines.
///
/// # Errors
/// The first thing that is wrong, with its place: a latency that is none (NaN, infinite, negative,
/// above an hour), a line of the wrong length, a matrix that isn't square, a pair given twice and
/// differently or not at all.
pub fn matrix(text: &str, format: Option<MatrixFormat>, unit: Unit) -> Result<Matrix, DataError> {
    let lines: Vec<Line<'_>> = data_lines(text).collect();
    let Some(first) = lines.first() else {
        return Err(nothing(text, "a latency matrix"));
    };
    let format = match format {
        Some(format) => format,
        None => guess(first, lines.get(1))?,
    };
    match format {
        MatrixFormat::King => king::parse(&lines, unit),
        MatrixFormat::Square => table::square(&lines, unit),
        MatrixFormat::Triangular => table::triangular(&lines, unit, false),
        MatrixFormat::TriangularDiagonal => table::triangular(&lines, unit, true),
    }
}

/// The format, from the first two lines with data.
fn guess(first: &Line<'_>, second: Option<&Line<'_>>) -> Result<MatrixFormat, DataError> {
    let cells = first.cells();
    if ["topology", "node"].iter().any(|word| first.words()[0].text == *word) {
        return Ok(MatrixFormat::King);
    }
    if table::is_header(&cells) {
        return Ok(MatrixFormat::Square);
    }
    let second = second.map(|line| (line.cells(), line.end()));
    match (cells.len(), second) {
        (1, None) => Ok(MatrixFormat::Triangular),
        (n, None) => Err(first.end().error(
            format!("one line of {n} latencies is neither a square nor a triangle"),
            "a square matrix has as many lines as columns",
        )),
        (n, Some((next, _))) if next.len() == n => Ok(MatrixFormat::Square),
        (n, Some((next, _))) if next.len() + 1 == n => Ok(MatrixFormat::Triangular),
        (n, Some((next, end))) => Err(end.error(
            format!("the first line has {n} cells, this one {}", next.len()),
            "a square matrix has lines of one length; in a triangle each has a cell less",
        )),
    }
}

/// The size of a matrix, if it can be handled.
fn checked_size(size: usize, place: &Cell<'_>) -> Result<usize, DataError> {
    match size {
        0 | 1 => Err(place.error("a matrix needs at least 2 nodes", "measure some more pairs")),
        2..=MOST_NODES => Ok(size),
        _ => Err(place.error(
            format!("a matrix of {size} nodes is too large"),
            format!("at most {MOST_NODES} nodes; nodes of a run share rows anyway"),
        )),
    }
}

/// A cell's latency, in milliseconds one way.
fn latency_ms(cell: &Cell<'_>, unit: Unit) -> Result<f32, DataError> {
    let ms = unit.one_way_ms(cell.number("a latency")?);
    if ms > MOST_MS {
        return Err(cell.error(
            format!("{} as `{}` is more than an hour one way", cell.text, unit.name()),
            "is the unit right?",
        ));
    }
    Ok(ms as f32)
}

#[cfg(test)]
mod tests;

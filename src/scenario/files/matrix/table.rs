//! Square and triangular tables.

use super::super::place::{Cell, Line};
use super::super::{DataError, Unit};
use super::{checked_size, latency_ms};
use crate::sim::network::Matrix;

/// Whether a line holds no number at all.
pub(super) fn is_header(cells: &[Cell<'_>]) -> bool {
    cells.iter().all(|cell| cell.text.parse::<f64>().is_err())
}

/// n lines of n cells; below a header, each with a name first.
pub(super) fn square(lines: &[Line<'_>], unit: Unit) -> Result<Matrix, DataError> {
    let named = is_header(&lines[0].cells());
    let rows = &lines[usize::from(named)..];
    let Some(first) = rows.first() else {
        return Err(lines[0].end().error("only a header, no latencies", "one line per node"));
    };
    let size = checked_size(latencies(first, named).len(), &first.end())?;
    let mut one_way_ms = Vec::with_capacity(size * size);
    for (row, line) in rows.iter().enumerate() {
        let cells = latencies(line, named);
        if row == size {
            let message = format!("not square: line {} of {size} columns", row + 1);
            return Err(line.start().error(message, format!("{size} columns need {size} lines")));
        }
        check_length(line, &cells, size)?;
        for (column, cell) in cells.iter().enumerate() {
            let is_diagonal = row == column;
            one_way_ms.push(if is_diagonal { 0.0 } else { latency_ms(cell, unit)? });
        }
    }
    if rows.len() < size {
        let message = format!("not square: {size} columns, but only {} lines", rows.len());
        let end = rows[rows.len() - 1].end();
        return Err(end.error(message, format!("{size} columns need {size} lines")));
    }
    Ok(Matrix { size, one_way_ms })
}

/// The cells of a line, its name left out.
fn latencies<'a>(line: &Line<'a>, named: bool) -> Vec<Cell<'a>> {
    line.cells().split_off(usize::from(named))
}

/// Lines of n, n - 1, ... 1 cells: the upper triangle of n + 1 nodes, or of n with the diagonal.
pub(super) fn triangular(
    lines: &[Line<'_>],
    unit: Unit,
    diagonal: bool,
) -> Result<Matrix, DataError> {
    let longest = lines[0].cells().len();
    let size = checked_size(longest + usize::from(!diagonal), &lines[0].end())?;
    let mut one_way_ms = vec![0.0; size * size];
    for (row, line) in lines.iter().enumerate() {
        if row == longest {
            let message = format!("a triangle of {size} nodes ends before this line");
            return Err(line.start().error(message, format!("expected {longest} lines")));
        }
        let cells = line.cells();
        check_length(line, &cells, longest - row)?;
        for (cell, column) in cells.iter().zip(row + usize::from(!diagonal)..) {
            if row != column {
                let ms = latency_ms(cell, unit)?;
                one_way_ms[row * size + column] = ms;
                one_way_ms[column * size + row] = ms;
            }
        }
    }
    if lines.len() < longest {
        let message = format!("the triangle breaks off after line {} of {longest}", lines.len());
        let end = lines[lines.len() - 1].end();
        return Err(end.error(message, "each line has a cell less than the one before, down to 1"));
    }
    Ok(Matrix { size, one_way_ms })
}

/// Says which cell is too many, or where one is missing.
fn check_length(line: &Line<'_>, cells: &[Cell<'_>], expected: usize) -> Result<(), DataError> {
    if cells.len() == expected {
        return Ok(());
    }
    let place = cells.get(expected).copied().unwrap_or_else(|| line.end());
    let message = format!("{} latencies, where {expected} are expected", cells.len());
    Err(place.error(message, "every line has the length that the first one calls for"))
}

//! The data files that a scenario names: latency matrices and availability traces, plain or gzip.
//!
//! Reading is in two steps, so that the caller can show the place of an error: [`read`] brings a
//! file's bytes, [`matrix()`] and [`trace()`] make data of its text. Whatever is wrong with the
//! content is told with line and column; nothing is repaired in silence. The formats are documented
//! where they are parsed, and in `docs/models.md`.
//!
//! What isn't here: the scenario itself, and how errors are drawn.

mod content;
mod matrix;
mod place;
mod trace;
mod unit;

pub use content::{Content, FileError, read};
pub use matrix::{MatrixFormat, matrix};
pub use place::DataError;
pub use trace::trace;
pub use unit::Unit;

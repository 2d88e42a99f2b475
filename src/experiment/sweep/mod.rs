//! Sweeps: many runs of one scenario, kept one by one, put together at the end.
//!
//! ```text
//! scenario -> Grid -> runs that are missing -> Journal -> Table -> runs.csv, sweep.json
//! ```
//!
//! A [`Grid`] is what the scenario's `[sweep]` asks for: cases times seeds, in a fixed order, each
//! run with a key that stands for all that decides its result. The [`Journal`] holds a record for
//! each finished run, under its key. [`work()`] runs what isn't there; [`publish()`] reads what the
//! grid asks for and writes the final files, once all is there. So it doesn't matter in which
//! order, how many at a time, by how many commands or on which machines the runs were made, and
//! what was run before isn't run again.

mod gather;
mod grid;
mod journal;
mod publish;
mod record;
mod shard;
mod summary;
mod table;
mod work;

pub use super::study::Error;
pub use gather::gather;
pub use grid::{Grid, Origin, Run, Seeds};
pub use journal::Journal;
pub use publish::{Published, folder, publish};
pub use record::Record;
pub use shard::Shard;
pub use table::{Measured, Table};
pub use work::{Told, work};

#[cfg(test)]
mod tests;

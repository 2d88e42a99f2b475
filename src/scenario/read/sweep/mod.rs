//! `[sweep]`: values for other keys (`axes`, `range`), which of them go together, and which
//! combinations are left out (`skip`). What is written becomes a [`Draft`]; the draft, tried out on
//! the scenario (`cases`), becomes a [`Sweep`] whose every case is a valid scenario. Run by whoever
//! sweeps.

mod axes;
mod cases;
mod draft;
mod range;
mod skip;
mod types;

pub(in crate::scenario) use cases::{Assigned, Tried};
pub(in crate::scenario) use draft::{Draft, read};
pub use types::{Axis, AxisValue, Case, Sweep};

#[cfg(test)]
mod tests;

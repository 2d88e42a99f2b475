//! Results on disk: `<out>/<name>/seed-<seed>/`.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | everything needed to redo the run ([`Manifest`]) |
//! | `metrics.json`, `series.csv`, `distributions.csv` | what was measured |
//! | `checks.json` | the verdicts, if they were asked for |
//! | `trace.jsonl` | every step, if it was asked for |
//! | `figures/` | what [`crate::report::plot`] draws from the files above |
//! | `timing.json` | all that may differ from run to run ([`Timing`]) |
//!
//! A result is written into a hidden directory beside its place and renamed when it is complete and
//! synced. What it replaces is first renamed aside and removed last. So there is a finished result,
//! old or new, at every moment, except between two renames; who opens the store next mends that. A
//! finished result is replaced only by the same scenario, else refused: results of hours must not
//! vanish because a name was used twice.
//!
//! Runs of one scenario may overlap. A hidden directory is locked while its run lives; when the run
//! is killed, the system lets the lock go, and the next run removes what was left.

mod compare;
mod error;
mod export;
pub(super) mod files;
mod manifest;
mod recorded;
mod slot;
mod stored;
mod timing;

#[cfg(test)]
mod tests;

pub use compare::{Difference, first_difference};
pub use error::StoreError;
pub use export::export;
pub use manifest::{COMMIT, Manifest};
pub use recorded::Recorded;
pub use slot::{Slot, Store};
pub use stored::Stored;
pub use timing::{Stopwatch, Timing};

//! Scenarios: a TOML file, checked as a whole, becomes plain data.
//!
//! [`load()`] reads a file, merges what the command line sets, and returns a [`Scenario`], or an
//! [`Invalid`] with every mistake, its place and a suggestion. `docs/scenario.md` is the reference;
//! [`reference()`] lists the same keys.
//!
//! How: a tree with places (`tree`), into which `--set` is merged (`set`), from which one call a
//! key takes values out (`reader`, `kind`, `units`), table by table (`read`). The calls that read a
//! key also write it into the resolved scenario and list it in the reference, so that the three
//! can't differ.
//!
//! What isn't here: anything that a scenario leads to (populations, worlds, runs), and how data
//! files look inside (`files`).

mod choice;
mod data;
mod decimal;
mod error;
pub mod files;
mod kind;
mod list;
mod load;
mod quantity;
mod read;
mod reader;
mod reference;
mod resolved;
mod set;
mod source;
mod study;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;
mod typed;
mod types;
mod units;

pub use data::FileUsed;
pub use error::{Invalid, Problem};
pub use load::{LoadOptions, Loaded, load, load_str, load_sweep};
pub use quantity::{Quantity, Term};
pub use read::{Axis, AxisValue, Case, Sweep};
pub use reference::{Key, reference};
pub use resolved::{to_toml, written};
pub use set::setting;
pub use study::{Claim, Compare, Contrast, Figure, Filter, Growth, Limits, Reference, Statistic};
pub use typed::{bytes, span};
pub use types::{ProtocolConfig, Scenario};

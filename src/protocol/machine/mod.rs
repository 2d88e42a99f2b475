//! The state that ordered commands make, whatever orders them: a replicated log, a token.
//!
//! - `command.rs`: what a client asked for, as it is ordered.
//! - `state.rs`: objects, groups, and the operations not to be done twice.
//! - `group.rs`: a group in that state.

mod command;
mod group;
mod state;

pub use command::Command;
pub(in crate::protocol) use command::ENTRY;
pub use group::Group;
pub use state::{Effect, Rules, State};

//! The state that ordered commands make, whatever orders them: a replicated log, a token.
//!
//! - `command.rs`: what a client asked for, as it is ordered.
//! - `state.rs`: objects, groups, and the operations not to be done twice.
//! - `effect.rs`: what a command came to. `told.rs`: what observers hear of it.
//! - `group.rs`: a group in that state.

mod command;
mod effect;
mod group;
mod state;
mod told;

pub use command::Command;
pub(in crate::protocol) use command::ENTRY;
pub use effect::Effect;
pub use group::Group;
pub use state::{Rules, State};
pub(in crate::protocol) use told::applied;

//! What a run came to: states of the protocol that matter, and the faults under which it came there
//! ("sometimes" assertions). A search for bugs that never gets somewhere can't have looked there.
//!
//! Read off what nodes tell; no protocol's state is looked into. Only searches have this observer.

mod locks;
mod observer;
mod state;
#[cfg(test)]
mod tests;

pub use observer::Coverage;
pub use state::{FAULTS, Reached, State};

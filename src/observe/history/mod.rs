//! Histories: what was asked of each object and what was answered, in the order in which it
//! happened, for checkers of single objects.
//!
//! A checker wants to know a call's answer when it hears of the call. So what happens to an object
//! waits here until the ends of all calls before it are known: for the time that an operation takes
//! at most. Nothing is kept for longer, but the calls that have no end (they may still take effect).

mod call;
mod recorder;

pub use call::{Call, Change, Effect, Event};
pub use recorder::History;

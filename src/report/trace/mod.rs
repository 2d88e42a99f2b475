//! Traces as others draw them: Chrome's trace events (Perfetto reads them too) and ShiViz logs.
//!
//! Both are made from `trace.jsonl` ([`crate::observe::trace`]), line by line, of the steps of a
//! window.

mod chrome;
mod events;
mod read;
mod shiviz;
#[cfg(test)]
mod tests;

pub use chrome::chrome;
pub use read::{TraceError, Window};
pub use shiviz::shiviz;

//! Delivery to groups, measured (CLIPPEE 8, M10): who was a member when a message was numbered, who
//! of them got it, when, how often, and in which order; what that cost; and how long the replicas'
//! view of a group lags behind.
//!
//! Everything is reconstructed from what nodes are seen to do. A client is a member from its join's
//! answer on, until it asks to leave or stops. What it does not do: judge. Checks share the
//! [`Ledger`].
//!
//! Definitions, name by name: `docs/metrics.md`.

mod agreement;
mod arrivals;
mod bits;
mod cost;
mod group;
mod ledger;
mod message;
mod observer;
mod report;
mod size;
mod tally;
#[cfg(test)]
pub(crate) mod tests;
mod views;

pub use agreement::out_of_order;
pub use bits::Bits;
pub use group::Judgement;
pub use ledger::{Arrival, Entered, Ledger};
pub use message::{Copies, Message, MessageIndex, Numbering, STAY, Start};
pub use observer::Delivery;
pub use report::{DeliveryReport, Detail, SizeReport};
pub use size::SIZES;

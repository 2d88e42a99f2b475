//! The overlay: Pastry-style prefix routing, leaf sets, replica sets (CLIPPEE 2). A machine that
//! other protocols embed.
//!
//! [`Overlay`] is one peer's part. Its host lends it a context that wraps its messages and timers
//! into the host's own, and reads from a list of [`Notice`]s what it must know. [`Lookups`] is a
//! thin protocol around it, for lookups alone.
//!
//! After Rowstron and Druschel, "Pastry: scalable, decentralized object location and routing for
//! large-scale peer-to-peer systems" (Middleware 2001); timeouts, probing before dropping and
//! repair without hearsay after Castro, Costa and Rowstron, "Performance and dependability of
//! structured peer-to-peer overlays" (DSN 2004).
//!
//! It doesn't store anything: objects, locks and groups belong to the protocols that embed it.

mod config;
mod converged;
mod dropped;
mod forward;
mod held;
mod join;
mod leaf_set;
mod lookup;
mod maintenance;
mod membership;
mod message;
mod node;
mod probe;
mod protocol;
mod ring;
mod routing;
mod rtt;
mod table;
mod trips;
mod world;

#[cfg(test)]
mod harness;
#[cfg(test)]
mod tests;

pub use config::{Config, Start};
pub use message::{Message, Purpose, Route, Stage, Timer};
pub use node::{Host, Notice, Overlay};
pub use protocol::{Lookups, LookupsConfig, LookupsTimer};
pub use rtt::RoundTrip;
pub use world::{Key, Nearness, World};

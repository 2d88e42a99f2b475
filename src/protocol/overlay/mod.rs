//! The overlay: Pastry-style prefix routing, leaf sets, replica sets (CLIPPEE 2). A machine that other protocols embed.

mod config;
mod node;
mod rtt;
mod world;

pub use config::{Config, Start};
pub use node::{Host, Message, Notice, Overlay, Timer};
pub use rtt::RoundTrip;
pub use world::{Key, Nearness, World};

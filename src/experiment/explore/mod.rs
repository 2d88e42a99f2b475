//! The search for runs that break rules: many small ones, each drawn from its seed, each judged.
//!
//! ```text
//! seed -> Generator -> scenario -> judge -> failures -> schedule (a scenario again) -> shrink
//! ```
//!
//! What a [`Generator`] draws is a scenario, so that everything that takes scenarios takes it. A run
//! that fails is written as a [`schedule`]: its faults by name, its operations one by one, so that it
//! can be run again without the generator, and [`shrink()`] can leave out what doesn't matter.

mod caught;
mod covered;
mod draw;
mod draw_faults;
mod generator;
mod judge;
mod record;
pub mod schedule;
mod search;
mod shrink;
mod story;

pub use covered::Covered;
pub use generator::Generator;
pub use judge::{Failure, Judged, Replay, judge, replay};
pub use schedule::Schedule;
pub use search::{Explored, explore};
pub use shrink::{Shrinking, shrink};
pub use story::story;

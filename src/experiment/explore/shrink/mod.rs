//! What of a run that breaks a rule matters: whatever can be left out without mending it is left out.
//!
//! Delta debugging (Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", TSE
//! 2002) over a scenario: faults, then nodes, then operations, then time, and again until nothing
//! more can go. Each candidate is a run, and stays if it breaks the same check; smaller ones are tried
//! with other seeds too, because fewer nodes place and draw everything anew. It is a function of
//! the scenario and the most runs that it may take.

mod nodes;
mod parts;
mod shrinker;

use super::schedule::Schedule;
use shrinker::Shrinker;
use std::sync::atomic::AtomicBool;

/// What is told while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrinking {
    /// Runs so far.
    pub runs: u32,
    /// Faults left.
    pub faults: usize,
    /// Operations left.
    pub operations: usize,
    /// Peers and clients left.
    pub nodes: u64,
}

/// Reduces `schedule` by at most `most` runs, and tells of each that helped; `stop` ends it from
/// outside, with what it has come to. Returns how many runs it took.
pub fn shrink(
    schedule: &mut Schedule,
    most: u32,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(Shrinking),
) -> u32 {
    let mut shrinker = Shrinker { schedule, left: most, most, stop, tell };
    shrinker.make_explicit();
    shrinker.end_early();
    loop {
        let before = shrinker.schedule.scenario.clone();
        parts::reduce(&mut shrinker, "fault");
        shrinker.shorten_faults();
        nodes::reduce(&mut shrinker);
        shrinker.calm();
        parts::reduce(&mut shrinker, "operation");
        nodes::reduce(&mut shrinker);
        shrinker.end_early();
        if shrinker.schedule.scenario == before || shrinker.is_over() {
            break;
        }
    }
    let left = shrinker.left;
    most - left
}

//! Where two runs part: the first step that differs, and what caused it.
//!
//! Nothing is kept of a run but its digests at some moments. They say between which two moments the
//! runs part; both are run again as far as that, with more moments in between, until what lies there
//! can be kept and compared step by step. Causes that lie further back are found by running again.

mod record;
mod side;
#[cfg(test)]
mod tests;

pub use record::Seen;

use super::checkpoints::{Checkpoint, Grid, Watch};
use super::run::Progress;
use crate::node::Time;
use crate::scenario::Scenario;
use record::Record;
use side::Side;
use std::sync::atomic::AtomicBool;

/// Moments in one pass.
const MOMENTS: u32 = 1_000;
/// So many steps of a run are kept at most; some hundred bytes each.
const MOST: u64 = 100_000;
/// So many causes are shown, each the cause of the one before.
const CAUSES: usize = 3;

/// What comes of comparing two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Where each of them ends, if they don't differ.
    pub same: Option<Checkpoint>,
    /// Where they differ.
    pub parting: Option<Parting>,
}

/// The first difference of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// How many steps before it are the same.
    pub same_steps: u64,
    /// The first step that differs, in the first and in the second run, each with its causes, the
    /// last one first. Empty: that run has no more steps.
    pub sides: [Vec<Seen>; 2],
}

/// The span after `from`, up to and including `until`, in which two runs part.
#[derive(Clone, Copy, Debug)]
struct Between {
    from: Time,
    until: Time,
    /// Steps up to `from`, the same in both runs.
    before: u64,
    /// Steps in between, in the run that has more.
    steps: u64,
}

/// Compares the runs of the first protocols of two scenarios. `None`: stopped from outside.
pub fn diff(
    first: &Scenario,
    second: &Scenario,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Compared> {
    compare([&Side::new(first), &Side::new(second)], (MOMENTS, MOST), &mut Watch { stop, progress })
}

fn compare(
    sides: [&Side<'_>; 2],
    (moments, most): (u32, u64),
    watch: &mut Watch<'_>,
) -> Option<Compared> {
    let until = sides[0].end().max(sides[1].end());
    let mut grid = Grid { from: Time::ZERO, until, moments };
    // A step at time 0 is after nothing.
    let mut known = Between { from: Time::ZERO, until, before: 0, steps: u64::MAX };
    while known.steps > most && (known.steps == u64::MAX || grid.is_divisible()) {
        let first = sides[0].checkpoints(grid, None, watch)?;
        let second = sides[1].checkpoints(grid, Some(&first), watch)?;
        let Some(parted) = first.iter().zip(&second).position(|(one, other)| one != other) else {
            return Some(Compared { same: first.last().copied(), parting: None });
        };
        let before = parted.checked_sub(1).map(|place| first[place]);
        let steps = first[parted].steps.max(second[parted].steps);
        known.until = first[parted].at;
        (known.from, known.before) =
            before.map_or((known.from, known.before), |before| (before.at, before.steps));
        known.steps = steps - known.before;
        grid = Grid { from: known.from, until: known.until, moments };
    }
    parting(sides, &known, watch).map(|parting| Compared { same: None, parting: Some(parting) })
}

/// Compares step by step what lies in between.
fn parting(sides: [&Side<'_>; 2], known: &Between, watch: &mut Watch<'_>) -> Option<Parting> {
    let records = [
        sides[0].record(known.until, known.before, watch)?,
        sides[1].record(known.until, known.before, watch)?,
    ];
    let [first, second] = records.each_ref().map(Record::steps);
    let same = first.iter().zip(second).take_while(|(one, other)| one.digest == other.digest);
    let same = same.count();
    let mut shown = [Vec::new(), Vec::new()];
    for ((side, record), shown) in sides.iter().zip(&records).zip(&mut shown) {
        let mut next = record.steps().get(same).cloned();
        while let Some(step) = next.take() {
            let cause = step.cause.filter(|_| shown.len() < CAUSES);
            shown.push(step);
            if let Some(cause) = cause {
                next = match record.find(cause) {
                    Some(kept) => Some(kept.clone()),
                    None => side.find(cause, watch)?,
                };
            }
        }
    }
    Some(Parting { same_steps: known.before + same as u64, sides: shown })
}

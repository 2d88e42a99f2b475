//! `[[claim]]` and `[[figure]]`: what is to be concluded from a sweep. Read when the sweep is known,
//! because they name its axes.

use super::point::Grid;
use super::{CONCLUSIONS, Sweep, claim, figure};
use crate::scenario::reader::{Session, Table};
use crate::scenario::study::{Claim, Figure};

/// What is to be concluded.
#[derive(Default)]
pub(in crate::scenario) struct Conclusions {
    /// What is claimed, in the order of the file.
    pub claims: Vec<Claim>,
    /// What is drawn, likewise.
    pub figures: Vec<Figure>,
}

/// Takes claims and figures out of the top of the tree.
pub(in crate::scenario) fn conclusions(
    t: &mut Table<'_>,
    s: &mut Session<'_>,
    sweep: Option<&Sweep>,
) -> Conclusions {
    let first = t.entries().iter().find(|entry| CONCLUSIONS.contains(&entry.key.as_str()));
    if let (Some(entry), None) = (first, sweep) {
        let message = "there is no sweep that this could be concluded from";
        let help = "add a table `[sweep]`, at least `repeat = 10`".to_owned();
        s.tell_at(entry.at, message, "expected a `[sweep]` as well", Some(help));
        return Conclusions::default();
    }
    let grid = Grid::new(sweep);
    Conclusions { claims: claim::read(t, s, &grid), figures: figure::read(t, s, &grid) }
}

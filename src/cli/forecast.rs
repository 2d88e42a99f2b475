//! How long a sweep will go on: runs differ in cost by orders of magnitude, so that counting them
//! tells little.

use crate::experiment::sweep::{Grid, Told};
use crate::experiment::weight;
use std::num::NonZeroUsize;

/// A case's own pace counts once so much of one of its runs is done; before, that of its protocol.
const TRUSTED: f64 = 0.05;
/// No estimate before so many seconds of work: it would be a guess.
const ESTIMATE_AFTER_S: f64 = 1.0;

/// What is known of the runs of a sweep.
pub struct Forecast {
    jobs: f64,
    runs: Vec<Known>,
    /// By index in the grid.
    place: Vec<Option<usize>>,
}

/// One run.
struct Known {
    case: usize,
    protocol: usize,
    /// What there is to do, in a unit that all runs share.
    weight: f64,
    /// Of that, the share that is done.
    share: f64,
    /// When it began, in seconds.
    since_s: Option<f64>,
    /// Seconds spent on it.
    spent_s: f64,
    /// Whether it is to be run now.
    is_new: bool,
}

impl Known {
    fn done(&self) -> f64 {
        self.weight * self.share
    }
    fn left(&self) -> f64 {
        self.weight * (1.0 - self.share)
    }
}

impl Forecast {
    /// For a sweep of which the runs `there` took so many seconds, and those `missing` are to come.
    pub fn new(grid: &Grid, there: &[(usize, f64)], missing: &[usize], jobs: NonZeroUsize) -> Self {
        let known = |run: usize, spent_s: Option<f64>| {
            let case = grid.case(&grid.runs[run]);
            let protocols = &grid.sweep.protocols;
            Known {
                case: grid.runs[run].case,
                protocol: protocols.iter().position(|p| *p == case.protocol).unwrap_or(0),
                weight: weight(&case.scenario).max(1.0),
                share: if spent_s.is_some() { 1.0 } else { 0.0 },
                since_s: None,
                spent_s: spent_s.unwrap_or(0.0),
                is_new: spent_s.is_none(),
            }
        };
        let old = there.iter().map(|(run, wall_s)| (*run, known(*run, Some(*wall_s))));
        let new = missing.iter().map(|run| (*run, known(*run, None)));
        let mut place = vec![None; grid.runs.len()];
        let mut runs = Vec::new();
        for (run, known) in old.chain(new) {
            place[run] = Some(runs.len());
            runs.push(known);
        }
        Self { jobs: jobs.get() as f64, runs, place }
    }

    /// Takes note of what is told, `now_s` seconds after the beginning.
    pub fn note(&mut self, now_s: f64, told: Told) {
        let (Told::Share { run, .. } | Told::Done { run, .. }) = told;
        let Some(known) = self.place[run].and_then(|place| self.runs.get_mut(place)) else {
            return;
        };
        let since_s = *known.since_s.get_or_insert(now_s);
        match told {
            Told::Share { share, .. } => {
                (known.share, known.spent_s) = (share, now_s - since_s);
            }
            Told::Done { wall_s, .. } => (known.share, known.spent_s) = (1.0, wall_s),
        }
    }

    /// The share of the work that is done, of what was to be run now.
    pub fn share(&self) -> f64 {
        let new = || self.runs.iter().filter(|run| run.is_new);
        let all: f64 = new().map(|run| run.weight).sum();
        if all > 0.0 { new().map(Known::done).sum::<f64>() / all } else { 1.0 }
    }

    /// Runs that were finished now, and runs that were to be.
    pub fn counts(&self) -> (usize, usize) {
        let new = || self.runs.iter().filter(|run| run.is_new);
        (new().filter(|run| run.share >= 1.0).count(), new().count())
    }

    /// Seconds to go, once it can be told.
    pub fn left_s(&self) -> Option<f64> {
        let spent: f64 = self.runs.iter().map(|run| run.spent_s).sum();
        let left = || self.runs.iter().filter(|run| run.left() > 0.0);
        if spent < ESTIMATE_AFTER_S || left().next().is_none() {
            return None;
        }
        let all = Pace::of(self.runs.iter());
        let paces = |groups: fn(&Known) -> usize| {
            let count = self.runs.iter().map(groups).max().map_or(0, |last| last + 1);
            let mut paces = vec![Pace::default(); count];
            self.runs.iter().for_each(|run| paces[groups(run)].add(run));
            paces
        };
        let (cases, protocols) = (paces(|run| run.case), paces(|run| run.protocol));
        let needs = |run: &Known| {
            let case = &cases[run.case];
            let pace =
                if case.done >= TRUSTED * run.weight { case } else { &protocols[run.protocol] };
            let pace = if pace.done > 0.0 { pace } else { &all };
            run.left() * pace.spent_s / pace.done
        };
        let needs: Vec<f64> = left().map(needs).collect();
        let longest = needs.iter().fold(0.0, |most: f64, needs| most.max(*needs));
        let workers = self.jobs.min(needs.len() as f64);
        Some((needs.iter().sum::<f64>() / workers).max(longest)).filter(|left| left.is_finite())
    }
}

/// Seconds spent on so much work.
#[derive(Clone, Copy, Default)]
struct Pace {
    spent_s: f64,
    done: f64,
}

impl Pace {
    fn of<'k>(runs: impl Iterator<Item = &'k Known>) -> Self {
        let mut pace = Self::default();
        runs.for_each(|run| pace.add(run));
        pace
    }

    fn add(&mut self, run: &Known) {
        self.spent_s += run.spent_s;
        self.done += run.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{LoadOptions, load_str};
    use std::path::Path;

    /// Two cases, of 10 and of 1000 clients, three seeds each.
    fn grid() -> Grid {
        let text = "schema = 1\nname = \"t\"\n[protocol.client_server]\n[peers]\ncount = 1\n\
                    [sweep]\nrepeat = 3\nclients.count = [99, 999]\n";
        let mut loaded = load_str(text, "t", Path::new(""), &LoadOptions::default()).unwrap();
        let sweep = loaded.sweep.take().unwrap();
        Grid::new(loaded, sweep, None)
    }

    fn forecast(missing: &[usize], jobs: usize) -> Forecast {
        Forecast::new(&grid(), &[], missing, NonZeroUsize::new(jobs).unwrap())
    }

    #[test]
    fn light_runs_foretell_heavy_ones_by_their_weight() {
        let mut forecast = forecast(&[0, 1, 2, 3, 4, 5], 1);
        assert_eq!(forecast.left_s(), None);
        for run in 0..3 {
            forecast.note(f64::from(run), Told::Done { run: run as usize, wall_s: 1.0 });
        }
        // Ten times the nodes, three of them.
        assert!((forecast.left_s().unwrap() - 30.0).abs() < 1e-9);
        assert!((forecast.share() - 3.0 / 33.0).abs() < 1e-9);
        assert_eq!(forecast.counts(), (3, 6));
    }

    #[test]
    fn what_a_case_took_counts_more_than_its_weight() {
        let mut forecast = forecast(&[0, 1, 2, 3, 4, 5], 2);
        forecast.note(0.0, Told::Done { run: 0, wall_s: 1.0 });
        forecast.note(0.0, Told::Done { run: 3, wall_s: 50.0 });
        assert!((forecast.left_s().unwrap() - (1.0 + 1.0 + 50.0 + 50.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn the_last_run_can_not_be_shared_out() {
        let mut forecast = forecast(&[3, 4], 4);
        forecast.note(0.0, Told::Share { run: 3, share: 0.0 });
        forecast.note(0.0, Told::Done { run: 4, wall_s: 20.0 });
        forecast.note(10.0, Told::Share { run: 3, share: 0.5 });
        assert!((forecast.left_s().unwrap() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn earlier_runs_tell_the_pace_but_are_no_work() {
        let jobs = NonZeroUsize::MIN;
        let forecast = Forecast::new(&grid(), &[(0, 2.0)], &[1], jobs);
        assert_eq!((forecast.share(), forecast.left_s()), (0.0, Some(2.0)));
    }
}

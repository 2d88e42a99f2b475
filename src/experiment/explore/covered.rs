//! What a search has covered: seeds in which each state was reached, and under which faults.

use super::judge::Judged;
use crate::check::Checks;
use crate::observe::coverage::{FAULTS, State};
use std::fmt::Write;

/// Counts of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Seeds judged.
    pub seeds: u64,
    /// Seeds that failed.
    pub failed: u64,
    /// Steps of all runs.
    pub events: u64,
    /// By state: at all, with no fault on, and by fault.
    states: Vec<[u64; COLUMNS]>,
    /// By fault: it struck somebody.
    struck: [u64; FAULTS.len()],
    /// By check: passed, undecided, failed.
    checks: Vec<[u64; 3]>,
    panics: u64,
}

const COLUMNS: usize = FAULTS.len() + 2;

impl Covered {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            states: vec![[0; COLUMNS]; State::ALL.len()],
            checks: vec![[0; 3]; Checks::catalogue().len()],
            ..Self::default()
        }
    }

    /// Counts one more seed.
    pub fn add(&mut self, judged: &Judged) {
        self.seeds += 1;
        self.failed += u64::from(!judged.failures.is_empty());
        self.events += judged.events;
        let reached = &judged.reached;
        for (&state, counts) in State::ALL.iter().zip(&mut self.states) {
            counts[0] += u64::from(reached.has(state));
            counts[1] += u64::from(reached.has_calmly(state));
            for fault in 0..FAULTS.len() {
                counts[2 + fault] += u64::from(reached.has_under(state, fault));
            }
        }
        for (fault, count) in self.struck.iter_mut().enumerate() {
            *count += u64::from(reached.struck(fault));
        }
        let failed = judged.failures.iter().map(|failure| failure.check.as_str());
        let passed = judged.passed.iter().map(|id| (*id, 0));
        let undecided = judged.undecided.iter().map(|id| (*id, 1));
        for (id, column) in passed.chain(undecided).chain(failed.map(|id| (id, 2))) {
            match Checks::catalogue().iter().position(|(known, _)| *known == id) {
                Some(place) => self.checks[place][column] += 1,
                None => self.panics += 1,
            }
        }
    }

    /// In how many seeds a state was reached.
    #[must_use]
    pub fn reached(&self, state: State) -> u64 {
        self.states.get(state as usize).map_or(0, |counts| counts[0])
    }

    /// The states that no seed reached.
    pub fn never(&self) -> impl Iterator<Item = State> + '_ {
        State::ALL.iter().copied().filter(|&state| self.reached(state) == 0)
    }

    /// The faults that struck nobody in any seed.
    pub fn idle(&self) -> impl Iterator<Item = &'static str> + '_ {
        FAULTS.iter().zip(&self.struck).filter(|(_, count)| **count == 0).map(|(name, _)| *name)
    }

    /// Both tables: verdicts by check, and seeds by state and fault.
    ///
    /// # Panics
    /// Never: a string takes every text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a string takes every text");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "{:<74}{:>9}{:>11}{:>8}",
            "seeds by verdict", "held", "undecided", "broken"
        )?;
        for ((id, title), [passed, undecided, failed]) in
            Checks::catalogue().iter().zip(&self.checks)
        {
            if passed + undecided + failed > 0 {
                let name = format!("{id} {title}");
                writeln!(text, "{name:<74}{passed:>9}{undecided:>11}{failed:>8}")?;
            }
        }
        if self.panics > 0 {
            writeln!(text, "{:<74}{:>9}{:>11}{:>8}", "panics", "", "", self.panics)?;
        }
        writeln!(
            text,
            "\nseeds that came to a state: in all, with no fault about, under each kind of fault"
        )?;
        write!(text, "{:<66}{:>7}{:>7}", "", "all", "calm")?;
        FAULTS.iter().try_for_each(|name| write!(text, "{:>7}", &name[..name.len().min(6)]))?;
        writeln!(text)?;
        write!(text, "{:<66}{:>7}{:>7}", "(seeds in which it struck)", self.seeds, "")?;
        self.struck.iter().try_for_each(|count| write!(text, "{count:>7}"))?;
        writeln!(text)?;
        for (state, counts) in State::ALL.iter().zip(&self.states) {
            write!(text, "{:<66}", state.text())?;
            counts.iter().try_for_each(|count| write!(text, "{count:>7}"))?;
            writeln!(text)?;
        }
        for state in self.never() {
            writeln!(text, "never reached: {}", state.text())?;
        }
        for fault in self.idle() {
            writeln!(text, "never struck: {fault}")?;
        }
        Ok(())
    }
}

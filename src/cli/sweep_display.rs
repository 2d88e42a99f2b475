//! Progress of a sweep on stderr: a bar on a terminal, a line now and then elsewhere.

use super::forecast::Forecast;
use super::print;
use crate::experiment::sweep::{Grid, Told};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::num::NonZeroUsize;

/// Seconds between lines where there is no terminal.
const LINE_EVERY_S: f64 = 10.0;
/// Seconds between two looks of a bar.
const DRAW_EVERY_S: f64 = 0.2;
/// Steps of a bar.
const STEPS: f64 = 10_000.0;

/// Where progress is shown.
pub struct Display {
    name: String,
    forecast: Forecast,
    kind: Kind,
    next_s: f64,
}

enum Kind {
    Quiet,
    Lines,
    Bar(ProgressBar),
}

impl Display {
    /// For a sweep of which the runs `there` took so many seconds, and those `missing` are to come.
    pub fn new(
        grid: &Grid,
        there: &[(usize, f64)],
        missing: &[usize],
        jobs: NonZeroUsize,
        quiet: bool,
    ) -> Self {
        let name = grid.loaded.scenario.name.clone();
        let (kind, next_s) = if quiet || missing.is_empty() {
            (Kind::Quiet, 0.0)
        } else if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{prefix} {bar:32} {percent:>3} %  {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(STEPS as u64).with_style(style.progress_chars("━╸ "));
            bar.set_prefix(name.clone());
            (Kind::Bar(bar), 0.0)
        } else {
            (Kind::Lines, LINE_EVERY_S)
        };
        Self { name, forecast: Forecast::new(grid, there, missing, jobs), kind, next_s }
    }

    /// Shows what is told, `now_s` seconds after the beginning.
    pub fn show(&mut self, now_s: f64, told: Told) {
        self.forecast.note(now_s, told);
        if matches!(self.kind, Kind::Quiet) || now_s < self.next_s {
            return;
        }
        let share = self.forecast.share();
        match &self.kind {
            Kind::Quiet => {}
            Kind::Lines => {
                self.next_s = now_s + LINE_EVERY_S;
                eprintln!("{}: {:.0} %, {}", self.name, 100.0 * share, message(&self.forecast));
            }
            Kind::Bar(bar) => {
                self.next_s = now_s + DRAW_EVERY_S;
                bar.set_position((STEPS * share) as u64);
                bar.set_message(message(&self.forecast));
            }
        }
    }

    /// Makes room for what comes next, and tells how many runs were finished.
    pub fn finish(self) -> usize {
        if let Kind::Bar(bar) = self.kind {
            bar.finish_and_clear();
        }
        self.forecast.counts().0
    }
}

fn message(forecast: &Forecast) -> String {
    let (finished, all) = forecast.counts();
    let left = forecast.left_s();
    let left = left.map(|left| match left {
        // Whole seconds: more would only flicker.
        left if left < 10.0 => format!(", {left:.0} s left"),
        left => format!(", {} left", print::seconds(libm::ceil(left))),
    });
    format!("{finished} of {all} runs{}", left.unwrap_or_default())
}

//! Progress on stderr: a bar on a terminal, a line now and then elsewhere, nothing if so wished.
//!
//! It sees only what the driver tells; whether and how it is shown can't change a run.

use super::print;
use crate::experiment::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::IsTerminal;

/// Seconds between lines where there is no terminal.
const LINE_EVERY_S: f64 = 10.0;
/// Speed is measured over the last seconds: a run doesn't go equally fast all the time.
const WINDOW_S: f64 = 10.0;
/// No estimate before so many seconds: it would be a guess.
const ESTIMATE_AFTER_S: f64 = 1.0;

/// Where progress is shown.
pub struct Display {
    name: String,
    pace: Pace,
    kind: Kind,
}

enum Kind {
    Quiet,
    Lines { next_s: f64 },
    Bar(ProgressBar),
}

/// How fast a run goes.
#[derive(Default)]
struct Pace {
    /// Wall seconds, simulated seconds, events; a few a second.
    samples: VecDeque<(f64, f64, f64)>,
}

/// Events per wall second and, once it can be told, the wall seconds to go.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speed {
    events_per_s: f64,
    left_s: Option<f64>,
}

impl Display {
    /// For a run of the scenario `name`.
    pub fn new(name: &str, quiet: bool) -> Self {
        let kind = if quiet {
            Kind::Quiet
        } else if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{prefix} {bar:32} {percent:>3} %  {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::no_length().with_style(style.progress_chars("━╸ "));
            bar.set_prefix(name.to_owned());
            Kind::Bar(bar)
        } else {
            Kind::Lines { next_s: LINE_EVERY_S }
        };
        Self { name: name.to_owned(), pace: Pace::default(), kind }
    }

    /// Shows how far the run is, `wall_s` seconds after it began.
    pub fn show(&mut self, wall_s: f64, progress: Progress) {
        if matches!(self.kind, Kind::Quiet) {
            return;
        }
        let speed = self.pace.at(wall_s, &progress);
        match &mut self.kind {
            Kind::Quiet => {}
            Kind::Lines { next_s } if wall_s < *next_s => {}
            Kind::Lines { next_s } => {
                *next_s = wall_s + LINE_EVERY_S;
                let share = 100.0 * progress.simulated.seconds() / progress.end.seconds();
                eprintln!("{}: {share:.0} %, {}", self.name, message(&progress, speed));
            }
            Kind::Bar(bar) => {
                bar.set_length(progress.end.nanos());
                bar.set_position(progress.simulated.nanos());
                bar.set_message(message(&progress, speed));
            }
        }
    }

    /// Makes room for what comes next.
    pub fn finish(self) {
        if let Kind::Bar(bar) = self.kind {
            bar.finish_and_clear();
        }
    }
}

impl Pace {
    fn at(&mut self, wall_s: f64, progress: &Progress) -> Speed {
        let now = (wall_s, progress.simulated.seconds(), progress.events as f64);
        if self.samples.back().is_none_or(|last| wall_s - last.0 >= 0.25) {
            self.samples.push_back(now);
        }
        // One sample older than the window stays, so that it spans the whole of it.
        while self.samples.get(1).is_some_and(|second| wall_s - second.0 > WINDOW_S) {
            self.samples.pop_front();
        }
        let first = self.samples.front().copied().unwrap_or(now);
        let (wall, simulated, events) = (now.0 - first.0, now.1 - first.1, now.2 - first.2);
        if wall <= 0.0 {
            return Speed { events_per_s: 0.0, left_s: None };
        }
        let left_s = (progress.end.seconds() - now.1).max(0.0) * wall / simulated;
        let told = wall >= ESTIMATE_AFTER_S && left_s.is_finite();
        Speed { events_per_s: events / wall, left_s: told.then_some(left_s) }
    }
}

fn message(progress: &Progress, speed: Speed) -> String {
    let simulated = print::seconds(progress.simulated.seconds());
    let end = print::seconds(progress.end.seconds());
    let rate = print::count(speed.events_per_s);
    let mut text = format!("{simulated} of {end} simulated, {rate} events/s");
    if let Some(left_s) = speed.left_s {
        // Whole seconds: more would only flicker.
        let left = print::seconds(libm::ceil(left_s).max(10.0));
        let left = if left_s < 10.0 { format!("{left_s:.0} s") } else { left };
        text.push_str(&format!(", {left} left"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Span, Time};

    fn progress(simulated_s: u64, events: u64) -> Progress {
        let at = |s| Time::ZERO + Span::from_secs(s);
        Progress { simulated: at(simulated_s), end: at(1000), events }
    }

    #[test]
    fn the_estimate_follows_the_present_speed() {
        let mut pace = Pace::default();
        // 20 s at 10 simulated seconds a second, then 20 s at 2.
        let mut last = pace.at(0.0, &progress(0, 0));
        assert_eq!(last, Speed { events_per_s: 0.0, left_s: None });
        for second in 1..=40_u64 {
            let simulated = if second <= 20 { 10 * second } else { 200 + 2 * (second - 20) };
            last = pace.at(second as f64, &progress(simulated, 1000 * second));
            if second == 20 {
                assert_eq!(last.left_s, Some(80.0));
            }
        }
        assert_eq!(last, Speed { events_per_s: 1000.0, left_s: Some(380.0) });
    }

    #[test]
    fn nothing_is_estimated_from_nothing() {
        let mut pace = Pace::default();
        pace.at(0.0, &progress(0, 0));
        assert_eq!(pace.at(0.5, &progress(5, 10)).left_s, None, "too early");
        assert_eq!(pace.at(5.0, &progress(0, 10)).left_s, None, "no progress");
    }

    #[test]
    fn a_message_says_how_far_how_fast_and_how_long() {
        let speed = Speed { events_per_s: 1_234_567.0, left_s: Some(74.2) };
        assert_eq!(
            message(&progress(750, 0), speed),
            "12 min 30 s of 16 min 40 s simulated, 1.23 M events/s, 1 min 15 s left"
        );
    }
}

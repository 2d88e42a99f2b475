//! How far threads go before they wait for each other, and whether several pay at all.

use crate::node::{Span, Time};

/// Events and windows of a slice, after which observers are told.
const SLICE: (u64, u64) = (65_536, 16_384);
/// Of a slice in which the other way is tried: long enough to start threads and be measured.
const TRIAL: (u64, u64) = (32_768, 8_192);
/// Of the first one, which is for one thread.
const FIRST: (u64, u64) = (2_048, 2_048);
/// Slices between two trials: at first, and at most.
const STAY: (u32, u32) = (8, 256);
/// So many times as long as one thread, and several are called back at once: others need the
/// processors.
const MOST: f64 = 2.0;

/// A stretch of time that is no longer than any message takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// Nothing comes before this any more.
    pub first: Time,
    /// It ends with this instant.
    pub last: Time,
    /// Windows before this one.
    pub number: u64,
}

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Everything before this has happened.
    pub next: Time,
    /// Windows so far.
    pub windows: u64,
    /// What a message takes at least.
    pub lookahead: Span,
}

/// Where a slice of a run ends.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// With this instant.
    pub until: Time,
    /// Before this.
    pub due: Time,
    /// When so many events have happened since the run began.
    pub events: u64,
    /// When so many windows are over.
    pub windows: u64,
}

impl Pace {
    /// The next window, where nothing happens before `earliest`; `None`: it would lie behind the end.
    pub fn window(&mut self, earliest: Time, slice: &Slice) -> Option<Window> {
        if earliest > slice.until || earliest >= slice.due {
            return None;
        }
        let tick = Span::from_nanos(1);
        let last = (earliest + self.lookahead - tick).min(slice.until).min(slice.due - tick);
        let window = Window { first: self.next, last, number: self.windows };
        (self.next, self.windows) = (last + tick, self.windows + 1);
        Some(window)
    }
}

/// Whether several threads pay, tried out from slice to slice: it depends on the machine, on what else
/// it has to do, and on how much happens in a window. It changes nothing but speed.
#[derive(Clone, Copy, Debug)]
pub struct Tempo {
    /// Whether the next slice is for several threads.
    pub together: bool,
    /// Seconds an event on one thread, and on several.
    cost: [f64; 2],
    /// Whether the next slice is a trial.
    trial: bool,
    /// Slices until the next one.
    left: u32,
    stay: u32,
}

impl Tempo {
    /// Nothing tried yet.
    pub const fn new() -> Self {
        Self { together: false, cost: [f64::INFINITY; 2], trial: true, left: 0, stay: STAY.0 }
    }

    /// Events and windows of the next slice.
    pub const fn slice(self) -> (u64, u64) {
        match self.trial {
            true if self.cost[0].is_infinite() => FIRST,
            true => TRIAL,
            false => SLICE,
        }
    }

    /// Whether several threads are so slow that they shall stop.
    pub fn is_hopeless(self, events: u64, seconds: f64) -> bool {
        // A millisecond is no time to judge by.
        seconds > MOST * self.cost[0] * events as f64 + 0.001
    }

    /// A slice is over.
    pub fn learn(&mut self, events: u64, seconds: f64) {
        let is_hopeless = self.together && self.is_hopeless(events, seconds);
        if events < FIRST.0 / 2 && !is_hopeless {
            return;
        }
        let (this, other) = (usize::from(self.together), usize::from(!self.together));
        self.cost[this] = seconds / events.max(1) as f64;
        if self.trial {
            let is_better = self.cost[this] <= self.cost[other];
            self.stay = if is_better { STAY.0 } else { (2 * self.stay).min(STAY.1) };
            // Of one way alone nothing can be said.
            self.trial = self.cost[other].is_infinite();
            self.left = self.stay;
            self.together ^= self.trial || !is_better;
        } else if self.left > 0 && !is_hopeless {
            self.left -= 1;
        } else {
            // What one thread took may have been long ago: it is asked again.
            self.trial = true;
            self.together = !self.together;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ns: u64) -> Time {
        Time::from_nanos(ns)
    }

    #[test]
    fn windows_are_as_long_as_the_lookahead_and_end_where_the_slice_does() {
        let mut pace = Pace { next: at(0), windows: 0, lookahead: Span::from_nanos(10) };
        let slice = Slice { until: at(40), due: at(25), events: 0, windows: 0 };
        let mut window = |earliest, slice| {
            let window: Option<Window> = pace.window(at(earliest), slice);
            window.map(|it| (it.first.nanos(), it.last.nanos(), it.number))
        };
        assert_eq!(window(0, &slice), Some((0, 9, 0)));
        // Where nothing happens there are no windows.
        assert_eq!(window(14, &slice), Some((10, 23, 1)));
        assert_eq!(window(24, &slice), Some((24, 24, 2)));
        assert_eq!(window(25, &slice), None);
        let later = Slice { due: Time::NEVER, ..slice };
        assert_eq!(window(35, &later), Some((25, 40, 3)));
        assert_eq!(window(41, &later), None);
    }

    /// Slices until the next trial.
    fn until_trial(tempo: &mut Tempo, seconds: f64) -> u32 {
        let mut slices = 0;
        while !tempo.trial {
            tempo.learn(10_000, seconds);
            slices += 1;
        }
        slices
    }

    #[test]
    fn the_faster_way_is_taken_and_the_other_tried_now_and_then() {
        let mut tempo = Tempo::new();
        assert!(!tempo.together && tempo.trial);
        tempo.learn(10_000, 1.0);
        assert!(tempo.together && tempo.trial);
        tempo.learn(10_000, 0.7);
        assert!(tempo.together && !tempo.trial);
        assert_eq!(until_trial(&mut tempo, 0.7), 9);
        // One thread is tried: it is slower still, and tried later the next time.
        assert!(!tempo.together);
        tempo.learn(10_000, 1.0);
        assert!(tempo.together);
        assert_eq!(until_trial(&mut tempo, 0.7), 17);
        // Less happens now.
        tempo.learn(10_000, 0.5);
        assert!(!tempo.together);
        assert_eq!(until_trial(&mut tempo, 0.5), 9);
    }

    #[test]
    fn several_threads_are_called_back_where_others_need_the_processors() {
        let mut tempo = Tempo::new();
        tempo.learn(10_000, 1.0);
        assert!(
            tempo.together && !tempo.is_hopeless(1_000, 0.15) && tempo.is_hopeless(1_000, 0.25)
        );
        // Soon enough that there is nothing else to judge by.
        tempo.learn(10, 0.25);
        assert!(!tempo.together && !tempo.trial);
        // Next to nothing happened: nothing is learnt.
        let before = tempo.left;
        tempo.learn(10, 0.1);
        assert_eq!(tempo.left, before);
    }

    /// What an event costs changes while a run goes on: one thread may have become slow as well.
    #[test]
    fn one_thread_is_asked_again_before_it_is_preferred() {
        let mut tempo = Tempo::new();
        tempo.learn(10_000, 1.0);
        tempo.learn(10_000, 0.7);
        assert!(tempo.is_hopeless(10_000, 3.0));
        tempo.learn(10_000, 3.0);
        assert!(!tempo.together && tempo.trial);
        tempo.learn(10_000, 4.0);
        assert!(tempo.together && !tempo.trial);
    }
}

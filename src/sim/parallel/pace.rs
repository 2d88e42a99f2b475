//! How far threads go before they wait for each other, and whether several pay at all.

use crate::node::{Span, Time};

/// Fewer events a window and shard than this take as long as the waiting.
const LEAST: u64 = 3;
/// So many are worth a sleep and a wake-up.
const MANY: u64 = 256;
/// Of so many windows with few events the leader may sleep in one. It sleeps where another thread
/// waits for a processor.
const NAPS: u64 = 8;
/// Slices of one thread before several are tried again: at first, and at most.
const REST: (u32, u32) = (8, 256);

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

/// Whether several threads pay, learnt from slice to slice. It changes nothing but speed.
#[derive(Clone, Copy, Debug)]
pub struct Tempo {
    shards: u64,
    /// Whether the next slice is for several threads.
    pub together: bool,
    /// Slices until several are tried again, and after the next time that they slept too often.
    rest: u32,
    longer: u32,
}

impl Tempo {
    /// Of so many shards.
    pub fn new(shards: u32) -> Self {
        Self { shards: u64::from(shards), together: true, rest: 0, longer: REST.0 }
    }

    /// Whether the leader has slept too often for what was done.
    pub const fn is_tired(self, events: u64, windows: u64, naps: u64) -> bool {
        naps > NAPS && naps > windows / NAPS && events / self.shards < MANY * windows
    }

    /// A slice is over.
    pub fn learn(&mut self, events: u64, windows: u64, naps: u64) {
        let pays = events / self.shards >= LEAST * windows;
        if self.is_tired(events, windows, naps) {
            self.rest = self.longer;
            self.longer = (2 * self.longer).min(REST.1);
        } else if self.together {
            self.longer = REST.0;
        } else {
            self.rest = self.rest.saturating_sub(1);
        }
        self.together = pays && self.rest == 0;
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

    #[test]
    fn threads_go_together_where_it_pays_and_rest_where_they_sleep() {
        let mut tempo = Tempo::new(2);
        assert!(tempo.together);
        tempo.learn(1_000, 500, 0);
        assert!(!tempo.together);
        tempo.learn(6_000, 500, 0);
        assert!(tempo.together);
        // Sleeping in long windows is no harm.
        tempo.learn(500_000, 500, 500);
        assert!(tempo.together);
        for rest in [8, 16] {
            tempo.learn(6_000, 500, 100);
            for _ in 0..rest {
                assert!(!tempo.together);
                tempo.learn(6_000, 500, 0);
            }
            assert!(tempo.together);
        }
        tempo.learn(6_000, 500, 0);
        tempo.learn(6_000, 500, 100);
        (0..8).for_each(|_| tempo.learn(6_000, 500, 0));
        assert!(tempo.together, "it rests no longer than at first");
    }
}

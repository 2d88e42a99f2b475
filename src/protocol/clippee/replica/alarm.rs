//! Timers that several tables need alike.

use super::{ReplicaHost, Timer};
use crate::node::{Context, Span, Time, TimerId};

/// One timer for a table of due times: armed for the earliest, and for nothing when there is none.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: Timer,
    set: Option<(Time, TimerId)>,
}

impl Alarm {
    pub const fn new(timer: Timer) -> Self {
        Self { timer, set: None }
    }

    /// Sees to it that the alarm goes off at `due` or earlier.
    pub fn by<H: ReplicaHost>(&mut self, due: Option<Time>, cx: &mut Context<'_, H>) {
        let Some(due) = due.filter(|&due| due != Time::NEVER) else { return };
        if let Some((at, id)) = self.set {
            if at <= due {
                return;
            }
            cx.disarm(id);
        }
        let id = cx.arm(self.timer, due.since(cx.now()));
        self.set = Some((due, id));
    }

    /// The alarm went off: it is unset now.
    pub const fn went_off(&mut self) {
        self.set = None;
    }
}

/// How long to wait for an answer after `tries` vain requests: the neighbour's timeout, doubled
/// each time, at most `most` (but never less than the timeout itself).
pub(super) fn patience(timeout: Span, tries: u32, most: Span) -> Span {
    timeout.times(1 << tries.min(16)).min(most.max(timeout))
}

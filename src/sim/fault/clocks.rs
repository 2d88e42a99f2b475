//! Nodes' own clocks, where they differ from the true time.
//!
//! A clock is a pure function of the faults that are on: the true time, and for each of them its
//! offset, or its drift times the time since it began. When a fault ends, a clock that is behind is
//! set right, and one that is ahead stays so: clocks that measure lengths of time aren't set back.
//! (Only one that is to be `behind` is, when that begins.)

use super::config::Skew;
use crate::node::{NodeId, Span, Time};
use std::collections::BTreeMap;

/// What one fault does to one clock.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    fault: u32,
    since: Time,
    skew: Skew,
}

impl Wrong {
    fn ahead(&self, at: Time) -> Span {
        match self.skew {
            Skew::Ahead(span) => span,
            Skew::Drift(rate) if rate > 0.0 => self.drifted(at, rate),
            Skew::Behind(_) | Skew::Drift(_) => Span::ZERO,
        }
    }

    fn behind(&self, at: Time) -> Span {
        match self.skew {
            Skew::Behind(span) => span,
            Skew::Drift(rate) if rate < 0.0 => self.drifted(at, -rate),
            Skew::Ahead(_) | Skew::Drift(_) => Span::ZERO,
        }
    }

    fn drifted(&self, at: Time, rate: f64) -> Span {
        Span::from_nanos_f64(at.since(self.since).nanos() as f64 * rate)
    }
}

/// The clocks that are wrong now. Those of all other nodes are right, and cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    wrong: BTreeMap<NodeId, Vec<Wrong>>,
}

impl Clocks {
    /// Fault `fault` begins at `node`.
    pub fn begin(&mut self, node: NodeId, fault: u32, since: Time, skew: Skew) {
        self.wrong.entry(node).or_default().push(Wrong { fault, since, skew });
    }

    /// Fault `fault` ends at `node`.
    pub fn end(&mut self, node: NodeId, fault: u32, at: Time) {
        let Some(wrong) = self.wrong.get_mut(&node) else { return };
        for wrong in wrong.iter_mut().filter(|wrong| wrong.fault == fault) {
            wrong.skew = Skew::Ahead(wrong.ahead(at));
        }
        wrong.retain(|wrong| wrong.skew != Skew::Ahead(Span::ZERO));
        if wrong.is_empty() {
            self.wrong.remove(&node);
        }
    }

    fn wrong(&self, node: NodeId) -> Option<&Vec<Wrong>> {
        if self.wrong.is_empty() { None } else { self.wrong.get(&node) }
    }

    /// What the clock of `node` shows at the true time `at`; at least 0.
    #[must_use]
    pub fn local(&self, node: NodeId, at: Time) -> Time {
        let Some(wrong) = self.wrong(node) else { return at };
        let sum = |of: fn(&Wrong, Time) -> Span| {
            wrong.iter().map(|wrong| of(wrong, at)).fold(Span::ZERO, |sum, span| sum + span)
        };
        at + sum(Wrong::ahead) - sum(Wrong::behind)
    }

    /// The true time that passes while the clock of `node`, at its present speed, counts `span`;
    /// rounded up.
    #[must_use]
    pub fn lasts(&self, node: NodeId, span: Span) -> Span {
        let Some(wrong) = self.wrong(node) else { return span };
        let rates = wrong.iter().map(|wrong| match wrong.skew {
            Skew::Drift(rate) => rate,
            Skew::Ahead(_) | Skew::Behind(_) => 0.0,
        });
        let speed = 1.0 + rates.sum::<f64>();
        if speed == 1.0 {
            return span;
        }
        // Several slow-downs together may not stop a clock: its timers would never fire.
        Span::from_nanos_f64(libm::ceil(span.nanos() as f64 / speed.max(SLOWEST)))
    }
}

/// The least speed of a clock.
const SLOWEST: f64 = 0.01;

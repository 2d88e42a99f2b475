//! Nodes' own clocks, where they differ from the true time.
//!
//! A clock is a pure function of the faults that struck it: the true time, and for each of them its
//! offset, or its drift times the time since it began. When a fault ends, a clock that is behind is
//! set right, and one that is ahead stays so: clocks that measure lengths of time aren't set back.
//! (Only one that is to be `behind` is, when that begins.) Of several that make it slow, the one
//! that costs it most counts: a clock never stops, and runs at half its speed at least.

use super::config::Skew;
use crate::node::{NodeId, Span, Time};
use std::collections::BTreeMap;

/// What one fault does to one clock.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    fault: u32,
    since: Time,
    until: Time,
    skew: Skew,
}

impl Wrong {
    /// By how much it makes the clock run ahead.
    fn ahead(&self, at: Time) -> Span {
        match self.skew {
            Skew::Ahead(span) => span,
            Skew::Drift(rate) if rate > 0.0 => self.drifted(at.min(self.until), rate),
            Skew::Behind(_) | Skew::Drift(_) => Span::ZERO,
        }
    }

    /// By how much it sets the clock back.
    fn behind(&self, at: Time) -> Span {
        match self.skew {
            Skew::Behind(span) if at < self.until => span,
            _ => Span::ZERO,
        }
    }

    /// How much it makes the clock lose.
    fn lost(&self, at: Time) -> Span {
        match self.skew {
            Skew::Drift(rate) if rate < 0.0 && at < self.until => self.drifted(at, -rate),
            _ => Span::ZERO,
        }
    }

    fn drifted(&self, at: Time, rate: f64) -> Span {
        Span::from_nanos_f64(at.since(self.since).nanos() as f64 * rate)
    }
}

/// The clocks that are wrong. Those of all other nodes are right, and cost nothing.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    wrong: BTreeMap<NodeId, Vec<Wrong>>,
}

impl Clocks {
    /// Fault `fault` begins at `node`; it lasts from `since` to `until`.
    pub fn begin(&mut self, node: NodeId, fault: u32, (since, until): (Time, Time), skew: Skew) {
        self.wrong.entry(node).or_default().push(Wrong { fault, since, until, skew });
    }

    /// Fault `fault` ends at `node`: it is forgotten, unless the clock stays ahead because of it.
    pub fn end(&mut self, node: NodeId, fault: u32) {
        let Some(wrong) = self.wrong.get_mut(&node) else { return };
        wrong.retain(|wrong| wrong.fault != fault || wrong.ahead(wrong.until) > Span::ZERO);
        if wrong.is_empty() {
            self.wrong.remove(&node);
        }
    }

    /// What the clock of `node` shows at the true time `at`; at least 0.
    #[must_use]
    #[inline]
    pub fn local(&self, node: NodeId, at: Time) -> Time {
        if self.wrong.is_empty() { at } else { self.find_local(node, at) }
    }

    #[cold]
    fn find_local(&self, node: NodeId, at: Time) -> Time {
        self.wrong.get(&node).map_or(at, |wrong| shown(wrong, at))
    }

    /// The true time that passes from `at` until the clock of `node` shows `span` more, if no other
    /// fault strikes it meanwhile.
    #[must_use]
    #[inline]
    pub fn lasts(&self, node: NodeId, at: Time, span: Span) -> Span {
        if self.wrong.is_empty() { span } else { self.find_lasts(node, at, span) }
    }

    #[cold]
    fn find_lasts(&self, node: NodeId, at: Time, span: Span) -> Span {
        let Some(wrong) = self.wrong.get(&node) else { return span };
        let due = shown(wrong, at) + span;
        // It runs at half its speed at least, and from now on isn't set back.
        let (mut low, mut high) = (0, span.times(2).nanos().saturating_add(4));
        while low < high {
            let middle = low + (high - low) / 2;
            if shown(wrong, at + Span::from_nanos(middle)) < due {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Span::from_nanos(low)
    }
}

fn shown(wrong: &[Wrong], at: Time) -> Time {
    let sum = |of: fn(&Wrong, Time) -> Span| {
        wrong.iter().map(|wrong| of(wrong, at)).fold(Span::ZERO, |sum, span| sum + span)
    };
    let lost = wrong.iter().map(|wrong| wrong.lost(at)).max().unwrap_or(Span::ZERO);
    at + sum(Wrong::ahead) - (sum(Wrong::behind) + lost)
}

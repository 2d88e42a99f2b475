//! The plan of a run's faults, resolved as far as it can be before the run.

use super::cast::Cast;
use super::config::{Fault, FaultConfig, Part, Skew, Targets};
use super::lane;
use crate::node::{Key, NodeId, Purpose, Span, Stream, Time};
use std::sync::Arc;

/// Whom one part of a fault concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// All nodes.
    Everyone,
    /// These, sorted.
    Known(Vec<NodeId>),
    /// Those that play a part when the fault begins.
    Role(Part),
}

/// A fault, with its place in time and its targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its place in the plan, from 1.
    pub number: u32,
    /// When it begins.
    pub at: Time,
    /// When it ends: later than `at`, at most the end of the workload.
    pub until: Time,
    /// Whether nodes that crash stay away for good.
    pub for_good: bool,
    /// What goes wrong.
    pub fault: Fault,
    /// Whom it concerns, by part.
    pub aims: Vec<(&'static str, Aim)>,
}

/// Where objects belong: what must be known to find those that play a part.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The overlay id of each peer, by [`NodeId::index`] (entry 0 is unused).
    pub ids: Arc<Vec<u64>>,
    /// The ring position of each object, by its number.
    pub keys: Arc<Vec<u64>>,
    /// How many peers are responsible for an object.
    pub replicas: u32,
    /// Whether peers that boot later take part only once they have told that they joined.
    pub joins: bool,
}

/// All faults of a run.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Those that take any time, in the order of the scenario.
    pub planned: Vec<Planned>,
    /// Where objects belong.
    pub scope: Scope,
    /// Of [`Purpose::Fault`].
    pub(super) key: Key,
}

impl Default for Schedule {
    /// No faults.
    fn default() -> Self {
        Self { planned: Vec::new(), scope: Scope::default(), key: Key::from_word(0) }
    }
}

impl Schedule {
    /// The faults of a run whose workload ends at `duration`. O(nodes log nodes) a fault.
    #[must_use]
    pub fn new(
        plan: &[FaultConfig],
        cast: Cast<'_>,
        scope: Scope,
        (duration, seed): (Time, u64),
    ) -> Self {
        let key = Key::new(seed, Purpose::Fault);
        let planned = (1..).zip(plan).filter_map(|(number, config)| {
            let at = Time::ZERO + config.at;
            let until = (at + config.lasts).min(duration);
            (at < until).then(|| Planned {
                number,
                at,
                until,
                for_good: config.lasts.is_never(),
                aims: aims(&config.what, cast, key, number),
                fault: config.what.clone(),
            })
        });
        Self { planned: planned.collect(), scope, key }
    }

    /// The draws of one part of a fault, when it looks for those that play a role.
    #[must_use]
    pub(in crate::sim) fn stream(&self, part: u32, number: u32) -> Stream {
        self.key.lane(part, number, lane::TARGETS)
    }

    /// Whether any target plays a role.
    #[must_use]
    pub fn has_roles(&self) -> bool {
        let mut aims = self.planned.iter().flat_map(|planned| &planned.aims);
        aims.any(|(_, aim)| matches!(aim, Aim::Role(_)))
    }
}

fn aims(fault: &Fault, cast: Cast<'_>, key: Key, number: u32) -> Vec<(&'static str, Aim)> {
    let aim = |targets: &Targets, part| match targets {
        Targets::Role(role) => Aim::Role(*role),
        targets => cast.find(targets, key, (part, number)).map_or(Aim::Everyone, Aim::Known),
    };
    match fault {
        Fault::Cut { side, from, .. } => vec![("side", aim(side, 0)), ("from", aim(from, 1))],
        Fault::Split { shares, of } => {
            let parts = cast.split(shares, *of, (key, number));
            parts.into_iter().map(|part| ("part", Aim::Known(part))).collect()
        }
        Fault::Swizzle { targets }
        | Fault::Crash { targets, .. }
        | Fault::Pause { targets }
        | Fault::Messages { targets, .. }
        | Fault::Clock { targets, .. } => vec![("targets", aim(targets, 0))],
    }
}

impl Planned {
    /// Whether it is one of the network: it strikes messages, not nodes.
    #[must_use]
    pub const fn is_weather(&self) -> bool {
        matches!(
            self.fault,
            Fault::Cut { .. }
                | Fault::Split { .. }
                | Fault::Swizzle { .. }
                | Fault::Messages { .. }
        )
    }

    /// By how much its targets may act too early or too late, at most, and by which share they may
    /// measure lengths of time wrongly.
    #[must_use]
    pub const fn skew(&self) -> (Span, f64) {
        match self.fault {
            Fault::Pause { .. } => (self.until.since(self.at), 0.0),
            Fault::Clock { skew: Skew::Ahead(span) | Skew::Behind(span), .. } => (span, 0.0),
            Fault::Clock { skew: Skew::Drift(rate), .. } => (Span::ZERO, rate.abs()),
            _ => (Span::ZERO, 0.0),
        }
    }

    /// When target `place` of `count` boots again after a crash: one after the other, at most 10 ms
    /// apart, the last one when the fault ends, so that each finds others that are up.
    #[must_use]
    pub fn restart(&self, place: usize, count: usize) -> Time {
        let later = count.saturating_sub(place + 1) as u64;
        let spacing = self.until.since(self.at).part(2).part(count.max(1) as u64);
        self.until - spacing.min(RESTART_SPACING).times(later)
    }
}

/// As `start = "join"` spaces its boots.
const RESTART_SPACING: Span = Span::from_millis(10);

//! All checks as one observer.

use super::c1_sequential::Sequential;
use super::c2_convergence::Convergence;
use super::c3_probes::Probes;
use super::c4_locks_freed::LocksFreed;
use super::c5_delivery::Deliveries;
use super::c6_one_line::OneLine;
use super::c7_rolls::Rolls;
use super::facts::Facts;
use super::h1_one_holder::OneHolder;
use super::h2_lock_end::LockEnds;
use super::h3_tenure::Tenure;
use super::h4_value::Values;
use super::h5_once::Once;
use super::h6_acknowledgement::Acknowledgements;
use super::h7_balance::Balance;
use super::h8_stopped::Stopped;
use super::h9_ending::Endings;
use super::h10_responsible::Responsible;
use super::h11_bound::Bounds;
use super::h12_rising::Rising;
use super::history::{
    Linearizable, MonotonicReads, MonotonicWrites, OneOrder, ReadYourWrites, Session,
    WritesFollowReads,
};
use super::rule::{Happened, Rule, Stepped, Wire, WireEvent};
use super::verdict::Report;
use crate::node::{
    DropCause, FaultBegun, Happening, MessageKind, NodeId, Observation, Observer, Pending,
    Protocol, Step, Time, WireSize,
};
use crate::observe::consistency::Census;

/// The rules, called in turn without dynamic dispatch.
macro_rules! rules {
    ($($field:ident: $rule:ty),+ $(,)?) => {
        #[derive(Clone, Debug, Default)]
        struct Rules { $($field: $rule),+ }

        impl Rules {
            const CATALOGUE: &'static [(&'static str, &'static str)] =
                &[$((<$rule>::ID, <$rule>::TITLE)),+];

            /// Names and ids of guarantees.
            const GUARANTEES: &'static [(Option<&'static str>, &'static str)] =
                &[$((<$rule>::GUARANTEE, <$rule>::ID)),+];

            fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
                $(self.$field.step(step, facts);)+
            }

            fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
                $(self.$field.told(at, node, observation, facts);)+
            }

            fn wire(&mut self, wire: &Wire, facts: &Facts) {
                $(self.$field.wire(wire, facts);)+
            }

            fn finish(mut self, facts: &Facts) -> Vec<Report> {
                $(self.$field.end(facts);)+
                [$(report(&self.$field, facts)),+].into_iter().flatten().collect()
            }
        }
    };
}

rules! {
    h1: OneHolder,
    h2: LockEnds,
    h3: Tenure,
    h4: Values,
    h5: Once,
    h6: Acknowledgements,
    h7: Balance,
    h8: Stopped,
    h9: Endings,
    h10: Responsible,
    h11: Bounds,
    h12: Rising,
    c1: Sequential,
    c2: Convergence,
    c3: Probes,
    c4: LocksFreed,
    c5: Deliveries,
    c6: OneLine,
    c7: Rolls,
    g1: Linearizable,
    g2: Session<ReadYourWrites>,
    g3: Session<MonotonicReads>,
    g4: Session<MonotonicWrites>,
    g5: Session<WritesFollowReads>,
    g6: OneOrder,
}

fn report<R: Rule>(rule: &R, facts: &Facts) -> Option<Report> {
    let tally = rule.tally();
    R::applies(&facts.census).then(|| Report {
        id: R::ID,
        title: R::TITLE,
        required: R::GUARANTEE.is_none(),
        verdict: rule.verdict(facts),
        judged: tally.judged,
        violations: tally.violations,
    })
}

/// All checks (CLIPPEE 8, H1 to H12, C1 to C7, and the guarantees G1 to G6), made while a run goes
/// on.
#[derive(Clone, Debug)]
pub struct Checks {
    facts: Facts,
    rules: Rules,
    /// The guarantees that are demanded, by name.
    demanded: Vec<String>,
}

impl Checks {
    /// Checks of a run that hasn't begun.
    #[must_use]
    pub fn new(census: Census) -> Self {
        Self { facts: Facts::new(census), rules: Rules::default(), demanded: Vec::new() }
    }

    /// Demands guarantees, by the names of [`Checks::guarantees`]: a run that breaks one has failed.
    #[must_use]
    pub fn demanding<'a>(mut self, guarantees: impl IntoIterator<Item = &'a str>) -> Self {
        self.demanded.extend(guarantees.into_iter().map(str::to_owned));
        self
    }

    /// The names of guarantees that can be demanded, with the ids of their checks.
    pub fn guarantees() -> impl Iterator<Item = (&'static str, &'static str)> {
        Rules::GUARANTEES.iter().filter_map(|&(name, id)| Some((name?, id)))
    }

    /// Id and title of every check, in report order.
    #[must_use]
    pub const fn catalogue() -> &'static [(&'static str, &'static str)] {
        Rules::CATALOGUE
    }

    /// The conclusions, after the run's last event. Without groups there are none about groups.
    #[must_use]
    pub fn finish(self) -> Vec<Report> {
        let demanded = |id| {
            let named = |(name, of)| of == id && self.demanded.iter().any(|wanted| wanted == name);
            Self::guarantees().any(named)
        };
        let mut reports = self.rules.finish(&self.facts);
        reports.iter_mut().for_each(|report| report.required |= demanded(report.id));
        reports
    }

    fn wire(&mut self, wire: &Wire) {
        self.rules.wire(wire, &self.facts);
        self.facts.wire(wire);
    }
}

fn wire<P: Protocol>(
    at: Time,
    (from, to): (NodeId, NodeId),
    kind: usize,
    bytes: u32,
    event: WireEvent,
) -> Wire {
    let kind = P::Message::KINDS.get(kind).copied().unwrap_or("unknown");
    Wire { at, from, to, kind, bytes, event }
}

impl<P: Protocol> Observer<P> for Checks {
    fn fault(&mut self, fault: &FaultBegun<'_>) {
        self.facts.fault(fault);
    }

    fn step(&mut self, step: &Step<'_, P>) {
        let happened = match step.happening {
            Happening::Boot => Happened::Boot,
            Happening::Message { from, message } => {
                let (kind, bytes) = (message.kind(), message.wire_size());
                let event = WireEvent::Delivered;
                self.wire(&wire::<P>(step.at, (from, step.node), kind, bytes, event));
                Happened::Message
            }
            Happening::Timer(_) => Happened::Timer { armed: self.facts.armed(step.cause) },
            Happening::Operation { id, operation } => Happened::Operation { id, operation },
            Happening::Leave => Happened::Leave,
            Happening::Stop { crash } => Happened::Stop { crash },
        };
        let stepped = Stepped {
            at: step.at,
            node: step.node,
            incarnation: step.incarnation,
            number: step.number,
            happened,
        };
        self.rules.step(&stepped, &self.facts);
        self.facts.step(&stepped);
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        self.rules.told(at, node, observation, &self.facts);
        self.facts.told(at, node, observation);
    }

    fn set_off(&mut self, pending: Pending) {
        self.facts.set_off(pending);
    }

    fn sent(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        self.wire(&wire::<P>(at, (from, to), kind, bytes, WireEvent::Sent));
    }

    fn duplicated(&mut self, at: Time, from: NodeId, to: NodeId, kind: usize, bytes: u32) {
        self.wire(&wire::<P>(at, (from, to), kind, bytes, WireEvent::Duplicated));
    }

    fn dropped(
        &mut self,
        at: Time,
        from: NodeId,
        to: NodeId,
        kind: usize,
        bytes: u32,
        cause: DropCause,
    ) {
        self.wire(&wire::<P>(at, (from, to), kind, bytes, WireEvent::Dropped(cause)));
    }
}

/// Histories for the tests of single rules.
#[cfg(test)]
pub(super) mod testing {
    use super::Checks;
    use crate::check::{Report, Verdict};
    use crate::observe::consistency::Census;
    use crate::observe::consistency::script::{Script, census};

    /// What check `id` says about a history with a group, in which all are up from time 0.
    pub fn judged(id: &str, history: impl FnOnce(&mut Script<Checks>)) -> Report {
        judged_with(id, Census { groups: 1, ..census() }, history)
    }

    /// The same, with another census.
    pub fn judged_with(
        id: &str,
        census: Census,
        history: impl FnOnce(&mut Script<Checks>),
    ) -> Report {
        let mut script = Script::started(Checks::new(census));
        history(&mut script);
        let reports = script.observer.finish();
        reports.into_iter().find(|report| report.id == id).expect("the check exists")
    }

    /// Whether it passes, and was judged at all.
    pub fn passes(report: &Report) -> bool {
        assert!(report.judged > 0, "{report}");
        assert_eq!((&report.verdict, report.violations), (&Verdict::Pass, 0), "{report}");
        true
    }

    /// The witness of a failure, as text.
    pub fn broken(report: &Report) -> String {
        let Verdict::Fail(witness) = &report.verdict else { panic!("{report}") };
        assert!(report.violations > 0 && report.judged >= report.violations, "{report}");
        witness.to_string()
    }
}

//! G1: each object's whole history is linearizable.

use super::register::{Register, Standing};
use super::shrink::{Core, shrink};
use crate::check::facts::Facts;
use crate::check::rule::{Happened, Rule, Stepped};
use crate::check::verdict::{Tally, Verdict, Witness};
use crate::node::{NodeId, ObjectId, Observation, OperationId, Time, Version};
use crate::observe::consistency::Census;
use crate::observe::history::{Call, Change, Effect, Event, History};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A witness is sought among so many last events of an object, or up to twice as many.
const LOG: usize = 16;

/// An object whose history is linearizable so far.
#[derive(Clone, Debug)]
struct Object {
    register: Register,
    /// Calls that were asked and not answered, and will be.
    open: Vec<Call>,
    /// How it was before `log[..recent]`, and before the rest of the log.
    before: [(Register, Vec<Call>); 2],
    log: Vec<Event>,
    recent: usize,
}

/// What became of an object.
#[derive(Clone, Debug)]
enum Fate {
    Judged(Box<Object>),
    /// It is broken, or can't be judged: its history isn't followed any more.
    Over,
}

#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Linearizable {
    history: History,
    objects: BTreeMap<ObjectId, Fate>,
    undecided: u64,
    tally: Tally,
}

impl Rule for Linearizable {
    const ID: &'static str = "G1";
    const TITLE: &'static str = "objects are linearizable";
    const GUARANTEE: Option<&'static str> = Some("linearizable");

    fn applies(census: &Census) -> bool {
        census.objects() > census.groups as usize
    }

    fn step(&mut self, step: &Stepped<'_>, facts: &Facts) {
        match step.happened {
            Happened::Operation { id, operation } => self.history.asked(step.at, id, operation),
            Happened::Stop { .. } => {
                self.history.stopped(step.node);
                self.judge(facts);
            }
            _ => {}
        }
    }

    fn told(&mut self, at: Time, _: NodeId, observation: &Observation, facts: &Facts) {
        match *observation {
            Observation::Made { id, version, base, .. } => {
                self.history.made(id, Change { from: base, to: version });
            }
            Observation::Ended { id, outcome } => {
                let versions = &facts.holdings.versions;
                self.history.ended(at, id, outcome, versions, facts.census.dedupe);
            }
            _ => return,
        }
        self.judge(facts);
    }

    fn end(&mut self, facts: &Facts) {
        self.history.finish();
        self.judge(facts);
        self.tally.judged += self.objects.values().filter(|fate| fate.is_judged()).count() as u64;
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn verdict(&self, _: &Facts) -> Verdict {
        let undecided = self.undecided;
        match self.tally.verdict() {
            Verdict::Pass if undecided > 0 => Verdict::Undecided(format!(
                "of {undecided} objects it takes too many steps to tell; the other {} are \
                 linearizable",
                self.tally.judged
            )),
            Verdict::Fail(mut witness) if undecided > 0 => {
                let more = format!("; {undecided} other objects take too many steps to tell");
                witness.seen.push_str(&more);
                Verdict::Fail(witness)
            }
            verdict => verdict,
        }
    }
}

impl Linearizable {
    /// Judges all whose turn has come.
    fn judge(&mut self, facts: &Facts) {
        while let Some((id, event)) = self.history.pop() {
            let fresh = || Fate::Judged(Box::new(Object::new()));
            let fate = self.objects.entry(id).or_insert_with(fresh);
            let Fate::Judged(object) = fate else { continue };
            match object.take(event) {
                Standing::Fine => {}
                Standing::Broken(operation) => {
                    self.tally.judge(false, || witness(id, operation, &object.core(), facts));
                    *fate = Fate::Over;
                }
                Standing::Undecided => {
                    self.undecided += 1;
                    *fate = Fate::Over;
                }
            }
        }
    }
}

impl Fate {
    const fn is_judged(&self) -> bool {
        matches!(self, Self::Judged(_))
    }
}

impl Object {
    fn new() -> Self {
        let before = || (Register::new(), Vec::new());
        let (register, open) = before();
        Self { register, open, before: [before(), before()], log: Vec::new(), recent: 0 }
    }

    fn take(&mut self, event: Event) -> Standing {
        if self.log.len() - self.recent >= LOG {
            self.log.drain(..self.recent);
            self.recent = self.log.len();
            self.before.swap(0, 1);
            self.before[1] = (self.register.clone(), self.open.clone());
        }
        self.log.push(event);
        match event {
            Event::Asked(call) if call.effect != Effect::Open => self.open.push(call),
            Event::Answered(id) => self.open.retain(|call| call.id != id),
            Event::Asked(_) | Event::Made(..) => {}
        }
        self.register.take(&event)
    }

    /// What it broke on.
    fn core(&self) -> Core {
        let (register, open) = &self.before[0];
        shrink(register, open, &self.log)
    }
}

fn witness(object: ObjectId, operation: OperationId, core: &Core, facts: &Facts) -> Witness {
    let last = core.calls.iter().map(|call| call.answered).max().unwrap_or(facts.census.end);
    let expected = "a moment for each call between its question and its answer, so that one after \
                    the other reads return what stands and updates are made from it";
    let mut seen = format!("at first {}", list(core.stands.iter()));
    for call in &core.calls {
        let Call { id, asked, answered, effect } = *call;
        let did = match effect {
            Effect::Read(version) => format!("read {version}"),
            Effect::Changed(Change { from, to }) => format!("update {from} to {to}"),
            Effect::Missing(version) => format!("update, answered {version}, which lacks it,"),
            Effect::Open => continue,
        };
        write!(seen, "; {id} {did} from {asked} to {answered}").expect("a string takes every text");
    }
    for (id, Change { from, to }) in &core.changes {
        write!(seen, "; {id} made {to} from {from}").expect("a string takes every text");
    }
    let mut nodes: Vec<NodeId> = core.calls.iter().map(|call| call.id.client).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let witness = Witness::new(last, operation.client, expected, seen);
    Witness { nodes, ..witness }.of(object).in_operation(operation)
}

fn list<'a>(versions: impl Iterator<Item = &'a Version>) -> String {
    versions.map(Version::to_string).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::{Answer, Outcome, Version};
    use crate::observe::consistency::script::{op, version};

    #[test]
    fn histories_that_some_order_explains_pass() {
        let run = judged("G1", |run| {
            run.at(1).ask_read(op(8, 0));
            run.whole_update(10, op(6, 0), version(1, 1), None);
            // It overlaps the update: either version is right.
            run.at(60).read(op(8, 0), Version::ZERO);
            run.at(100).ask_read(op(8, 1));
            run.at(110).read(op(8, 1), version(1, 1));
            // Client 7 hears nothing; its update comes much later, and once.
            run.at(120).ask_update(op(7, 0));
            run.at(130).made(op(7, 0), version(2, 2), version(1, 1));
            run.at(140).failed(op(7, 0), true);
            run.at(150).ask_read(op(8, 2));
            run.at(160).read(op(8, 2), version(1, 1));
            run.at(170).ask_read(op(8, 3));
            run.at(180).read(op(8, 3), version(2, 2));
            // What is found in a later version was made before it.
            run.at(200).ask_update(op(6, 1));
            run.at(210).made(op(6, 1), version(3, 3), version(2, 2));
            run.at(220).ask_update(op(7, 1));
            run.at(230).made(op(7, 1), version(4, 4), version(3, 3));
            run.at(240).updated(op(7, 1), version(4, 4));
            run.at(250).updated(op(6, 1), version(4, 4));
            // Who stops was never answered.
            run.at(300).ask_update(op(6, 2));
            run.at(310).stop(6);
        });
        assert!(passes(&run));
        assert_eq!(run.judged, 1, "one object");
    }

    #[test]
    fn a_stale_read_is_found_and_told_with_what_it_missed() {
        let run = judged("G1", |run| {
            for count in 0..40 {
                let (counter, at) = (count + 1, 1_000 + 100 * u64::from(count));
                let base = (count > 0).then(|| version(count, count));
                run.whole_update(at, op(6, count), version(counter, counter), base);
            }
            run.at(9_000).ask_read(op(8, 0));
            run.at(9_010).read(op(8, 0), version(39, 39));
        });
        let text = broken(&run);
        let update = "n6#39 update v39(n3.1.39) to v40(n3.1.40) from 4.900000000s to 4.940000000s";
        assert!(text.contains(update), "{text}");
        assert!(text.contains("n8#0 read v39(n3.1.39) from 9.000000000s"), "{text}");
        assert!(!text.contains("n6#37"), "{text}");
        assert!(text.starts_with("at 9.010000000s, n6, n8, object 0, operation n8#0"), "{text}");
    }

    #[test]
    fn a_lost_update_is_found_though_both_overlap() {
        let run = judged("G1", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(10).ask_update(op(7, 0));
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(20).made(op(7, 0), version(1, 2), Version::ZERO);
            run.at(30).updated(op(6, 0), version(1, 1));
            run.at(40).updated(op(7, 0), version(1, 2));
        });
        assert!(broken(&run).contains("n7#0 update v0(n0.0.0) to v1(n3.1.2)"), "{run}");
        assert_eq!((run.judged, run.violations), (1, 1));
    }

    #[test]
    fn an_update_whose_answer_lacks_it_is_found() {
        let run = judged("G1", |run| {
            run.whole_update(10, op(6, 0), version(1, 1), None);
            run.at(100).ask_update(op(7, 0));
            run.at(110).end(op(7, 0), Outcome::Ok(Answer::Updated { version: version(1, 1) }));
        });
        assert!(broken(&run).contains("which lacks it"), "{run}");
    }

    #[test]
    fn a_failure_that_took_effect_all_the_same_is_found() {
        broken(&judged("G1", |run| {
            run.at(10).ask_update(op(6, 0));
            run.at(20).made(op(6, 0), version(1, 1), Version::ZERO);
            run.at(30).failed(op(6, 0), false);
            run.at(40).ask_read(op(7, 0));
            run.at(50).read(op(7, 0), version(1, 1));
        }));
    }
}

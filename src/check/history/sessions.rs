//! G2 to G5: session guarantees (Terry et al., "Session guarantees for weakly consistent replicated
//! data", PDIS 1994), of each client on each object, by the order of versions. A session lasts for
//! the run. What an operation must see is what had been answered when it was asked for.

use crate::check::facts::Facts;
use crate::check::rule::{Happened, Rule, Stepped};
use crate::check::verdict::{Tally, Witness};
use crate::node::{
    Answer, NodeId, ObjectId, Observation, Operation, OperationId, Outcome, Time, Version,
};
use crate::observe::consistency::Census;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// One of the four guarantees.
pub(in crate::check) trait Guarantee: Clone + std::fmt::Debug + Default {
    const ID: &'static str;
    const TITLE: &'static str;
    const NAME: &'static str;
    /// Whether updates are judged, or reads.
    const OF_UPDATES: bool;
    /// Whether by the client's own updates, or its own reads.
    const BY_UPDATES: bool;
}

macro_rules! guarantees {
    ($($guarantee:ident: $id:literal, $title:literal, $name:literal, $of:literal, $by:literal;)+) => {$(
        #[derive(Clone, Debug, Default)]
        pub(in crate::check) struct $guarantee;

        impl Guarantee for $guarantee {
            const ID: &'static str = $id;
            const TITLE: &'static str = $title;
            const NAME: &'static str = $name;
            const OF_UPDATES: bool = $of;
            const BY_UPDATES: bool = $by;
        }
    )+};
}

guarantees! {
    ReadYourWrites: "G2", "clients read their own updates", "read_your_writes", false, true;
    MonotonicReads: "G3", "a client's reads don't go back", "monotonic_reads", false, false;
    MonotonicWrites: "G4", "a client's updates follow each other", "monotonic_writes", true, true;
    WritesFollowReads: "G5", "a client's updates follow its reads", "writes_follow_reads", true, false;
}

/// What a client has been answered, the newest of it.
#[derive(Clone, Copy, Debug)]
struct Newest {
    version: Version,
    by: OperationId,
    at: Time,
}

/// A guarantee, judged for all clients. What a client has used takes 60 bytes, an open operation as
/// much.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Session<G> {
    newest: BTreeMap<(NodeId, ObjectId), Newest>,
    /// What an open operation must see at least.
    bounds: BTreeMap<OperationId, Newest>,
    tally: Tally,
    guarantee: PhantomData<G>,
}

const fn is_update(operation: &Operation) -> bool {
    matches!(operation, Operation::Update { .. })
}

impl<G: Guarantee> Rule for Session<G> {
    const ID: &'static str = G::ID;
    const TITLE: &'static str = G::TITLE;
    const GUARANTEE: Option<&'static str> = Some(G::NAME);

    fn applies(census: &Census) -> bool {
        census.objects() > census.groups as usize
    }

    fn step(&mut self, step: &Stepped<'_>, _: &Facts) {
        match step.happened {
            Happened::Operation { id, operation } => {
                let (Operation::Read { object } | Operation::Update { object }) = *operation else {
                    return;
                };
                if is_update(operation) == G::OF_UPDATES
                    && let Some(&newest) = self.newest.get(&(id.client, object))
                {
                    self.bounds.insert(id, newest);
                }
            }
            Happened::Stop { .. } => {
                let mine = crate::check::facts::of_client(step.node);
                crate::check::facts::remove_range(&mut self.bounds, mine);
            }
            _ => {}
        }
    }

    fn told(&mut self, at: Time, node: NodeId, observation: &Observation, facts: &Facts) {
        let Observation::Ended { id, outcome } = *observation else { return };
        let bound = self.bounds.remove(&id);
        let Some(open) = facts.open.get(&id) else { return };
        let Some(object) = open.operation.object() else { return };
        let (Outcome::Ok(Answer::Read { version, .. } | Answer::Updated { version }), true) =
            (outcome, matches!(open.operation, Operation::Read { .. } | Operation::Update { .. }))
        else {
            return;
        };
        if let Some(bound) = bound {
            self.tally.judge(version >= bound.version, || {
                let Newest { version: least, by, at: told } = bound;
                let did = if G::BY_UPDATES { "update made" } else { "read returned" };
                let expected = format!(
                    "{least} or newer, which {id}'s client was told at {told}: \
                                        its own {by} {did} it"
                );
                let asked = open.asked;
                let seen = format!("{version}, asked for at {asked}");
                Witness::new(at, node, expected, seen).of(object).in_operation(id)
            });
        }
        if is_update(&open.operation) == G::BY_UPDATES {
            let told = Newest { version, by: id, at };
            let newest = self.newest.entry((id.client, object)).or_insert(told);
            if version > newest.version {
                *newest = told;
            }
        }
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Checks;
    use crate::check::checks::testing::{broken, judged, passes};
    use crate::node::Version;
    use crate::observe::consistency::script::{Script, op, version};

    const ALL: [&str; 4] = ["G2", "G3", "G4", "G5"];

    fn read(run: &mut Script<Checks>, at: u64, count: u32, version: Version) {
        run.at(at).ask_read(op(6, count));
        run.at(at + 5).read(op(6, count), version);
    }

    fn update(run: &mut Script<Checks>, at: u64, count: u32, version: Version) {
        run.at(at).ask_update(op(6, count));
        run.at(at + 5).updated(op(6, count), version);
    }

    #[test]
    fn sessions_that_only_go_on_pass() {
        for id in ALL {
            let run = judged(id, |run| {
                for (count, counter) in [(0, 1), (2, 2), (4, 5)] {
                    let at = 10 * u64::from(count);
                    update(run, at, count, version(counter, counter));
                    read(run, at + 10, count + 1, version(counter, counter));
                }
            });
            assert!(passes(&run));
        }
    }

    /// Each history breaks one guarantee and no other.
    #[test]
    fn each_guarantee_is_broken_by_its_own_history() {
        let (old, new) = (version(1, 1), version(2, 2));
        for (own, first_updates, second_updates) in
            [("G2", true, false), ("G3", false, false), ("G4", true, true), ("G5", false, true)]
        {
            for id in ALL {
                let run = judged(id, |run| {
                    if first_updates {
                        update(run, 10, 0, new);
                    } else {
                        read(run, 10, 0, new);
                    }
                    if second_updates { update(run, 20, 1, old) } else { read(run, 20, 1, old) }
                });
                if id == own {
                    let text = broken(&run);
                    assert!(
                        text.contains("v2(n3.1.2) or newer") && text.contains("n6#0"),
                        "{text}"
                    );
                } else {
                    assert_eq!(run.violations, 0, "{id} by the history of {own}");
                }
            }
        }
    }

    #[test]
    fn what_was_answered_after_the_question_binds_nobody() {
        let run = judged("G3", |run| {
            run.at(10).ask_read(op(6, 0));
            run.at(11).ask_read(op(6, 1));
            run.at(20).read(op(6, 0), version(2, 2));
            run.at(21).read(op(6, 1), version(1, 1));
            // Nor does another client's.
            run.at(30).ask_read(op(7, 0));
            run.at(40).read(op(7, 0), version(1, 1));
        });
        assert_eq!((run.judged, run.violations), (0, 0));
    }

    #[test]
    fn a_session_outlives_a_crash_and_failures_say_nothing() {
        let run = judged("G2", |run| {
            update(run, 10, 0, version(2, 2));
            run.at(20).stop(6);
            run.at(30).boot(6);
            run.at(40).ask_read(op(6, 1));
            run.at(50).failed(op(6, 1), false);
            read(run, 60, 2, version(1, 1));
        });
        broken(&run);
        assert_eq!(run.judged, 1);
    }
}

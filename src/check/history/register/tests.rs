//! Histories by hand, and all small ones against every order of their calls.

use super::{Register, Standing};
use crate::node::{NodeId, OperationId, Time, Version};
use crate::observe::history::{Call, Change, Effect, Event};
use proptest::prelude::*;

fn id(client: u32) -> OperationId {
    OperationId { client: NodeId(client), count: 0 }
}

fn version(counter: u32) -> Version {
    Version { counter, ..Version::ZERO }
}

fn change(from: u32, to: u32) -> Change {
    Change { from: version(from), to: version(to) }
}

fn asked(client: u32, effect: Effect) -> Event {
    Event::Asked(Call { id: id(client), asked: Time::ZERO, answered: Time::ZERO, effect })
}

fn read(client: u32, counter: u32) -> Event {
    asked(client, Effect::Read(version(counter)))
}

fn update(client: u32, from: u32, to: u32) -> Event {
    asked(client, Effect::Changed(change(from, to)))
}

fn end(client: u32) -> Event {
    Event::Answered(id(client))
}

fn standing(register: &mut Register, events: &[Event]) -> Standing {
    let taken = events.iter().map(|event| register.take(event));
    taken.into_iter().find(|standing| *standing != Standing::Fine).unwrap_or(Standing::Fine)
}

fn judged(events: &[Event]) -> Standing {
    standing(&mut Register::new(), events)
}

#[test]
fn histories_in_order_are_accepted() {
    assert_eq!(judged(&[]), Standing::Fine);
    assert_eq!(
        judged(&[read(1, 0), end(1), update(1, 0, 1), end(1), read(2, 1), end(2)]),
        Standing::Fine
    );
    // Calls that overlap may be taken in either order.
    for seen in [0, 1] {
        assert_eq!(judged(&[update(1, 0, 1), read(2, seen), end(2), end(1)]), Standing::Fine);
        assert_eq!(judged(&[read(2, seen), update(1, 0, 1), end(1), end(2)]), Standing::Fine);
    }
    let chain = [
        update(1, 1, 2),
        update(2, 0, 1),
        update(3, 2, 3),
        end(1),
        end(3),
        end(2),
        read(4, 3),
        end(4),
    ];
    assert_eq!(judged(&chain), Standing::Fine);
}

#[test]
fn stale_reads_are_rejected() {
    let stale = [update(1, 0, 1), end(1), read(2, 0), end(2)];
    assert_eq!(judged(&stale), Standing::Broken(id(2)));
    // Two readers that follow each other see the update, and then don't.
    let back = [update(1, 0, 1), read(2, 1), end(2), read(3, 0), end(3), end(1)];
    assert_eq!(judged(&back), Standing::Broken(id(3)));
}

#[test]
fn lost_updates_are_rejected() {
    let both = [update(1, 0, 1), update(2, 0, 2), end(1), end(2)];
    assert_eq!(judged(&both), Standing::Broken(id(2)));
    let gone = [update(1, 0, 1), end(1), update(2, 0, 2), end(2)];
    assert_eq!(judged(&gone), Standing::Broken(id(2)));
    assert_eq!(judged(&[asked(1, Effect::Missing(version(1))), end(1)]), Standing::Broken(id(1)));
}

#[test]
fn a_read_of_what_comes_later_is_rejected() {
    assert_eq!(judged(&[read(2, 1), end(2), update(1, 0, 1), end(1)]), Standing::Broken(id(2)));
}

#[test]
fn open_calls_may_come_at_any_time_or_never() {
    let open = [asked(1, Effect::Open), Event::Made(id(1), change(0, 1))];
    let with = |rest: &[Event]| judged(&[&open, rest].concat());
    assert_eq!(with(&[read(2, 0), end(2), read(2, 1), end(2)]), Standing::Fine);
    assert_eq!(with(&[read(2, 0), end(2), update(3, 0, 5), end(3)]), Standing::Fine);
    assert_eq!(with(&[read(2, 1), end(2), update(3, 1, 5), end(3)]), Standing::Fine);
    // Once it has come it stays, and comes no second time.
    assert_eq!(with(&[read(2, 1), end(2), read(2, 0), end(2)]), Standing::Broken(id(2)));
    let again = Event::Made(id(1), change(1, 2));
    assert_eq!(with(&[read(2, 1), end(2), again, read(2, 2), end(2)]), Standing::Broken(id(2)));
    assert_eq!(with(&[update(3, 0, 1), end(3), again, read(2, 2), end(2)]), Standing::Fine);
    // Nobody made that yet.
    assert_eq!(judged(&[asked(1, Effect::Open), read(2, 1), end(2)]), Standing::Broken(id(2)));
}

#[test]
fn memory_is_for_what_is_open() {
    let mut register = Register::new();
    for counter in 0..1_000 {
        let events = [
            asked(9 + counter, Effect::Open),
            Event::Made(id(9 + counter), change(2 * counter, 2 * counter + 1)),
            read(2, 2 * counter + 1),
            end(2),
            update(3, 2 * counter + 1, 2 * counter + 2),
            end(3),
        ];
        assert_eq!(standing(&mut register, &events), Standing::Fine);
    }
    assert_eq!((register.states.len(), register.open.len(), register.fits.len()), (1, 0, 0));
    assert_eq!(register.stands().into_iter().collect::<Vec<_>>(), [version(2_000)]);
}

/// Twelve open updates, each on top of any other: too many orders to look at.
#[test]
fn what_takes_too_long_is_undecided() {
    let mut events = Vec::new();
    for client in 1..=12 {
        events.push(asked(client, Effect::Open));
        for from in (0..=12).filter(|&from| from != client) {
            events.push(Event::Made(id(client), change(from, client)));
        }
    }
    events.extend([read(99, 77), end(99)]);
    assert_eq!(standing(&mut Register::with_budget(1_000), &events), Standing::Undecided);
    let mut small = events.clone();
    small.retain(|event| !matches!(event, Event::Made(_, change) if change.from.counter > 0));
    assert_eq!(judged(&small), Standing::Broken(id(99)));
}

/// A call of a drawn history: asked and answered at places in it.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    asked: u32,
    answered: u32,
    effect: Effect,
    /// What an open call makes.
    makes: [Change; 2],
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        3 => (0..3_u32).prop_map(|counter| Effect::Read(version(counter))),
        3 => (0..3_u32, 0..3_u32).prop_map(|(from, to)| Effect::Changed(change(from, to))),
        1 => Just(Effect::Open),
    ]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let makes = [(); 2].map(|()| (0..3_u32, 0..3_u32).prop_map(|(from, to)| change(from, to)));
    (0..12_u32, 0..6_u32, effect(), makes).prop_map(|(asked, takes, effect, makes)| Drawn {
        asked: 2 * asked,
        answered: 2 * (asked + takes) + 1,
        effect,
        makes,
    })
}

fn events(calls: &[Drawn]) -> Vec<Event> {
    let mut events = Vec::new();
    for (client, call) in (1..).zip(calls) {
        events.push((call.asked, client, asked(client, call.effect)));
        if call.effect == Effect::Open {
            events.extend(
                call.makes.map(|makes| (call.asked, client, Event::Made(id(client), makes))),
            );
        } else {
            events.push((call.answered, client, end(client)));
        }
    }
    events.sort_by_key(|&(at, client, _)| (at, client));
    events.into_iter().map(|(_, _, event)| event).collect()
}

/// Whether the calls that are left can follow each other from `stands` on: every order is tried.
fn some_order(calls: &[Drawn], left: &[bool], stands: Version) -> bool {
    let first_end =
        calls.iter().zip(left).filter(|(call, left)| **left && call.effect != Effect::Open);
    let Some(first_end) = first_end.map(|(call, _)| call.answered).min() else { return true };
    (0..calls.len()).filter(|&next| left[next] && calls[next].asked < first_end).any(|next| {
        let mut rest = left.to_vec();
        rest[next] = false;
        let call = &calls[next];
        let fits = |change: &Change| change.from == stands && some_order(calls, &rest, change.to);
        match call.effect {
            Effect::Read(version) => version == stands && some_order(calls, &rest, stands),
            Effect::Changed(change) => fits(&change),
            Effect::Missing(_) => false,
            Effect::Open => call.makes.iter().any(fits),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// The order of answers, the memory of states and the haste of reads lose nothing.
    #[test]
    fn it_says_what_trying_every_order_says(calls in prop::collection::vec(drawn(), 0..7)) {
        let linearizable = some_order(&calls, &vec![true; calls.len()], Version::ZERO);
        let standing = judged(&events(&calls));
        prop_assert_eq!(standing == Standing::Fine, linearizable, "{:?}", standing);
    }
}

#[test]
fn drawn_histories_are_of_both_kinds() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let histories = prop::collection::vec(drawn(), 1..7);
    let fine = (0..500).filter(|_| {
        let calls = histories.new_tree(&mut runner).unwrap().current();
        judged(&events(&calls)) == Standing::Fine
    });
    let fine = fine.count();
    assert!((50..450).contains(&fine), "{fine} of 500 are linearizable");
}

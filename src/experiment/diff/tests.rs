//! Runs that differ where it is known.

use super::record::{Keep, Record, Seen};
use super::side::Side;
use super::{Compared, Parting, compare};
use crate::experiment::checkpoints::Watch;
use crate::node::{NodeId, Time};
use crate::observe::trace::Input;
use crate::scenario::{LoadOptions, Scenario, load_str};
use std::path::Path;
use std::sync::atomic::AtomicBool;

fn scenario(protocol: &str, more: &str) -> Scenario {
    let text = format!(
        "schema = 1\nname = \"t\"\nduration = \"60s\"\ndrain = \"0s\"\n[protocol.{protocol}]\n\
         [peers]\ncount = 12\n[clients]\ncount = 20\n[network]\nduplicate = \"1%\"\n\
         [workload]\nrate = \"0.5/s\"\n{more}"
    );
    let options = LoadOptions::default();
    load_str(&text, "t", Path::new(""), &options).expect("it is valid").scenario
}

fn watched<T>(what: impl FnOnce(&mut Watch<'_>) -> Option<T>) -> T {
    let stop = AtomicBool::new(false);
    what(&mut Watch { stop: &stop, progress: &mut |_| {} }).expect("nobody stops it")
}

fn compared(sides: [&Side<'_>; 2], sizes: (u32, u64)) -> Compared {
    watched(|watch| compare(sides, sizes, watch))
}

fn parting(sides: [&Side<'_>; 2], sizes: (u32, u64)) -> Parting {
    compared(sides, sizes).parting.expect("they differ")
}

/// All steps of a run.
fn steps(side: &Side<'_>) -> Vec<Seen> {
    watched(|watch| side.record(Time::NEVER, 0, watch)).steps().to_vec()
}

/// The first steps that differ, by looking at all of them.
fn oracle(one: &[Seen], other: &[Seen]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one.digest == other.digest).count()
}

/// One draw of one node is skipped; the difference is what that step caused.
#[test]
fn a_perturbed_draw_is_traced_to_its_step() {
    // Who loses the race for a lock draws how long to wait.
    let race = "mix = { update = \"100%\" }\nobjects = { count = 2 }\n";
    let scenario = scenario("clippee", race);
    let plain = Side::new(&scenario);
    let all = steps(&plain);
    let is_reply =
        |step: &&Seen| matches!(&step.input, Input::Message { kind, .. } if kind == "lock_reply");
    let late = all.iter().filter(|step| step.at.seconds() > 20.0).filter(is_reply);
    let (mut at_once, mut later, mut nowhere) = (0, 0, 0);
    for step in late.step_by(5).take(60) {
        let mut perturbed = Side::new(&scenario);
        perturbed.perturbed = Some((step.node, step.number));
        let others = steps(&perturbed);
        let same = oracle(&all, &others);
        if same == all.len() {
            assert_eq!(compared([&plain, &perturbed], (10, 300)).parting, None);
            nowhere += 1;
            continue;
        }
        let found = parting([&plain, &perturbed], (10, 300));
        assert_eq!(found.same_steps, same as u64);
        assert_eq!(
            found.sides.each_ref().map(|side| side.first()),
            [all.get(same), others.get(same)]
        );
        // Of the two steps, the earlier one is what the draw changed. If the node draws nothing in
        // the step, its next draw is another one, in a later step of its own.
        let causes = found.sides.iter().filter_map(|side| side.first()?.cause);
        let mut own = causes.filter(|cause| cause.node == step.node);
        let cause = own.find(|cause| cause.number >= step.number).expect("a step of the node");
        if cause.number == step.number {
            at_once += 1;
        } else {
            later += 1;
        }
    }
    println!("{at_once} at once, {later} later, {nowhere} nowhere");
    assert!(at_once >= 5, "{at_once} at once, {later} later, {nowhere} nowhere");
}

#[test]
fn every_size_of_passes_finds_the_same() {
    let (one, other) = (
        scenario("clippee", ""),
        scenario("clippee", "[[event]]\nat = \"30s\"\nfor = \"9s\"\nsurge = { rate = 3 }\n"),
    );
    let sides = [&Side::new(&one), &Side::new(&other)];
    let all = [steps(sides[0]), steps(sides[1])];
    let same = oracle(&all[0], &all[1]);
    let expected = parting(sides, (1_000, 100_000));
    assert_eq!(expected.same_steps, same as u64);
    assert_eq!(expected.sides[1][0], all[1][same]);
    assert!(matches!(expected.sides[1][0].input, Input::Operation { .. }), "{expected:?}");
    for sizes in [(2, 10), (7, 1), (100, 5_000)] {
        assert_eq!(parting(sides, sizes), expected, "{sizes:?}");
    }
}

#[test]
fn causes_lead_back_to_the_world() {
    let scenario = scenario("clippee", "");
    let side = Side::new(&scenario);
    let all = steps(&side);
    // A read's request at its access peer: asked for at a client, by the workload.
    let request = all
        .iter()
        .find(|step| matches!(&step.input, Input::Message { kind, .. } if kind == "request"));
    let request = request.expect("clients ask peers");
    let asked = request.cause.expect("somebody sent it");
    let found = watched(|watch| side.find(asked, watch)).expect("it is there");
    assert_eq!((found.node, found.number, found.at), (asked.node, asked.number, asked.at));
    assert!(asked.node > NodeId(12), "{found:?}");
    assert!(all.contains(&found));
    // A record that holds it finds it too.
    let kept = watched(|watch| side.record(Time::NEVER, 0, watch));
    assert_eq!(kept.find(asked), Some(&found));
    assert_eq!(Record::new(Keep::Only(asked)).find(asked), None);
}

#[test]
fn a_run_that_ends_earlier_has_no_step_where_the_other_goes_on() {
    let long = scenario("clippee", "");
    let short = Scenario { drain: Some(crate::node::Span::ZERO), ..long.clone() };
    let long = Scenario { drain: Some(crate::node::Span::from_secs(5)), ..long };
    let found = parting([&Side::new(&short), &Side::new(&long)], (50, 1_000));
    assert!(found.sides[0].is_empty(), "{found:?}");
    assert!(found.sides[1][0].at.seconds() > 60.0);
}

#[test]
fn other_protocols_differ_and_equal_runs_do_not() {
    let (one, other) = (scenario("clippee", ""), scenario("client_server", ""));
    let found = parting([&Side::new(&one), &Side::new(&other)], (100, 1_000));
    assert!(found.same_steps >= 12, "all boot alike");
    let same = compared([&Side::new(&one), &Side::new(&one)], (100, 1_000));
    assert!(same.parting.is_none() && same.same.unwrap().steps > 1_000);
}

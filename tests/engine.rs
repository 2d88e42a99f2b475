//! The engine with a toy protocol: queues, crashes and counts.

mod support;
mod toy;

use clippee_sim::node::*;
use clippee_sim::sim::{Action, Scripted, Simulation};
use support::{constant, plan};
use toy::Toy;

const DELAY: Span = Span::from_millis(10);

/// Gathers what became of messages, and how long each took beyond its latency.
#[derive(Default)]
struct Watch {
    sent: u64,
    handled: u64,
    dropped: [u64; DropCause::ALL.len()],
    extra: Vec<Span>,
}

impl Observer<Toy> for Watch {
    fn step(&mut self, step: &Step<'_, Toy>) {
        if let Happening::Message { message, .. } = step.happening {
            self.handled += 1;
            self.extra.push(step.at.since(message.0 + DELAY));
        }
    }
    fn sent(&mut self, _: Time, _: NodeId, _: NodeId, _: usize, _: u32) {
        self.sent += 1;
    }
    fn dropped(&mut self, _: Time, _: NodeId, _: NodeId, _: usize, _: u32, cause: DropCause) {
        self.dropped[cause as usize] += 1;
    }
}

fn update() -> Action {
    Action::Issue(Operation::Update { object: ObjectId(0) })
}

/// CLIPPEE 9: the M/D/1 mean wait is s u / (2 (1 - u)).
#[test]
fn the_service_queue_waits_as_queueing_theory_says() {
    // Means of dependent waits converge slowly near saturation; the full run is in scripts/.
    for (load, expected_ms, tolerance) in
        [(0.5, 0.500, 0.02), (0.7, 1.167, 0.03), (0.9, 4.500, 0.08)]
    {
        let service = Span::from_millis(1);
        let clients = 500;
        let rate = load * 1000.0 / f64::from(clients);
        let mut plan = plan::<Toy>((), (), (1, clients), rate, &constant(DELAY));
        plan.peers.service_time = service;
        plan.end = Time::ZERO + Span::from_secs(400);
        let mut run = Simulation::new(plan, Watch::default());
        run.run_to_end();
        let waits = &run.observer().extra;
        let mean = waits.iter().map(|extra| extra.less(service).millis()).sum::<f64>()
            / waits.len() as f64;
        let error = (mean / expected_ms - 1.0).abs();
        assert!(error < tolerance, "load {load}: {mean} ms, not {expected_ms} ms");
    }
}

#[test]
fn an_uplink_sends_one_message_after_the_other() {
    let mut plan = plan::<Toy>((), (), (1, 1), 0.0, &constant(DELAY));
    // 1000 bytes at 1 Mbit/s: 8 ms each.
    plan.uplink = Some(1_000_000);
    plan.end = Time::ZERO + Span::from_secs(10);
    let script = |ms| Scripted {
        at: Time::ZERO + Span::from_millis(ms),
        node: Some(NodeId(2)),
        action: update(),
    };
    plan.script = vec![script(100), script(101), script(200)];
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let extra: Vec<u64> =
        run.observer().extra.iter().map(|extra| extra.nanos() / 1_000_000).collect();
    assert_eq!(extra, [8, 15, 8]);
}

#[test]
fn a_crash_loses_the_uplink_queue_but_not_what_has_left() {
    let mut plan = plan::<Toy>((), (), (1, 1), 0.0, &constant(DELAY));
    plan.uplink = Some(1_000_000);
    plan.end = Time::ZERO + Span::from_secs(10);
    let at = |ms, action| Scripted {
        at: Time::ZERO + Span::from_millis(ms),
        node: Some(NodeId(2)),
        action,
    };
    plan.script = vec![at(100, update()), at(101, update()), at(110, Action::Crash)];
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.observer();
    assert_eq!((watch.sent, watch.handled), (2, 1));
    assert_eq!(watch.dropped[DropCause::Crash as usize], 1);
}

#[test]
fn a_crash_loses_the_service_queue_and_what_comes_later_finds_nobody() {
    let mut plan = plan::<Toy>((), (), (1, 1), 0.0, &constant(DELAY));
    plan.peers.service_time = Span::from_millis(5);
    plan.end = Time::ZERO + Span::from_secs(10);
    let at = |ms, node, action| Scripted {
        at: Time::ZERO + Span::from_millis(ms),
        node: Some(NodeId(node)),
        action,
    };
    plan.script = vec![
        at(100, 2, update()),
        at(101, 2, update()),
        at(108, 2, update()),
        at(116, 1, Action::Crash),
    ];
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    let watch = run.observer();
    assert_eq!((watch.sent, watch.handled), (3, 1));
    assert_eq!(watch.dropped[DropCause::Crash as usize], 1);
    assert_eq!(watch.dropped[DropCause::Dead as usize], 1);
}

#[test]
fn runs_in_pieces_are_the_same_run() {
    let build = || {
        let mut plan = plan::<Toy>((), (), (3, 50), 5.0, &constant(DELAY));
        plan.peers.service_time = Span::from_millis(2);
        plan.end = Time::ZERO + Span::from_secs(20);
        Simulation::new(plan, Watch::default())
    };
    let (mut whole, mut pieces) = (build(), build());
    whole.run_to_end();
    let mut until = Time::ZERO;
    while until < Time::ZERO + Span::from_secs(20) {
        until += Span::from_millis(333);
        while !pieces.run(until, 7) {}
    }
    assert!(whole.events() > 5_000);
    assert_eq!(whole.events(), pieces.events());
    assert_eq!(whole.observer().extra, pieces.observer().extra);
}

/// When each client booted.
#[derive(Default)]
struct Boots(Vec<Time>);

impl Observer<Toy> for Boots {
    fn step(&mut self, step: &Step<'_, Toy>) {
        if step.role == Role::Client && matches!(step.happening, Happening::Boot) {
            self.0.push(step.at);
        }
    }
}

#[test]
fn clients_boot_evenly_over_the_time_they_are_given() {
    let mut plan = plan::<Toy>((), (), (1, 4), 0.0, &constant(DELAY));
    // Longer than 2^32 ns between two: the spacing needs more than one word of its event.
    plan.clients.boot_within = Span::from_secs(40);
    plan.end = Time::ZERO + Span::from_secs(60);
    let mut run = Simulation::new(plan, Boots::default());
    run.run_to_end();
    let seconds = run.observer().0.iter().map(|at| at.since(Time::ZERO).nanos() / 1_000_000_000);
    assert_eq!(seconds.collect::<Vec<_>>(), [0, 10, 20, 30]);
}

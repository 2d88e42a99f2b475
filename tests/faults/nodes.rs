//! Faults of single nodes, with the toy protocol: to the nanosecond.

use crate::support::{constant, plan};
use crate::toy::Toy;
use clippee_sim::node::*;
use clippee_sim::sim::fault::{Cast, Fault, FaultConfig, Schedule, Scope, Skew, Targets};
use clippee_sim::sim::{Action, Plan, Scripted, Simulation};

const DELAY: Span = Span::from_millis(10);

fn ms(ms: u64) -> Time {
    Time::ZERO + Span::from_millis(ms)
}

/// Everything of note, in order.
#[derive(Default)]
struct Watch {
    /// When peer 1 handled messages, and the clock of their sender when it sent them.
    handled: Vec<(Time, Time)>,
    asked: Vec<Time>,
    boots: Vec<(NodeId, Time)>,
    crashes: Vec<(NodeId, Time)>,
    dropped: Vec<(Time, DropCause)>,
}

impl Observer<Toy> for Watch {
    fn step(&mut self, step: &Step<'_, Toy>) {
        match step.happening {
            Happening::Message { message, .. } => self.handled.push((step.at, message.0)),
            Happening::Operation { .. } => self.asked.push(step.at),
            Happening::Boot if step.at > Time::ZERO + Span::from_secs(1) => {
                self.boots.push((step.node, step.at));
            }
            Happening::Stop { crash: true } => self.crashes.push((step.node, step.at)),
            _ => {}
        }
    }
    fn dropped(&mut self, at: Time, _: NodeId, _: NodeId, _: usize, _: u32, cause: DropCause) {
        self.dropped.push((at, cause));
    }
}

/// Peer 1 and clients 2 and 3; client 2 sends a message at each of `sends`.
fn run(faults: &[(u64, u64, Fault)], service: Span, sends: &[u64]) -> Watch {
    let mut plan: Plan<Toy> = plan::<Toy>((), (), (1, 2), 0.0, &constant(DELAY));
    plan.peers.service_time = service;
    plan.end = ms(20_000);
    let send = |&at: &u64| Scripted {
        at: ms(at),
        node: Some(NodeId(2)),
        action: Action::Issue(Operation::Update { object: ObjectId(0) }),
    };
    plan.script = sends.iter().map(send).collect();
    let span = Span::from_millis;
    let config = |(at, lasts, what): &(u64, u64, Fault)| FaultConfig {
        at: span(*at),
        lasts: span(*lasts),
        what: what.clone(),
    };
    let configs: Vec<FaultConfig> = faults.iter().map(config).collect();
    let cast = Cast { peers: 1, clients: 2, network: &plan.network };
    plan.faults = Schedule::new(&configs, cast, Scope::default(), (ms(15_000), 1));
    let mut run = Simulation::new(plan, Watch::default());
    run.run_to_end();
    run.into_observer()
}

fn peer() -> Targets {
    Targets::Named { peers: vec![1], clients: vec![] }
}

fn client() -> Targets {
    Targets::Named { peers: vec![], clients: vec![1] }
}

fn handled(watch: &Watch) -> Vec<Time> {
    watch.handled.iter().map(|&(at, _)| at).collect()
}

#[test]
fn a_paused_node_handles_what_waited_one_after_the_other() {
    let pause = || vec![(2_000, 1_000, Fault::Pause { targets: peer() })];
    // The first is in service when the pause begins, and starts over; the last one queues up.
    let sends = [1_988, 2_100, 2_500, 2_992];
    let watch = run(&pause(), Span::from_millis(5), &sends);
    assert_eq!(handled(&watch), [ms(3_005), ms(3_010), ms(3_015), ms(3_020)]);
    let watch = run(&pause(), Span::ZERO, &[1_985, 2_100, 2_500, 2_995]);
    assert_eq!(handled(&watch), [ms(1_995), ms(3_000), ms(3_000), ms(3_005)]);
}

#[test]
fn a_long_queue_takes_as_long_after_a_pause_as_without() {
    let sends: Vec<u64> = (0..400).map(|n| 1_900 + n).collect();
    let service = Span::from_millis(5);
    let plain = handled(&run(&[], service, &sends));
    let paused = run(&[(2_000, 1_000, Fault::Pause { targets: peer() })], service, &sends);
    let late: Vec<Span> =
        handled(&paused).iter().zip(&plain).map(|(late, at)| late.since(*at)).collect();
    assert_eq!(late.len(), 400);
    // What was handled before it isn't late; the one in service starts over.
    assert!(late.iter().take(17).all(|&late| late == Span::ZERO), "{late:?}");
    let (least, most) = (Span::from_millis(1_000), Span::from_millis(1_005));
    assert!(late.iter().skip(18).all(|late| (least..=most).contains(late)), "{late:?}");
}

#[test]
fn pauses_that_overlap_are_one_and_operations_wait_too() {
    let pause = |at, lasts| (at, lasts, Fault::Pause { targets: client() });
    let watch = run(&[pause(2_000, 1_000), pause(2_500, 1_000)], Span::ZERO, &[2_100, 3_100]);
    assert_eq!(watch.asked, [ms(3_500), ms(3_500)]);
}

#[test]
fn a_crash_loses_what_waits_and_the_node_comes_back() {
    let faults = [
        (2_000, 1_000, Fault::Pause { targets: peer() }),
        (2_500, 2_000, Fault::Crash { targets: peer(), loses_disk: false }),
    ];
    let watch = run(&faults, Span::ZERO, &[2_100, 3_500, 4_600]);
    assert_eq!(watch.crashes, [(NodeId(1), ms(2_500))]);
    assert_eq!(watch.dropped, [(ms(2_500), DropCause::Crash), (ms(3_510), DropCause::Dead)]);
    assert_eq!(watch.boots, [(NodeId(1), ms(4_500))]);
    assert_eq!(handled(&watch), [ms(4_610)]);
}

#[test]
fn crashes_that_overlap_last_until_the_last_is_over() {
    let crash = |at, lasts| (at, lasts, Fault::Crash { targets: peer(), loses_disk: false });
    let watch = run(&[crash(2_000, 1_000), crash(2_500, 1_000)], Span::ZERO, &[]);
    assert_eq!(watch.crashes, [(NodeId(1), ms(2_000))]);
    assert_eq!(watch.boots, [(NodeId(1), ms(3_500))]);
}

#[test]
fn a_clock_is_the_nodes_own_and_steps_are_told_in_true_time() {
    let fault = |skew| vec![(2_000, 2_000, Fault::Clock { targets: client(), skew })];
    let sent = |skew| {
        let watch = run(&fault(skew), Span::ZERO, &[1_000, 3_000, 5_000]);
        assert_eq!(handled(&watch), [ms(1_010), ms(3_010), ms(5_010)]);
        watch.handled.iter().map(|&(_, clock)| clock).collect::<Vec<_>>()
    };
    assert_eq!(sent(Skew::Behind(Span::from_millis(500))), [ms(1_000), ms(2_500), ms(5_000)]);
    assert_eq!(sent(Skew::Ahead(Span::from_millis(500))), [ms(1_000), ms(3_500), ms(5_500)]);
    assert_eq!(sent(Skew::Drift(0.1)), [ms(1_000), ms(3_100), ms(5_200)]);
    assert_eq!(sent(Skew::Drift(-0.1)), [ms(1_000), ms(2_900), ms(5_000)]);
}

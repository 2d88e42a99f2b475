//! The workload of groups, as the engine issues it to a toy protocol.

mod support;
mod toy;

use clippee_sim::node::*;
use clippee_sim::sim::churn::{ChurnConfig, Law};
use clippee_sim::sim::network::Network;
use clippee_sim::sim::population::Population;
use clippee_sim::sim::workload::{
    Change, GroupsConfig, LoadChange, Popularity, Sizes, Workload, WorkloadConfig,
};
use clippee_sim::sim::{Group, Plan, Simulation};
use std::collections::{BTreeMap, BTreeSet};
use support::{constant, plan};
use toy::Toy;

const PEERS: u32 = 3;
const CLIENTS: u32 = 400;
const OBJECTS: u32 = 10;
const DURATION: Time = secs(600);

const fn secs(s: u64) -> Time {
    Time::from_nanos(s * 1_000_000_000)
}

fn groups(sizes: &[u32]) -> GroupsConfig {
    GroupsConfig {
        count: sizes.len() as u32,
        clients: CLIENTS,
        sizes: Sizes::List(sizes.to_vec()),
        message_bytes: 200,
        total: 1.0,
        senders: None,
        stay: Span::NEVER,
        away: Span::NEVER,
        ramp: Span::from_secs(10),
        burst: 1.0,
        burst_gap: Span::from_millis(100),
    }
}

fn load(groups: GroupsConfig, changes: &[LoadChange], churn: ChurnConfig) -> Plan<Toy> {
    let mut plan = plan::<Toy>((), (), (PEERS, CLIENTS), 1.0, &constant(Span::from_millis(10)));
    let config = WorkloadConfig {
        rate: 0.05,
        mix: vec![(OperationKind::Read, 0.5), (OperationKind::Multicast, 0.5)],
        objects: OBJECTS,
        popularity: Popularity::Uniform,
        object_bytes: 1024,
        groups: Some(groups),
        changes: changes.to_vec(),
    };
    let people = Population {
        count: CLIENTS,
        leave_grace: Span::from_secs(5),
        service_time: Span::ZERO,
        boot_within: Span::from_secs(1),
        churn,
    };
    plan.clients = Group::new(&people, NodeId(PEERS + 1), plan.seed);
    let identities = plan.clients.identities;
    plan.network =
        Network::new(&constant(Span::from_millis(10)), (PEERS + identities) as usize, plan.seed)
            .into();
    plan.workload = Workload::new(&config, PEERS, identities, plan.seed);
    plan.duration = DURATION;
    plan.end = DURATION + Span::from_secs(30);
    plan
}

/// Follows who is in which group, and refuses what no application would do.
#[derive(Default)]
struct Roll {
    /// When each client that runs booted, and whether it says goodbye.
    running: BTreeMap<NodeId, (Time, bool)>,
    members: BTreeSet<(NodeId, ObjectId)>,
    ids: BTreeSet<OperationId>,
    issued: BTreeMap<(OperationKind, ObjectId), Vec<(Time, NodeId)>>,
    /// Members of group 0 at each minute.
    by_minute: Vec<usize>,
    latest_first_join: Span,
}

impl Roll {
    fn forget(&mut self, node: NodeId) {
        self.running.remove(&node);
        self.members.retain(|&(member, _)| member != node);
    }

    fn operation(&mut self, at: Time, id: OperationId, operation: &Operation) {
        let node = id.client;
        assert!(at < DURATION && self.ids.insert(id), "{id:?} at {at:?}");
        let (booted, leaving) = self.running[&node];
        assert!(!leaving, "{node} asks while it says goodbye");
        let object = operation.object().unwrap();
        let is_group = object.0 >= OBJECTS;
        match operation {
            Operation::Join { group } => {
                assert!(is_group && self.members.insert((node, *group)), "{node} joined already");
                self.latest_first_join = self.latest_first_join.max(at.since(booted));
            }
            Operation::Leave { group } => assert!(self.members.remove(&(node, *group))),
            Operation::Multicast { group, .. } => {
                assert!(self.members.contains(&(node, *group)), "{node} isn't in {group:?}");
            }
            Operation::Read { .. } => assert!(!is_group),
            other => panic!("{other:?}"),
        }
        self.issued.entry((operation.kind(), object)).or_default().push((at, node));
    }

    fn count(&self, kind: OperationKind, group: u32) -> usize {
        self.times(kind, group).len()
    }

    fn times(&self, kind: OperationKind, group: u32) -> &[(Time, NodeId)] {
        self.issued.get(&(kind, ObjectId(OBJECTS + group))).map_or(&[], Vec::as_slice)
    }
}

impl Observer<Toy> for Roll {
    fn step(&mut self, step: &Step<'_, Toy>) {
        while secs(60 * (self.by_minute.len() as u64 + 1)) < step.at {
            let of_first = self.members.iter().filter(|(_, group)| group.0 == OBJECTS);
            self.by_minute.push(of_first.count());
        }
        match &step.happening {
            Happening::Boot => {
                self.running.insert(step.node, (step.at, false));
            }
            Happening::Leave => {
                self.running.entry(step.node).and_modify(|(_, leaving)| *leaving = true);
            }
            Happening::Stop { .. } => self.forget(step.node),
            Happening::Operation { id, operation } => self.operation(step.at, *id, operation),
            _ => {}
        }
    }
}

fn run(plan: Plan<Toy>) -> Roll {
    let mut run = Simulation::new(plan, Roll::default());
    run.run_to_end();
    run.into_observer()
}

fn change(at: u64, lasts: u64, what: Change) -> LoadChange {
    LoadChange { at: Span::from_secs(at), lasts: Span::from_secs(lasts), what }
}

#[test]
fn members_join_after_the_boot_and_stay() {
    let roll = run(load(groups(&[200, 30]), &[], ChurnConfig::None));
    assert_eq!((roll.count(OperationKind::Join, 0), roll.count(OperationKind::Join, 1)), (200, 30));
    assert_eq!(roll.count(OperationKind::Leave, 0), 0);
    assert!(roll.latest_first_join <= Span::from_secs(10), "{:?}", roll.latest_first_join);
    assert!(roll.latest_first_join > Span::from_secs(9), "spread over the ramp");
    // Who is in one or both sends 0.025 a second, for 10 minutes.
    let sent = roll.count(OperationKind::Multicast, 0) + roll.count(OperationKind::Multicast, 1);
    let senders = roll.members.iter().map(|(node, _)| node).collect::<BTreeSet<_>>().len();
    let expected = 15 * senders;
    assert!(sent.abs_diff(expected) < expected / 10, "{sent} of {expected}");
    let reads: usize = (roll.issued.iter())
        .filter(|((kind, _), _)| *kind == OperationKind::Read)
        .map(|(_, v)| v.len())
        .sum();
    assert!(reads.abs_diff(6_000) < 400, "{reads}");
}

#[test]
fn turnover_keeps_the_size() {
    let minute = Span::from_secs(60);
    let config = GroupsConfig { stay: minute, away: minute, ..groups(&[100]) };
    let roll = run(load(config, &[], ChurnConfig::None));
    let mean = roll.by_minute.iter().sum::<usize>() / roll.by_minute.len();
    // Ten samples of 200 places, each taken half of the time: standard deviation 7 each.
    assert!(mean.abs_diff(100) < 12, "{:?}", roll.by_minute);
    let leaves = roll.count(OperationKind::Leave, 0);
    // A hundred members, each for a minute: a thousand leaves in ten.
    assert!(leaves.abs_diff(1000) < 120, "{leaves}");
}

#[test]
fn clients_that_come_back_join_again_and_sizes_count_those_online() {
    let law = |s| Law::Exponential { mean: Span::from_secs(s) };
    let churn = ChurnConfig::Renewal { session: law(120), gap: law(240), crash: 0.5 };
    let minute = Span::from_secs(60);
    let config = GroupsConfig { stay: minute, away: minute, ..groups(&[100]) };
    let roll = run(load(config, &[], churn));
    let mean = roll.by_minute.iter().sum::<usize>() / roll.by_minute.len();
    // A boot's ramp of 10 s is missing from each session of 120 s: about 4 %.
    assert!(mean.abs_diff(96) < 15, "{:?}", roll.by_minute);
    assert!(roll.count(OperationKind::Join, 0) > 1000);
}

#[test]
fn a_crowd_comes_once_and_in_time() {
    let crowd = change(120, 60, Change::Crowd { group: 0, clients: 300 });
    let config = GroupsConfig { senders: Some(3), ..groups(&[20]) };
    let roll = run(load(config, &[crowd], ChurnConfig::None));
    let joins = roll.times(OperationKind::Join, 0);
    let nodes: BTreeSet<NodeId> = joins.iter().map(|(_, node)| *node).collect();
    assert_eq!((joins.len(), nodes.len()), (320, 320));
    let crowd: Vec<_> = joins.iter().filter(|(at, _)| *at > secs(20)).collect();
    assert_eq!(crowd.len(), 300);
    assert!(crowd.iter().all(|(at, _)| (secs(120)..secs(180)).contains(at)));
    let late = crowd.iter().filter(|(at, _)| *at > secs(150)).count();
    assert!(late.abs_diff(150) < 45, "{late} in the second half");
    let senders: BTreeSet<NodeId> =
        roll.times(OperationKind::Multicast, 0).iter().map(|(_, node)| *node).collect();
    assert_eq!(senders.len(), 3);
}

#[test]
fn an_exodus_leaves_and_a_surge_hurries() {
    let changes = [
        change(120, 10, Change::Exodus { group: 0, share: 1.0 }),
        change(300, 100, Change::Surge { rate: 4.0 }),
    ];
    let roll = run(load(groups(&[50, 350]), &changes, ChurnConfig::None));
    let leaves = roll.times(OperationKind::Leave, 0);
    assert_eq!(leaves.len(), 50);
    assert!(leaves.iter().all(|(at, _)| (secs(120)..secs(130)).contains(at)));
    let sent = roll.times(OperationKind::Multicast, 1);
    let count =
        |from, to| sent.iter().filter(|(at, _)| (secs(from)..secs(to)).contains(at)).count();
    // About 8.75 a second, and four times as many: standard deviations 30 and 60.
    let (before, meanwhile) = (count(180, 280), count(300, 400));
    assert!(meanwhile.abs_diff(4 * before) < 600, "{before} {meanwhile}");
}

#[test]
fn rows_of_messages_go_to_one_group() {
    let config = GroupsConfig { burst: 5.0, ..groups(&[300, 300]) };
    let roll = run(load(config, &[], ChurnConfig::None));
    let all: Vec<_> = (0..2)
        .flat_map(|group| {
            roll.times(OperationKind::Multicast, group)
                .iter()
                .map(move |&(at, node)| (node, at, group))
        })
        .collect();
    let senders = roll.members.iter().map(|(node, _)| node).collect::<BTreeSet<_>>().len();
    let expected = 15 * senders;
    assert!(all.len().abs_diff(expected) < expected / 8, "{} of {expected}", all.len());
    let mut sorted = all;
    sorted.sort_unstable();
    let follows = |pair: &&[(NodeId, Time, u32)]| {
        pair[0].0 == pair[1].0 && pair[1].1.since(pair[0].1) == Span::from_millis(100)
    };
    let rows: Vec<_> = sorted.windows(2).filter(follows).collect();
    // Of five messages four follow another.
    assert!(rows.len() * 10 > sorted.len() * 7, "{} of {}", rows.len(), sorted.len());
    assert!(rows.iter().all(|pair| pair[0].2 == pair[1].2));
}

#[test]
fn the_same_seed_gives_the_same_load() {
    let minute = Span::from_secs(60);
    let config = || GroupsConfig { stay: minute, away: minute, burst: 2.0, ..groups(&[100, 9]) };
    let law = |s| Law::Exponential { mean: Span::from_secs(s) };
    let churn = || ChurnConfig::Renewal { session: law(120), gap: law(240), crash: 0.5 };
    let (one, two) = (run(load(config(), &[], churn())), run(load(config(), &[], churn())));
    assert_eq!(one.issued, two.issued);
    assert!(one.issued.len() > 4);
}

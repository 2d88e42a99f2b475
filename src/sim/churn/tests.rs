use super::*;
use std::sync::Arc;

fn hours(n: u64) -> Span {
    Span::from_secs(n * 3600)
}

fn renewal(preset_name: &str, crash: f64) -> ChurnConfig {
    let (session, gap) = preset(preset_name).expect("a preset");
    ChurnConfig::Renewal { session, gap, crash }
}

/// Whether `node` is up at `at`, by walking its phases.
fn is_up(churn: &Churn, node: NodeId, at: Time) -> bool {
    let mut up = churn.is_up_at_start(node);
    let mut began = Time::ZERO;
    for index in 0.. {
        match churn.phase_end(node, index, began) {
            Some(end) if end.at <= at => {
                assert!(end.at > began, "phases last at least a nanosecond");
                assert_eq!(end.change != Change::Boot, up, "sessions and gaps alternate");
                (up, began) = (!up, end.at);
            }
            _ => break,
        }
    }
    up
}

fn share_up(churn: &Churn, nodes: u32, at: Time) -> f64 {
    let up = (1..=nodes).filter(|&node| is_up(churn, NodeId(node), at)).count();
    up as f64 / f64::from(nodes)
}

#[test]
fn without_churn_all_stay() {
    let churn = Churn::new(&ChurnConfig::None, NodeId(1), 10, 1);
    assert!(churn.is_up_at_start(NodeId(3)));
    assert_eq!(churn.phase_end(NodeId(3), 0, Time::ZERO), None);
    assert_eq!(Churn::identities(&ChurnConfig::None, 200), 200);
}

/// In equilibrium the share online is the same at all times: a start from fresh sessions would be
/// far off in the first hours.
#[test]
fn presets_start_and_stay_in_equilibrium() {
    for name in PRESETS {
        let (session, gap) = preset(name).expect("a preset");
        let availability = session.mean_s() / (session.mean_s() + gap.mean_s());
        let nodes = 3_000;
        let churn = Churn::new(&renewal(name, 0.5), NodeId(1), nodes, 11);
        let deviation = libm::sqrt(availability * (1.0 - availability) / f64::from(nodes));
        for at in [0, 1, 6, 30] {
            let share = share_up(&churn, nodes, Time::ZERO + hours(at));
            assert!(
                (share - availability).abs() < 4.0 * deviation,
                "{name} after {at} h: {share} instead of {availability} +- {deviation}"
            );
        }
    }
}

#[test]
fn other_laws_keep_equilibrium_too() {
    let minute = Span::from_secs(60);
    let laws = [
        (Law::Pareto { shape: 2.5, min: minute }, Law::Constant(minute)),
        (Law::Lognormal { median: minute, sigma: 1.0 }, Law::Exponential { mean: minute }),
    ];
    for (session, gap) in laws {
        let availability = session.mean_s() / (session.mean_s() + gap.mean_s());
        let config = ChurnConfig::Renewal { session, gap, crash: 0.0 };
        let churn = Churn::new(&config, NodeId(1), 4_000, 5);
        for seconds in [0, 20, 90, 600] {
            let share = share_up(&churn, 4_000, Time::ZERO + Span::from_secs(seconds));
            assert!((share - availability).abs() < 0.032, "{config:?} {seconds}: {share}");
        }
    }
}

#[test]
fn phases_after_the_first_have_the_means_of_their_laws() {
    let churn = Churn::new(&renewal("exp60", 0.0), NodeId(1), 400, 2);
    let (mut sum, mut n) = (0.0, 0.0);
    for node in 1..=400 {
        let mut began = Time::ZERO;
        for index in 0..50 {
            let end = churn.phase_end(NodeId(node), index, began).expect("phases end");
            sum += end.at.since(began).seconds();
            n += 1.0;
            began = end.at;
        }
    }
    // 20,000 exponentials (residuals included: they are memoryless) of 3,600 s: standard error 25
    // s.
    let mean = sum / n;
    assert!((mean - 3600.0).abs() < 130.0, "{mean}");
}

#[test]
fn identities_are_rounded_up_from_availability() {
    assert_eq!(Churn::identities(&renewal("exp60", 0.0), 200), 400);
    let third = ChurnConfig::Renewal {
        session: Law::Constant(hours(1)),
        gap: Law::Constant(hours(2)),
        crash: 0.0,
    };
    assert_eq!(Churn::identities(&third, 200), 600);
    let (session, gap) = preset("kad").expect("a preset");
    let exact = 200.0 * (session.mean_s() + gap.mean_s()) / session.mean_s();
    let identities = f64::from(Churn::identities(&renewal("kad", 0.0), 200));
    assert!((0.0..1.0).contains(&(identities - exact)), "{identities} for {exact}");
}

#[test]
fn crashes_take_their_share_of_session_ends() {
    for (crash, range) in [(0.0, 0..=0), (0.5, 9_600..=10_400), (1.0, 20_000..=20_000)] {
        let churn = Churn::new(&renewal("exp60", crash), NodeId(1), 1_000, 3);
        let mut crashes = 0;
        for node in 1..=1_000 {
            let node = NodeId(node);
            let first_session = u32::from(!churn.is_up_at_start(node));
            for index in (0..20).map(|i| first_session + 2 * i) {
                let end = churn.phase_end(node, index, Time::ZERO).expect("sessions end");
                assert_ne!(end.change, Change::Boot);
                crashes += u32::from(end.change == Change::Crash);
            }
        }
        assert!(range.contains(&crashes), "{crash}: {crashes} of 20,000");
    }
}

#[test]
fn phases_of_length_zero_last_a_nanosecond() {
    let config = ChurnConfig::Renewal {
        session: Law::Constant(Span::from_secs(1)),
        gap: Law::Constant(Span::ZERO),
        crash: 0.0,
    };
    let churn = Churn::new(&config, NodeId(1), 1, 1);
    assert!(churn.is_up_at_start(NodeId(1)));
    let began = Time::from_nanos(500);
    let boot = PhaseEnd { at: Time::from_nanos(501), change: Change::Boot };
    assert_eq!(churn.phase_end(NodeId(1), 1, began), Some(boot));
}

fn trace(nodes: &[&[(u64, u64)]], end: u64) -> Arc<Trace> {
    let sessions = |node: &&[(u64, u64)]| {
        node.iter().map(|&(a, b)| (Span::from_secs(a), Span::from_secs(b))).collect()
    };
    Arc::new(Trace { nodes: nodes.iter().map(sessions).collect(), end: Span::from_secs(end) })
}

/// The changes of the only node of a trace, in seconds.
fn changes(sessions: &[(u64, u64)], start: u64) -> (bool, Vec<(f64, Change)>) {
    let trace = trace(&[sessions], 100);
    let config = ChurnConfig::Trace { trace, start: Span::from_secs(start), crash: 0.0 };
    let churn = Churn::new(&config, NodeId(5), 1, 1);
    let mut began = Time::ZERO;
    let mut list = Vec::new();
    while let Some(end) = churn.phase_end(NodeId(5), list.len() as u32, began) {
        list.push((end.at.seconds(), end.change));
        began = end.at;
    }
    (churn.is_up_at_start(NodeId(5)), list)
}

#[test]
fn a_trace_is_played_back_from_its_start() {
    use Change::{Boot, Leave};
    let sessions = [(10, 20), (30, 100)];
    assert_eq!(changes(&sessions, 0), (false, vec![(10.0, Boot), (20.0, Leave), (30.0, Boot)]));
    assert_eq!(changes(&sessions, 10), (true, vec![(10.0, Leave), (20.0, Boot)]));
    assert_eq!(changes(&sessions, 15), (true, vec![(5.0, Leave), (15.0, Boot)]));
    assert_eq!(changes(&sessions, 20), (false, vec![(10.0, Boot)]));
    assert_eq!(changes(&sessions, 40), (true, vec![]));
}

#[test]
fn the_last_state_stays_after_the_end_of_a_trace() {
    use Change::Leave;
    assert_eq!(changes(&[(10, 20)], 50), (false, vec![]));
    assert_eq!(changes(&[(10, 99)], 50), (true, vec![(49.0, Leave)]));
    for start in [100, 5_000] {
        assert_eq!(changes(&[(10, 100)], start), (true, vec![]), "cut off, so still there");
        assert_eq!(changes(&[(10, 99)], start), (false, vec![]));
        assert_eq!(changes(&[], start), (false, vec![]));
    }
}

#[test]
fn touching_sessions_are_a_restart() {
    use Change::{Boot, Leave};
    let (up, list) = changes(&[(10, 20), (20, 30)], 0);
    assert!(!up);
    let kinds: Vec<Change> = list.iter().map(|&(_, change)| change).collect();
    assert_eq!(kinds, [Boot, Leave, Boot, Leave]);
    assert_eq!(list[2].0.to_bits(), 20.000_000_001_f64.to_bits());
    assert_eq!(changes(&[(10, 20), (20, 30)], 20), (true, vec![(10.0, Leave)]));
}

#[test]
fn a_delayed_boot_does_not_shift_the_trace() {
    let trace = trace(&[&[(10, 20), (30, 40)]], 100);
    let config = ChurnConfig::Trace { trace, start: Span::ZERO, crash: 1.0 };
    let churn = Churn::new(&config, NodeId(1), 1, 1);
    let at = |index, began| {
        let end = churn.phase_end(NodeId(1), index, Time::ZERO + Span::from_secs(began));
        end.expect("the phase ends").at.seconds()
    };
    assert_eq!((at(1, 10).to_bits(), at(1, 15).to_bits()), (20_f64.to_bits(), 20_f64.to_bits()));
    assert!(at(1, 25) > 25.0, "a session that is over before it could begin");
}

#[test]
fn a_trace_gives_each_of_its_nodes_to_one_of_ours() {
    let lives: Vec<Vec<(u64, u64)>> = (1..=20).map(|i| vec![(i, i + 1)]).collect();
    let slices: Vec<&[(u64, u64)]> = lives.iter().map(Vec::as_slice).collect();
    let trace = trace(&slices, 1000);
    let config = ChurnConfig::Trace { trace, start: Span::ZERO, crash: 0.0 };
    assert_eq!((Churn::identities(&config, 50), Churn::identities(&config, 5)), (20, 5));
    let boots = |count: u32, seed| {
        let churn = Churn::new(&config, NodeId(7), count, seed);
        (7..7 + count)
            .map(|node| churn.phase_end(NodeId(node), 0, Time::ZERO).expect("it boots").at)
            .collect::<Vec<_>>()
    };
    let mut all = boots(20, 1);
    assert_ne!(all, boots(20, 2), "which one plays which is drawn");
    assert_eq!(all[..5], boots(5, 1), "fewer identities play the same parts");
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 20);
}

/// Any change here changes every run: it must be meant, and said in the changelog.
#[test]
fn lives_are_pinned() {
    let churn = Churn::new(&renewal("kad", 0.5), NodeId(1), 10, 1);
    let mut began = Time::ZERO;
    let mut ends = Vec::new();
    for index in 0..4 {
        let end = churn.phase_end(NodeId(2), index, began).expect("phases end");
        ends.push((end.at.nanos(), end.change));
        began = end.at;
    }
    let pinned = [
        (193_492_150_258_992, Change::Boot),
        (207_964_419_499_006, Change::Crash),
        (342_381_267_192_487, Change::Boot),
        (343_975_584_892_144, Change::Crash),
    ];
    assert_eq!(ends, pinned);
}

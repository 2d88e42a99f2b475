use super::*;
use crate::node::{OperationKind, Span};
use crate::protocol::clippee::Quorum;
use crate::protocol::overlay::Start;
use crate::sim::churn::{ChurnConfig, Law};
use crate::sim::network::Latency;
use crate::sim::workload::{Change, LoadChange, Popularity};
use proptest::prelude::*;
use std::path::Path;

const LEAST: &str = "schema = 1\nname = \"t\"\n[protocol.clippee]\n";

fn with_options(text: &str, options: &LoadOptions) -> Loaded {
    load_str(text, "t.toml", Path::new(""), options)
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)))
}

fn set(text: &str, set: &[&str]) -> Scenario {
    let set = set.iter().map(ToString::to_string).collect();
    with_options(text, &LoadOptions { set, ..LoadOptions::default() }).scenario
}

fn read(text: &str) -> Scenario {
    set(text, &[])
}

fn refused(text: &str, set: &[&str]) -> String {
    let set = set.iter().map(ToString::to_string).collect();
    let options = LoadOptions { set, ..LoadOptions::default() };
    load_str(text, "t.toml", Path::new(""), &options).unwrap_err().render(100, false)
}

fn clippee(scenario: &Scenario) -> &crate::protocol::clippee::Config {
    match &scenario.protocols[0] {
        ProtocolConfig::Clippee(config) => config,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_least_scenario_has_defaults_for_everything_else() {
    let scenario = read(LEAST);
    assert_eq!(clippee(&scenario), &crate::protocol::clippee::Config::default());
    assert_eq!((scenario.seed, scenario.drain), (1, None));
    assert_eq!(scenario.duration, Span::from_secs(600));
    assert_eq!(scenario.warmup, Span::from_secs(60));
    assert_eq!((scenario.peers.count, scenario.clients.count), (200, 1_000));
    assert_eq!(scenario.peers.churn, ChurnConfig::None);
    assert_eq!(scenario.network, crate::sim::network::NetworkConfig::default());
    let mix = [(OperationKind::Read, 0.8), (OperationKind::Update, 0.2)];
    assert_eq!(scenario.workload.mix, mix);
}

#[test]
fn short_runs_have_short_warm_ups() {
    assert_eq!(set(LEAST, &["duration=10s"]).warmup, Span::from_secs(1));
    assert_eq!(set(LEAST, &["duration=10d"]).warmup, Span::from_secs(60));
}

#[test]
fn quantities_are_exact() {
    let laws = "[peers]\n\
                churn = { session = { weibull = { shape = 0.615, scale = \"169.5min\" } }, \
                gap = { constant = \"3.66 h\" }, crash = \"12.5%\" }\n";
    let scenario = read(&format!("{LEAST}{laws}"));
    let scale = Span::from_nanos(10_170_000_000_000);
    let expected = ChurnConfig::Renewal {
        session: Law::Weibull { shape: 0.615, scale },
        gap: Law::Constant(Span::from_nanos(13_176_000_000_000)),
        crash: 0.125,
    };
    assert_eq!(scenario.peers.churn, expected);
    let scenario = set(LEAST, &["network.loss=0.1%", "workload.rate=1.2/min"]);
    assert_eq!((scenario.network.loss, scenario.workload.rate), (0.001, 0.02));
    let sizes = ["workload.objects.size=1.5KiB", "network.uplink=2.5Mbit/s"];
    let scenario = set(LEAST, &sizes);
    assert_eq!((scenario.workload.object_bytes, scenario.network.uplink), (1_536, Some(2_500_000)));
}

#[test]
fn setting_an_alternative_replaces_the_choice() {
    let text =
        format!("{LEAST}[network]\nlatency = {{ uniform = {{ min = \"1ms\", max = \"9ms\" }} }}");
    let ms = Span::from_millis;
    let latency = |settings: &[&str]| set(&text, settings).network.latency;
    assert_eq!(latency(&["network.latency.constant=50ms"]), Latency::Constant(ms(50)));
    let uniform = Latency::Uniform { min: ms(1), max: ms(20) };
    assert_eq!(latency(&["network.latency.uniform.max=20ms"]), uniform);
    assert_eq!(
        latency(&["network.latency={ exponential = \"3ms\" }"]),
        Latency::Exponential { mean: ms(3), least: Span::ZERO }
    );
    let both = ["network.latency.constant=50ms", "network.latency.exponential=7ms"];
    assert_eq!(latency(&both), Latency::Exponential { mean: ms(7), least: Span::ZERO });
}

#[test]
fn what_stands_beside_an_alternative_goes_with_it_unless_it_was_set() {
    let text = format!("{LEAST}[peers]\nchurn = {{ trace = {{ file = \"x\" }}, crash = \"10%\" }}");
    let crash = |settings: &[&str]| match set(&text, settings).peers.churn {
        ChurnConfig::Renewal { crash, .. } => crash,
        other => panic!("{other:?}"),
    };
    assert_eq!(crash(&["peers.churn.preset=kad"]), 0.5);
    assert_eq!(crash(&["peers.churn.preset=kad", "peers.churn.crash=20%"]), 0.2);
    assert_eq!(crash(&["peers.churn.crash=20%", "peers.churn.preset=kad"]), 0.2);
    let laws = ["peers.churn.session.exponential=1h", "peers.churn.gap.constant=1h"];
    assert_eq!(crash(&laws), 0.5);
    assert_eq!(set(&text, &["peers.churn=none"]).peers.churn, ChurnConfig::None);
}

#[test]
fn settings_reach_words_numbers_and_whole_tables() {
    let scenario = set(
        LEAST,
        &[
            "protocol.clippee.lock_quorum=all",
            "protocol.clippee.read_quorum=2",
            "protocol.clippee.start=join",
            "protocol.clippee.overlay.maintenance_interval=never",
            "workload.objects.popularity=uniform",
            "workload.mix={ update = \"100%\" }",
            "drain=10s",
        ],
    );
    let config = clippee(&scenario);
    assert_eq!((config.lock_quorum, config.read_quorum), (Quorum::All, Quorum::Number(2)));
    assert_eq!(config.overlay.start, Start::Join);
    assert!(config.overlay.maintenance_interval.is_never());
    assert_eq!(scenario.workload.popularity, Popularity::Uniform);
    assert_eq!(scenario.workload.mix, [(OperationKind::Update, 1.0)]);
    assert_eq!(scenario.drain, Some(Span::from_secs(10)));
}

#[test]
fn groups_are_counted_among_clients_and_leave_the_usual_mix() {
    let scenario = set(LEAST, &["workload.groups.count=3", "clients.count=400"]);
    let groups = scenario.workload.groups.unwrap();
    assert_eq!((groups.count, groups.clients, groups.size(0)), (3, 400, 400));
    assert_eq!(scenario.workload.mix.len(), 2, "multicasts must be asked for");
    assert_eq!(read(LEAST).workload.groups, None);
    let listed = set(LEAST, &["workload.groups={ sizes = { list = [90, 2] }, stay = \"5min\" }"]);
    let groups = listed.workload.groups.unwrap();
    assert_eq!((groups.count, groups.size(1), groups.turnover()), (2, 2, 2.0));
    assert_eq!(set(LEAST, &["workload.groups.senders=5"]).workload.groups, None);
}

#[test]
fn groups_and_events_come_back() {
    let rest = "[workload.groups]\nsizes = { list = [90, 2] }\nstay = \"5min\"\nburst = 2.5\n\
                [[event]]\nat = \"1min\"\nfor = \"1s\"\ncrowd = { group = 2, clients = 9 }\n\
                [[event]]\nfor = \"2s\"\nat = \"2min\"\nsurge = { rate = 0.5 }\n\
                [[event]]\nat = \"3min\"\nfor = \"1s\"\nexodus = { group = 1, share = \"5%\" }\n";
    let loaded = with_options(&format!("{LEAST}{rest}"), &LoadOptions::default());
    let changes = &loaded.scenario.workload.changes;
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[0].what, Change::Crowd { group: 1, clients: 9 });
    assert_eq!(changes[1].at, Span::from_secs(120));
    let again = with_options(&to_toml(&loaded.resolved), &LoadOptions::default());
    assert_eq!(again.scenario, loaded.scenario);
    assert_eq!(again.resolved.to_string(), loaded.resolved.to_string());
    let one = "event=[{ at = \"1s\", for = \"1s\", surge = { rate = 2 } }]";
    assert_eq!(set(&format!("{LEAST}{rest}"), &[one]).workload.changes.len(), 1);
    assert!(with_options(LEAST, &LoadOptions::default()).resolved.get("event").is_none());
}

#[test]
fn settings_reach_into_lists_by_number() {
    let text = "[[event]]\nat = \"1min\"\nfor = \"1min\"\nsurge = { rate = 2 }\n\
                [[event]]\nat = \"2min\"\nfor = \"1min\"\nsurge = { rate = 3 }\n";
    let text = format!("{LEAST}{text}");
    let rates = |settings: &[&str]| -> Vec<f64> {
        let of = |change: &LoadChange| match change.what {
            Change::Surge { rate } => rate,
            ref other => panic!("{other:?}"),
        };
        set(&text, settings).workload.changes.iter().map(of).collect()
    };
    assert_eq!(rates(&[]), [2.0, 3.0]);
    assert_eq!(rates(&["event.2.surge.rate=5"]), [2.0, 5.0]);
    let whole = r#"event.1={ at = "1min", for = "1s", surge = { rate = 9 } }"#;
    assert_eq!(rates(&[whole, "event.2.surge.rate=4"]), [9.0, 4.0]);
    for beyond in ["event.0.for=1s", "event.3.for=1s"] {
        assert!(refused(&text, &[beyond]).contains("expected a list of tables"));
    }
}

#[test]
fn faults_come_back() {
    let kinds = [
        "cut = { side = { share = \"30%\", of = \"nodes\" }, direction = \"out\" }",
        "cut = { side = { peers = [1, 2] }, from = { clients = [7], peers = [3] } }",
        "split = { shares = [\"50%\", \"12.5%\"], of = \"clients\" }",
        "swizzle = { targets = { region = \"20%\", around = 5 } }",
        "crash = { targets = { replica = 3 }, disk = \"lost\" }",
        "pause = { targets = { busiest = 2 } }",
        "loss = { share = \"30%\", kinds = [\"commit\", \"lock\"], targets = { root = 1 } }",
        "duplicate = { share = \"1%\", direction = \"in\" }",
        "corrupt = { share = \"0.1%\" }",
        "clog = { delay = \"2s\", targets = { coordinator = 999 } }",
        "reorder = { within = \"100ms\", share = \"50%\" }",
        "clock = { targets = { replicas = 0 }, error = { behind = \"2s\" } }",
        "clock = { targets = { share = \"5%\" }, error = { slow = \"0.5%\" } }",
    ];
    let fault = |(at, kind)| format!("[[fault]]\nat = \"{at}s\"\nfor = \"never\"\n{kind}\n");
    let rest: String = (1..).zip(kinds).map(fault).collect();
    let loaded = with_options(&format!("{LEAST}{rest}"), &LoadOptions::default());
    let faults = &loaded.scenario.faults;
    assert_eq!(faults.len(), kinds.len());
    for (at, (fault, kind)) in (1..).zip(faults.iter().zip(kinds)) {
        assert_eq!((fault.at, fault.lasts), (Span::from_secs(at), Span::NEVER));
        assert_eq!(Some(fault.what.name()), kind.split(' ').next());
    }
    let again = with_options(&to_toml(&loaded.resolved), &LoadOptions::default());
    assert_eq!(again.scenario, loaded.scenario);
    assert_eq!(again.resolved.to_string(), loaded.resolved.to_string());
    assert!(with_options(LEAST, &LoadOptions::default()).resolved.get("fault").is_none());
}

#[test]
fn protocols_stand_in_the_order_of_the_file_and_the_chosen_one_first() {
    let text = "schema = 1\nname = \"t\"\n[protocol.overlay]\n[protocol.clippee]\n";
    let names = |protocol: Option<&str>| -> Vec<&str> {
        let protocol = protocol.map(str::to_owned);
        let loaded = with_options(text, &LoadOptions { protocol, ..LoadOptions::default() });
        loaded.scenario.protocols.iter().map(ProtocolConfig::name).collect()
    };
    assert_eq!(names(None), ["overlay", "clippee"]);
    assert_eq!(names(Some("clippee")), ["clippee", "overlay"]);
}

#[test]
fn the_overlay_alone_has_peers_that_look_up() {
    let scenario = read("schema = 1\nname = \"t\"\n[protocol.overlay]\n");
    assert_eq!(scenario.clients.count, 0);
    assert_eq!(scenario.workload.mix, [(OperationKind::Lookup, 1.0)]);
}

#[test]
fn seeds_end_where_toml_integers_do() {
    let seed = |seed| LoadOptions { seed: Some(seed), ..LoadOptions::default() };
    let largest = i64::MAX.cast_unsigned();
    assert_eq!(with_options(LEAST, &seed(largest)).scenario.seed, largest);
    assert!(load_str(LEAST, "t", Path::new(""), &seed(largest + 1)).is_err());
    let both = LoadOptions { set: vec!["seed=3".into()], ..seed(9) };
    assert_eq!(with_options(LEAST, &both).scenario.seed, 9);
}

#[test]
fn sweeps_are_kept_as_plain_data() {
    let text = format!(
        "{LEAST}[protocol.overlay]\n[sweep]\nrepeat = 3\nclients.count = [10, 20]\n\
         \"network.latency\" = [{{ constant = \"5ms\" }}, {{ preset = \"planetlab\" }}]\n\
         protocol = [\"clippee\"]\n"
    );
    let sweep = with_options(&text, &LoadOptions::default()).sweep.unwrap();
    assert_eq!((sweep.repeat, sweep.protocols.as_slice()), (3, ["clippee".to_owned()].as_slice()));
    let keys: Vec<&str> = sweep.axes.iter().map(|axis| axis.key.as_str()).collect();
    assert_eq!(keys, ["clients.count", "network.latency"]);
    assert_eq!(sweep.axes[1].values[0].written, serde_json::json!({ "constant": "5ms" }));
}

#[test]
fn points_of_a_sweep_are_checked_together() {
    let sweep = "[sweep]\n\"protocol.clippee.replicas\" = [8, 16]\n\
                 \"protocol.clippee.overlay.leaf_set\" = [32, 64]\n";
    read(&format!("{LEAST}{sweep}"));
    let shown = refused(&format!("{LEAST}{}", sweep.replace("32", "16")), &[]);
    assert!(shown.contains("a leaf set of 16 doesn't show all 16 replicas"), "{shown}");
    assert!(shown.contains("1 mistake"), "{shown}");
}

#[test]
fn data_files_are_recorded_as_written_and_by_content() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.csv"), "0,10\n10,0\n").unwrap();
    let matrix = "[network.latency.matrix]\nfile = \"m.csv\"\nunit = \"rtt_ms\"\n";
    let text = format!("{LEAST}{matrix}");
    let loaded = load_str(&text, "t.toml", folder.path(), &LoadOptions::default()).unwrap();
    let Latency::Matrix(matrix) = &loaded.scenario.network.latency else { panic!() };
    assert_eq!(matrix.one_way_ms[1], 5.0);
    assert_eq!((loaded.files.len(), loaded.files[0].path.as_str()), (1, "m.csv"));
    assert_eq!(loaded.files[0].sha256.len(), 64);
    let again = to_toml(&loaded.resolved);
    let again = load_str(&again, "again", folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!(again.scenario, loaded.scenario);
}

#[test]
fn tables_must_be_tables() {
    let shown =
        refused("schema = 1\nname = \"t\"\npeers = 5\n[protocol.clippee]\n", &["network=[]"]);
    assert!(shown.contains("`peers` is a whole number"), "{shown}");
    assert!(shown.contains("`network` is a list"), "{shown}");
    assert!(shown.contains("2 mistakes"), "{shown}");
}

fn time() -> impl Strategy<Value = String> {
    (1_u64..100_000_000, prop::sample::select(vec!["ms", "s"]))
        .prop_map(|(n, unit)| format!("\"{}.{:03}{unit}\"", n / 1_000, n % 1_000 + 1))
}

fn share() -> impl Strategy<Value = String> {
    (0.0..1.0_f64).prop_map(|share| format!("\"{}%\"", decimal::shifted(share, 2)))
}

fn law() -> impl Strategy<Value = String> {
    prop_oneof![
        time().prop_map(|mean| format!("{{ exponential = {mean} }}")),
        time().prop_map(|length| format!("{{ constant = {length} }}")),
        (0.1..100.0_f64, time()).prop_map(|(shape, scale)| format!(
            "{{ weibull = {{ shape = {shape}, scale = {scale} }} }}"
        )),
        (1.001..100.0_f64, time())
            .prop_map(|(shape, min)| format!("{{ pareto = {{ shape = {shape}, min = {min} }} }}")),
        (0.0..5.0_f64, time()).prop_map(|(sigma, median)| {
            format!("{{ lognormal = {{ median = {median}, sigma = {sigma} }} }}")
        }),
    ]
}

fn churn() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"none\"".to_owned()),
        prop::sample::select(vec!["kad", "ipfs"])
            .prop_map(|name| format!("{{ preset = \"{name}\" }}")),
        (law(), law(), share())
            .prop_map(|(s, g, c)| format!("{{ session = {s}, gap = {g}, crash = {c} }}")),
    ]
}

fn latency() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{ preset = \"planetlab\" }".to_owned()),
        time().prop_map(|delay| format!("{{ constant = {delay} }}")),
        time().prop_map(|mean| format!("{{ exponential = {mean} }}")),
        time().prop_map(|max| format!("{{ uniform = {{ min = \"0s\", max = {max} }} }}")),
        (time(), 0.0..5.0_f64).prop_map(|(m, s)| {
            format!("{{ lognormal = {{ median = {m}, sigma = {s}, max = \"3650d\" }} }}")
        }),
    ]
}

proptest! {
    #[test]
    fn resolved_scenarios_come_back(
        (peers, clients, latency) in (churn(), churn(), latency()),
        (loss, jitter, rate) in (share(), share(), 1e-9..1e6_f64),
        (zipf, bytes, uplink) in (0.0..10.0_f64, 1_u32..1 << 30, 1_000_u64..1_000_000_000_000),
        (replicas, quorum, seed) in (1_u32..9, 1_u32..9, 0..i64::MAX),
        (lease, heartbeat) in (time(), time()),
        overlay_first in any::<bool>(),
    ) {
        let set = [
            format!("peers.churn={peers}"),
            format!("clients.churn={clients}"),
            format!("network.latency={latency}"),
            format!("network.loss={loss}"),
            format!("network.jitter={jitter}"),
            format!("network.uplink={uplink}bit/s"),
            format!("workload.rate={}/s", decimal::shifted(rate, 0)),
            format!("workload.objects.popularity.zipf={zipf}"),
            format!("workload.objects.size={bytes}B"),
            format!("protocol.clippee.replicas={replicas}"),
            format!("protocol.clippee.read_quorum={}", quorum.min(replicas)),
            format!("protocol.clippee.lock_lease={lease}"),
            format!("protocol.clippee.heartbeat_interval={heartbeat}"),
            format!("seed={seed}"),
            "protocol.overlay={}".to_owned(),
        ];
        let protocol = overlay_first.then(|| "overlay".to_owned());
        let options = LoadOptions { set: set.to_vec(), protocol, seed: None };
        let loaded = with_options(LEAST, &options);
        let again = with_options(&to_toml(&loaded.resolved), &LoadOptions::default());
        prop_assert_eq!(&again.scenario, &loaded.scenario);
        prop_assert_eq!(again.resolved.to_string(), loaded.resolved.to_string());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z\\[\\]{}=.\" \\n0-9%µ]{0,80}") {
        let loaded = load_str(&text, "t.toml", Path::new(""), &LoadOptions::default());
        let shown = loaded.expect_err("it lacks a schema").render(80, false);
        prop_assert!(shown.contains("mistake"));
    }

    #[test]
    fn no_setting_makes_the_reader_panic(setting in "[a-z.]{0,12}=?[\\PC]{0,12}") {
        let options = LoadOptions { set: vec![setting], ..LoadOptions::default() };
        if let Err(invalid) = load_str(LEAST, "t.toml", Path::new(""), &options) {
            prop_assert!(!invalid.render(80, false).contains("Failed to read"));
        }
    }
}

//! What a person sees who made a mistake: the whole text, pinned in `tests/errors/*.txt`.
//!
//! `BLESS=1 cargo test --test errors` writes what is shown now; read the difference before you
//! commit it.

use clippee_sim::scenario::{Invalid, LoadOptions, load, load_str};
use std::fs;
use std::path::Path;

const LEAST: &str = "schema = 1\nname = \"case\"\n[protocol.clippee]\n";

/// The mistakes of `text` with settings, pinned as `tests/errors/NAME.txt`.
fn pin_with(name: &str, text: &str, set: &[&str]) {
    let set = set.iter().map(ToString::to_string).collect();
    let options = LoadOptions { set, ..LoadOptions::default() };
    pin_invalid(name, &invalid(text, &options));
}

fn pin(name: &str, text: &str) {
    pin_with(name, text, &[]);
}

fn invalid(text: &str, options: &LoadOptions) -> Invalid {
    load_str(text, "case.toml", Path::new("tests/errors"), options).expect_err("it has a mistake")
}

fn pin_invalid(name: &str, invalid: &Invalid) {
    let shown = invalid.render(100, false);
    let path = Path::new("tests/errors").join(name).with_extension("txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let pinned = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, pinned, "{name}: if the new text is better, run with BLESS=1");
}

fn with(rest: &str) -> String {
    format!("{LEAST}{rest}")
}

#[test]
fn unknown_keys() {
    pin("unknown-key", &with("replicsa = 3\n[peers]\ncout = 20\nloss = \"5%\"\n[netwrok]\n"));
}

#[test]
fn wrong_units() {
    let rest = "lock_lease = \"5sec\"\nbackoff = 100\n[network]\nuplink = \"10Mbps\"\nloss = 0.05\n\
                jitter = \"0.02\"\n[workload]\nrate = \"1 Hz\"\nobjects = { size = \"1kb\" }\n";
    pin("wrong-unit", &with(rest));
}

#[test]
fn out_of_range() {
    let rest = "attempts = 0\ndedupe = 99999\n[protocol.clippee.overlay]\ndigit_bits = 3\n[peers]\n\
                count = -1\nleave_grace = \"9999d\"\n[clients]\ncount = 4294967296\n[network]\n\
                loss = \"101%\"\n[workload]\nrate = \"0/s\"\nobjects = { count = 1.5 }\n";
    pin("out-of-range", &with(rest));
}

#[test]
fn guarantees_that_nobody_gives() {
    pin("guarantees", &with("[check]\nrequire = [\"linearisable\"]\nrequires = []\n"));
    pin_with("guarantees-set", LEAST, &["check.require=linearizable"]);
    pin_with("guarantees-twice", LEAST, &["check.require=[\"total_order\", \"total_order\"]"]);
}

#[test]
fn missing_files() {
    let rest = "[peers]\nchurn = { trace = { file = \"shrot.csv\" } }\n[network]\n\
                latency = { matrix = { file = \"elsewhere/rtt.gz\", unit = \"rtt_ms\" } }\n";
    pin("missing-file", &with(rest));
}

#[test]
fn a_missing_scenario_suggests_its_neighbour() {
    let path = Path::new("scenarios/chrun.toml");
    pin_invalid("missing-scenario", &load(path, &LoadOptions::default()).unwrap_err());
}

#[test]
fn quorums_above_r() {
    let rest = "replicas = 3\nlock_quorum = 4\nwrite_acks = 3\nread_quorum = \"mayority\"\n";
    pin("quorum-above-r", &with(rest));
}

#[test]
fn leaf_sets_too_small_for_r() {
    pin("leaf-set-too-small", &with("replicas = 6\n[protocol.clippee.overlay]\nleaf_set = 8\n"));
    pin("leaf-set-odd", &with("replicas = 9\n[protocol.clippee.overlay]\nleaf_set = 15\n"));
}

#[test]
fn warmup_longer_than_duration() {
    let text = format!("duration = \"5min\"\nwarmup = \"300s\"\n{LEAST}");
    pin("warmup-too-long", &text);
    pin_with("warmup-too-long-set", &text.replace("300s", "10s"), &["warmup=1h"]);
}

#[test]
fn times_that_contradict() {
    let rest = "lock_timeout = \"5s\"\nbackoff = \"4s\"\n[network]\n\
                latency = { uniform = { min = \"90ms\", max = \"10ms\" } }\n";
    pin("contradictions", &with(rest));
}

#[test]
fn matrices_that_are_not_square() {
    let rest = "[network.latency.matrix]\nfile = \"ragged.csv\"\nunit = \"rtt_ms\"\n";
    pin("matrix-not-square", &with(rest));
}

#[test]
fn truncated_gzip() {
    let rest = "[network.latency.matrix]\nfile = \"truncated.csv.gz\"\nunit = \"rtt_ms\"\n";
    pin("truncated-gzip", &with(rest));
}

#[test]
fn nan_in_scenarios_and_in_data() {
    let rest = "[clients.churn]\nsession = { weibull = { shape = nan, scale = \"1h\" } }\n\
                gap = { pareto = { shape = 1, min = \"1h\" } }\n\
                [network]\nlatency = { matrix = { file = \"nan.csv\", unit = \"rtt_ms\" } }\n\
                loss = \"NaN%\"\njitter = nan\n[workload.objects]\npopularity = { zipf = -inf }\n";
    pin("nan", &with(rest));
}

#[test]
fn traces() {
    let rest = "[peers]\nchurn = { trace = { file = \"short.csv\", start = \"40min\" } }\n\
                [clients]\nchurn = { trace = { file = \"overlap.csv\" } }\n";
    pin("trace-too-short", &with(rest));
    let rest =
        "[peers]\ncount = 9\nchurn = { trace = { file = \"short.csv\", start = \"25min\" } }\n";
    pin("trace-ends-early", &with(rest));
}

#[test]
fn choices() {
    let rest = "lock_policy = \"queues\"\n[peers]\nchurn = { preset = \"kadd\" }\n[clients]\n\
                churn = { session = { exponential = \"1h\" } }\n[network]\n\
                latency = { constant = \"50ms\", exponential = \"20ms\" }\n\
                [workload.objects]\npopularity = \"zipf\"\n";
    pin("choices", &with(rest));
}

#[test]
fn subsets() {
    pin("subset", &with("replicas = 5\nlock_policy = { subset = 6 }\n"));
}

#[test]
fn mixes() {
    pin("mix-sum", &with("[workload]\nmix = { read = \"50%\", update = \"20%\" }\n"));
    pin("mix-not-served", &with("[workload]\nmix = { read = \"50%\", lookup = \"50%\" }\n"));
    let text = with("[clients]\ncount = 5\n[workload]\nmix = { read = \"100%\" }\n");
    pin("overlay-clients", &text.replace("clippee", "overlay"));
}

#[test]
fn groups() {
    let rest = "[workload]\nmix = { read = \"50%\", multicast = \"50%\" }\n";
    pin("groups-missing", &with(rest));
    let rest = "[workload]\nmix = { join = \"50%\", leave = \"50%\" }\ngroups = { count = 3 }\n";
    pin("groups-mix", &with(rest));
    let rest = "[clients]\ncount = 1000\n[workload.groups]\ncount = 3\n\
                sizes = { fixed = 600 }\nstay = \"1min\"\n";
    pin("groups-too-large", &with(rest));
    let rest = "[workload.groups]\ncount = 3\nsizes = { list = [5, 2] }\nstay = \"1min\"\n\
                away = \"never\"\nburst = 0.5\nsenders = \"al\"\nordre = \"fifo\"\n";
    pin("groups", &with(rest));
    pin_with("groups-list", LEAST, &["workload.groups.sizes.list=[5, 0]"]);
    let rest = "[clients]\ncount = 0\n[workload.groups]\ncount = 3\n";
    pin("groups-without-clients", &with(rest));
    let text = with("[workload.groups]\ncount = 3\n").replace("clippee", "overlay");
    pin("groups-not-served", &text);
}

#[test]
fn events() {
    let rest = "[workload]\ngroups = { count = 2, sizes = { fixed = 600 } }\n\
                [[event]]\nat = \"20min\"\nfor = \"1min\"\nsurge = { rate = -1 }\n\
                [[event]]\nat = \"1min\"\nfor = \"1min\"\ncrowd = { group = 3, clients = 5 }\n\
                [[event]]\nat = \"1min\"\nfor = \"1min\"\ncrowd = { group = 1, clients = 300 }\n\
                [[event]]\nat = \"1min\"\nfor = \"1min\"\ncrowd = { group = 1, clients = 101 }\n\
                [[event]]\nat = \"1min\"\nexodus = { group = 1, share = 0.5 }\n\
                [[event]]\nat = \"1min\"\nfor = \"1min\"\n\
                [[event]]\nat = \"1min\"\nfor = \"1min\"\ncrowds = {}\n\
                [[event]]\nsurge = { rate = 2 }\nexodus = { group = 1 }\n";
    pin("events", &with(rest));
    pin_with("event-set", LEAST, &["event.at=5min"]);
    let rest = "[event]\nat = \"1min\"\nfor = \"1min\"\nsurge = { rate = 2 }\n";
    pin("event-table", &with(rest));
    let rest = "[[event]]\nat = \"1min\"\nfor = \"1min\"\nexodus = { group = 1, share = \"5%\" }\n";
    pin("event-no-groups", &with(rest));
}

#[test]
fn faults() {
    let rest = "[network]\nlatency = { constant = \"50ms\" }\n\
                [[fault]]\nat = \"20min\"\nfor = \"1min\"\ncut = { side = { share = \"30%\" } }\n\
                [[fault]]\nat = \"1min\"\nfor = \"1min\"\ncut = { side = { share = 0.3 }, way = 1 }\n\
                [[fault]]\nat = \"1min\"\nfor = \"1min\"\nsplit = { shares = [\"60%\", \"50%\"] }\n\
                [[fault]]\nat = \"1min\"\ncrash = { targets = { peers = [3, 201] } }\n\
                [[fault]]\nat = \"0s\"\nfor = \"1s\"\npause = { targets = { busiest = 1 } }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\npause = { targets = { root = 1000 } }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\ncrash = { targets = { region = \"5%\" } }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\ncrash = { targets = \"all\" }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\nloss = { share = \"9%\", kinds = [\"comit\"] }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\nclog = { delay = \"5min\" }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\n\
                clock = { targets = { clients = [1] }, error = { slow = \"60%\", fast = \"1%\" } }\n\
                [[fault]]\nat = \"1s\"\nfor = \"1s\"\ncrush = {}\n";
    pin("faults", &with(rest));
    pin_with("fault-set", LEAST, &["fault.at=5min"]);
    let rest = "[[fault]]\nat = \"1s\"\nfor = \"1s\"\npause = { targets = { replicas = 0 } }\n";
    pin("fault-no-objects", &with(rest).replace("clippee", "overlay"));
}

#[test]
fn operations() {
    let rest = "[clients]\ncount = 5\n[workload]\ndrawn = 1\n\
                [[operation]]\nat = \"20min\"\nclient = 1\nread = 0\n\
                [[operation]]\nat = \"1min\"\nclient = 6\nupdate = 1000\n\
                [[operation]]\nat = \"1min\"\nclient = 1\njoin = 1\n\
                [[operation]]\nat = \"1min\"\nclient = 0\nmulticast = 1\norder = \"causal\"\n\
                [[operation]]\nat = \"1min\"\nread = 1\nupdate = 1\n\
                [[operation]]\nat = \"1min\"\nclient = 1\nupdat = 1\n";
    pin("operations", &with(rest));
    pin_with("operation-set", LEAST, &["operation.at=5min"]);
}

#[test]
fn what_must_be_there() {
    pin("empty", "");
    pin("no-protocol", "schema = 2\nname = \"../up\"\n[protocol]\n");
    pin("too-few-peers", &with("[peers]\ncount = 3\n"));
    let servers = "schema = 1\nname = \"case\"\n[protocol.client_server]\nservers = 4\n";
    pin("too-many-servers", &format!("{servers}[peers]\ncount = 3\n"));
}

#[test]
fn syntax() {
    pin("syntax", "schema = 1\nschema = 1\nname = \n[protocol.clippee\n");
}

#[test]
fn settings_name_themselves() {
    let set = [
        "network.latency=planetlab",
        "clients.cout=5",
        "loss",
        "duration=50",
        "peers.churn.crash=10%",
        "protocol.clippee.replicas=20",
    ];
    pin_with("settings", LEAST, &set);
}

#[test]
fn options() {
    let protocol = Some("clipee".to_owned());
    let options = LoadOptions { protocol, seed: Some(u64::MAX), ..LoadOptions::default() };
    pin_invalid("options", &invalid(LEAST, &options));
}

#[test]
fn sweeps() {
    let rest = "[sweep]\nrepeat = 0\nclients.count = [1000, -5]\n\"peers.count\" = [3, 200]\n\
                clients.cout = [1]\nduration = \"5min\"\nseed = []\n\
                network.latency.constant = [\"50ms\", \"5\"]\nprotocol = [\"clippee\", \"past\"]\n";
    pin("sweep", &with(rest));
}

#[test]
fn claims() {
    let sweep = "[sweep]\nclients.count = [100, 200]\nnetwork.loss = [\"0%\", \"1%\"]\n";
    let rest = "[[claim]]\nid = \"A\"\ntext = \"\"\nquantity = \"operations.updte.ok\"\nbelow = 1\n\
                above = 0\nprotocol = \"clipee\"\n\
                [[claim]]\nid = \"B\"\ntext = \"b\"\nquantity = \"lock.attempts\"\n\
                where = { clients.coutn = 100, network.loss = [\"2%\"] }\n\
                [[claim]]\nid = \"B\"\ntext = \"b\"\nquantity = \"a + b / c\"\nwithin = [2, 1]\n\
                confidence = \"99%\"\n[claim.growth]\nalong = \"network.loss\"\n\
                [[claim]]\nid = \"C\"\ntext = \"c\"\nquantity = \"events\"\nbelow = [[300, 1]]\n\
                along = \"clients.count\"\nstatistic = \"mode\"\nagainst = {}\n\
                [[claim]]\nid = \"D\"\ntext = \"d\"\nquantity = \"events\"\nabove = [[100, 1]]\n\
                against = { protocol = \"own\" }\ngrowth = { along = \"clients.count\", as = \"log\" }\n";
    pin("claims", &with(&format!("{sweep}{rest}")));
    pin("claim-table", &with(&format!("{sweep}[claim]\nid = \"A\"\n")));
    let rest = "[[claim]]\nid = \"A\"\ntext = \"a\"\nquantity = \"events\"\nabove = 1\n";
    pin("claim-without-sweep", &with(rest));
    pin("sweep-claims", &with("[sweep]\nclaim.id = [\"A\"]\n"));
}

#[test]
fn figures() {
    let rest = "[sweep]\nclients.count = [100, 200]\nnetwork.loss = [\"0%\", \"1%\"]\n\
                [[figure]]\nname = \"a b\"\ntitle = \"t\"\ny = \"events\"\nx = \"clients.cout\"\n\
                x_scale = \"logarithmic\"\nlines = \"network\"\nshow = \"mean\"\n\
                [[figure]]\nname = \"b\"\ntitle = \"t\"\ny = \"events\"\nx = \"clients.count\"\n\
                [[figure.reference]]\npoints = [[1, 2, 3]]\n\
                [[figure]]\nname = \"b\"\ntitle = \"t\"\ny = \"events\"\nx = \"network.loss\"\n\
                x_scale = \"log\"\nlines = \"network.loss\"\nwhere = { clients.count = 100 }\n\
                protocols = [\"consensus\"]\nconfidence = 0.95\ncolour = \"red\"\n";
    pin("figures", &with(rest));
}

#[test]
fn all_mistakes_of_a_file_at_once() {
    let text = "schema = 1\nname = \"a b\"\nseed = -1\nduration = \"10min\"\nwarmup = \"10min\"\n\
                drian = \"auto\"\n[protocol.clippee]\nreplicas = 12\nread_quorum = 13\n[peers]\n\
                churn = \"often\"\n[network]\nloss = 1\n[workload]\nrate = \"2\"\n";
    let found = invalid(text, &LoadOptions::default());
    assert_eq!(found.problems().len(), 9, "{}", found.render(100, false));
    pin_invalid("many", &found);
}

#[test]
fn colours_are_for_terminals_only() {
    let found = invalid("", &LoadOptions::default());
    assert!(!found.render(100, false).contains('\u{1b}'));
    assert!(found.render(100, true).contains('\u{1b}'));
}

#[test]
fn every_pinned_text_names_a_place_and_what_was_expected() {
    for entry in fs::read_dir("tests/errors").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(text.ends_with('\n') && text.contains("error: "), "{name}");
        if !name.to_string().contains("missing-scenario") {
            assert!(text.contains(":1]") || text.contains("╭─["), "{name}: a place");
            assert!(text.contains('^'), "{name}: a caret");
        }
        let long = text.lines().find(|line| line.chars().count() > 120);
        assert_eq!(long, None, "{name}");
    }
}

/// What a `[sweep]` can do wrong, with a second protocol beside Clippee.
#[test]
fn ranges_and_axes() {
    let rest = "[sweep]\nclients.count = { from = 1, to = 3, steps = 5 }\n\
                peers.count = { from = 5, to = \"9s\", steps = 1, scale = \"log\" }\n\
                network.loss = { from = \"0%\", to = \"5%\", steps = 3, scale = \"geometric\" }\n\
                network.jitter = { from = \"0%\", to = \"5s\", steps = 3 }\n\
                duration = { from = \"5min\", two = \"9min\", steps = 3 }\n\
                workload.rate = [\"1/s\", \"1/s\"]\nname = [\"a\", \"b\"]\n\
                network.latency = [{ constant = \"5ms\" }]\n\"network.latency.constant\" = [\"1ms\"]\n\
                \"protocol.consensus.replicas\" = [3, 5]\n";
    pin("sweep-axes", &with(rest));
    pin(
        "sweep-too-many",
        &with(
            "[sweep]\nclients.count = { from = 1, to = 200, steps = 200 }\n\
                                 peers.count = { from = 10, to = 110, steps = 101 }\n",
        ),
    );
    pin_with("sweep-seeds", &with("[sweep]\nrepeat = 5\n"), &["seed=9223372036854775805"]);
}

#[test]
fn zips_and_skips() {
    let rest = "[sweep]\nprotocol = [\"clippee\", \"clippee\"]\nclients.count = [10, 20]\n\
                lock = [1]\n\"network.latency\" = [{ constant = \"5ms\" }, { constant = \"9ms\" }]\n\
                network.loss = [\"0%\", \"1%\"]\n\
                [[sweep.zip]]\nduration = [\"5min\", \"6min\"]\nwarmup = [\"1s\", \"2s\", \"3s\"]\n\
                [[sweep.zip]]\n[[sweep.skip]]\nclients.cuont = 10\n[[sweep.skip]]\n\
                network.loss = { above = 1 }\n[[sweep.skip]]\nprotocol = \"past\"\n[[sweep.skip]]\n\
                clients.count = { over = 10 , above = 3}\n[[sweep.skip]]\nclients.count = \"10\"\n\
                [[sweep.skip]]\nnetwork.latency = { above = \"5ms\" }\n[[sweep.skip]]\n";
    pin("sweep-skips", &with(rest));
    pin("sweep-shapes", &with("[sweep]\nprotocol = []\nzip = { a = 1 }\nskip = [3]\n"));
    let rest =
        "[sweep]\nclients.count = [10, 20]\n[[sweep.skip]]\nclients.count = { below = 50 }\n";
    pin("sweep-nothing-left", &with(rest));
}

#[test]
fn mistakes_that_only_a_point_of_a_sweep_has() {
    let rest = "[protocol.overlay]\n[workload]\nmix = { read = \"50%\", multicast = \"50%\" }\n\
                groups = { count = 3 }\n[sweep]\nprotocol = [\"clippee\", \"overlay\"]\n\
                warmup = [\"1s\", \"11min\"]\n";
    pin("sweep-point", &with(rest));
}

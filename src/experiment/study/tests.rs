//! Tables made by hand, with verdicts that are known.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use super::*;
use crate::scenario::{LoadOptions, Loaded, load_str};
use std::fmt::Write as _;
use std::path::Path;

/// Two protocols, 100 to 10,000 clients, Clippee with two policies; six seeds.
const SWEEP: &str = "schema = 1\nname = \"hand\"\n[protocol.clippee]\n[protocol.consensus]\n\
                     [sweep]\nrepeat = 6\nprotocol = [\"clippee\", \"consensus\"]\n\
                     clients.count = [100, 1000, 10000]\nnetwork.loss = [\"0%\", \"5%\"]\n";

const OK: &str = "quantity = \"operations.update.ok / operations.update.issued\"\n";

fn loaded(rest: &str) -> Loaded {
    load_str(&format!("{SWEEP}{rest}"), "hand.toml", Path::new(""), &LoadOptions::default())
        .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)))
}

/// What a run of a protocol with so many clients, a loss and a seed measures: issued, ok, messages,
/// lost updates; as cells.
type Measure = fn(&str, u64, &str, u64) -> [String; 4];

/// Success 98 % and 90 % under loss, with noise that both protocols share; messages grow with the
/// logarithm for Clippee, linearly for consensus.
fn usual(protocol: &str, clients: u64, loss: &str, seed: u64) -> [String; 4] {
    let noise = [0.0, 3.0, -2.0, 1.0, -3.0, 1.0][seed as usize - 1];
    let own = if protocol == "clippee" { 0.0 } else { -5.0 + 0.1 * (seed % 3) as f64 };
    let ok = if loss == "0%" { 980.0 } else { 900.0 } + noise + own;
    let messages = match protocol {
        "clippee" => 4.0 * libm::log10(clients as f64) * (1.0 + 0.001 * noise),
        _ => 0.01 * clients as f64 * (1.0 + 0.001 * noise),
    };
    ["1000".into(), ok.to_string(), messages.to_string(), "0".into()]
}

fn table(seeds: u64, measure: Measure) -> String {
    let mut text = "protocol,clients.count,network.loss,seed,digest,operations.update.issued,\
                    operations.update.ok,network.messages_per_operation,consistency.lost_updates\n"
        .to_owned();
    for clients in [100, 1_000, 10_000] {
        for loss in ["0%", "5%"] {
            for protocol in ["clippee", "consensus"] {
                for seed in 1..=seeds {
                    let cells = measure(protocol, clients, loss, seed).join(",");
                    writeln!(text, "{protocol},{clients},{loss},{seed},d,{cells}").unwrap();
                }
            }
        }
    }
    text
}

fn judged_of(rest: &str, seeds: u64, measure: Measure) -> Verdicts {
    let loaded = loaded(rest);
    let runs = Runs::read(&loaded.sweep.unwrap().axes, &table(seeds, measure)).unwrap();
    let study = Study { name: "hand", note: "", claims: &loaded.claims, figures: &[] };
    conclude(&runs, &study).unwrap().verdicts.unwrap()
}

fn judged(claim: &str) -> Claimed {
    let text = format!("[[claim]]\nid = \"A\"\ntext = \"t\"\n{claim}");
    judged_of(&text, 6, usual).claims.remove(0)
}

#[test]
fn a_claim_holds_if_it_holds_everywhere_and_not_if_it_fails_anywhere() {
    let claim = judged(&format!("{OK}above = 0.85\n"));
    assert_eq!((claim.verdict, claim.places.len()), (Verdict::Supported, 6));
    assert!(claim.because.starts_with("at all 6 places; nearest to the bound at"), "{claim:?}");
    let claim = judged(&format!("{OK}above = 0.95\n"));
    assert_eq!(claim.verdict, Verdict::Refuted);
    assert!(claim.because.starts_with("at 3 of 6 places; farthest off at"), "{claim:?}");
    let claim = judged(&format!("{OK}above = 0.9\nwhere = {{ \"network.loss\" = \"5%\" }}\n"));
    assert_eq!((claim.verdict, claim.places.len()), (Verdict::Undecided, 3));
    let claim = judged(&format!("{OK}above = 0.95\nwhere.network.loss = [\"0%\"]\n"));
    assert_eq!((claim.verdict, claim.places.len()), (Verdict::Supported, 3));
}

#[test]
fn the_interval_of_a_verdict_is_that_of_the_textbook() {
    let place = "where = { clients.count = 100, network.loss = \"0%\" }\n";
    let claim = judged(&format!("{OK}within = [0.97, 0.99]\n{place}"));
    let only = &claim.places[0];
    // Mean 0.98, squared deviations 24e-6, t(5) = 2.570582.
    let half = 2.570_582 * libm::sqrt(24e-6 / 5.0 / 6.0);
    assert!((only.value.unwrap() - 0.98).abs() < 1e-12);
    assert!((only.low.unwrap() - (0.98 - half)).abs() < 1e-8, "{only:?}");
    assert!((only.high.unwrap() - (0.98 + half)).abs() < 1e-8);
    assert!((only.margin.unwrap() - 0.01).abs() < 1e-12);
    assert_eq!((only.n, only.missing, only.side), (6, 0, "right"));
    assert_eq!(only.at["clients.count"], "100");
    assert!(claim.because.contains("(95 %, n = 6) is from 0.97 to 0.99, by 0.01"), "{claim:?}");
    assert!(claim.p < 0.05 && claim.p == claim.p_corrected);
}

#[test]
fn pairs_by_seed_find_what_the_noise_hides() {
    let against = "[claim.against]\nprotocol = \"consensus\"\n";
    let claim = judged(&format!("{OK}above = 0.004\n{against}"));
    assert_eq!(claim.verdict, Verdict::Supported, "{claim:?}");
    assert!(claim.rule.contains("clippee - that of consensus, by seed"), "{}", claim.rule);
    let claim = judged(&format!("{OK}within = [1.004, 1.007]\n{against}as = \"ratio\"\n"));
    assert_eq!(claim.verdict, Verdict::Supported, "{claim:?}");
    let claim = judged(&format!("{OK}statistic = \"median\"\nbelow = 0.004\n{against}"));
    assert_eq!(claim.verdict, Verdict::Undecided, "6 seeds are too few for 6 places: {claim:?}");
    let one = "where = { clients.count = 100, network.loss = \"0%\" }\n";
    let claim = judged(&format!("{OK}statistic = \"median\"\nbelow = 0.004\n{one}{against}"));
    assert_eq!(claim.verdict, Verdict::Refuted, "{claim:?}");
    let loss = "where = { network.loss = \"5%\" }\n";
    let own = "where = { network.loss = \"0%\" }\n";
    let claim = judged(&format!("{OK}within = [0.07, 0.09]\n{own}[claim.against]\n{loss}"));
    assert_eq!(claim.verdict, Verdict::Supported, "{claim:?}");
}

#[test]
fn growth_is_measured_seed_by_seed() {
    let quantity = "quantity = \"network.messages_per_operation\"\n";
    let growth = |how: &str| format!("[claim.growth]\nalong = \"clients.count\"\nas = \"{how}\"\n");
    let supported = |limits: &str, protocol: &str, how: &str| {
        let protocol = format!("protocol = \"{protocol}\"\n");
        let claim = judged(&format!("{quantity}{limits}\n{protocol}{}", growth(how)));
        assert_eq!(claim.verdict, Verdict::Supported, "{claim:?}");
        assert_eq!(claim.places.len(), 2, "one for each loss");
    };
    supported("within = [1.999, 2.001]", "clippee", "ratio");
    supported("within = [99, 101]", "consensus", "ratio");
    supported("within = [1.2, 1.21]", "clippee", "per_doubling");
    supported("within = [0.99, 1.01]", "consensus", "exponent");
    supported("within = [0.99, 1.01]", "clippee", "log_exponent");
    supported("above = 3", "consensus", "log_exponent");
}

#[test]
fn bounds_may_follow_an_axis() {
    let quantity = "quantity = \"network.messages_per_operation\"\nalong = \"clients.count\"\n";
    let claim = judged(&format!("{quantity}within = [[100, 7.9, 8.1], [10000, 15.9, 16.1]]\n"));
    assert_eq!((claim.verdict, claim.places.len()), (Verdict::Supported, 4), "{claim:?}");
    let claim = judged(&format!("{quantity}below = [[100, 8.1], [1000, 11.9]]\n"));
    assert_eq!(claim.verdict, Verdict::Refuted, "{claim:?}");
}

#[test]
fn holm_holds_back_what_would_be_supported_alone() {
    // Alone p is about 0.03; together with another that is as weak, neither passes 0.025.
    let weak = |id: &str| {
        let place = "where = { clients.count = 100, network.loss = \"0%\" }";
        format!("[[claim]]\nid = \"{id}\"\ntext = \"t\"\n{OK}above = 0.9775\n{place}\n")
    };
    let alone = judged_of(&weak("A"), 6, usual);
    assert_eq!(alone.claims[0].verdict, Verdict::Supported);
    let p = alone.claims[0].p;
    assert!((0.025..0.05).contains(&p), "{p}");
    let both = judged_of(&format!("{}{}", weak("A"), weak("B")), 6, usual);
    for claim in &both.claims {
        assert_eq!((claim.verdict, claim.p), (Verdict::Undecided, p), "{claim:?}");
        assert!((claim.p_corrected - 2.0 * p).abs() < 1e-12);
        let place = &claim.places[0];
        assert_eq!(place.confidence, Some(0.975));
        assert!(place.uncorrected.unwrap().low > 0.9775 && place.low.unwrap() < 0.9775);
    }
    // A sure one takes nothing from the other.
    let sure = format!("[[claim]]\nid = \"B\"\ntext = \"t\"\n{OK}above = 0.5\n");
    let both = judged_of(&format!("{}{sure}", weak("A")), 6, usual);
    assert!(both.claims.iter().all(|claim| claim.verdict == Verdict::Supported), "{both:?}");
}

#[test]
fn one_seed_decides_nothing_and_says_so() {
    let text = format!("[[claim]]\nid = \"A\"\ntext = \"t\"\n{OK}above = 0.5\n");
    let claim = &judged_of(&text, 1, usual).claims[0];
    assert_eq!((claim.verdict, claim.p), (Verdict::Undecided, 1.0));
    let told = "(n = 1); no interval of 95 %, which needs 2 seeds or more";
    assert!(claim.because.contains(told), "{claim:?}");
    let median = text.replace("above", "statistic = \"median\"\nabove");
    let claim = &judged_of(&median, 5, usual).claims[0];
    assert!(claim.because.contains("(n = 5); no interval of 95 %, which needs 6"), "{claim:?}");
}

#[test]
fn runs_without_a_value_leave_a_claim_undecided() {
    let text = format!("[[claim]]\nid = \"A\"\ntext = \"t\"\n{OK}above = 0.5\n");
    let gap: Measure = |protocol, clients, loss, seed| {
        let mut cells = usual(protocol, clients, loss, seed);
        if clients == 1_000 && seed == 2 {
            cells[1].clear();
        }
        cells
    };
    let claim = &judged_of(&text, 6, gap).claims[0];
    assert_eq!(claim.verdict, Verdict::Undecided);
    assert!(claim.because.contains("1 of 6 seeds have no value"), "{claim:?}");
    let unknown = text.replace("update.ok ", "update.ok_within.1s ");
    let claim = &judged_of(&unknown, 6, usual).claims[0];
    let told = "no run has `operations.update.ok_within.1s`";
    assert!(claim.because.starts_with(told), "{claim:?}");
    let nobody = format!("{text}[claim.against]\nwhere.network.loss = \"5%\"\n");
    let claim = &judged_of(&nobody.replace("0.5", "-1"), 6, usual).claims[0];
    assert_eq!(claim.verdict, Verdict::Supported, "5 % beside itself: {claim:?}");
}

#[test]
fn what_never_varies_is_sure() {
    let claim = judged("quantity = \"consistency.lost_updates\"\nwithin = [0, 0]\n");
    assert_eq!((claim.verdict, claim.p), (Verdict::Supported, 0.0), "{claim:?}");
    let claim = judged("quantity = \"consistency.lost_updates\"\nabove = 0\n");
    assert_eq!(claim.verdict, Verdict::Undecided, "on the bound: {claim:?}");
}

#[test]
fn tables_that_make_no_sense_are_refused() {
    let axes = loaded("").sweep.unwrap().axes;
    let told = |text: &str| Runs::read(&axes, text).unwrap_err().to_string();
    assert_eq!(
        told("protocol,clients.count,seed\n"),
        "runs.csv: the column `network.loss` is missing"
    );
    let head = "protocol,clients.count,network.loss,seed,digest,events\n";
    let twice = format!("{head}clippee,100,0%,1,d,5\nclippee,100,0%,1,d,5\n");
    assert_eq!(told(&twice), "runs.csv: line 3: the seed 1 is there twice");
    let other = format!("{head}clippee,7,0%,1,d,5\n");
    assert_eq!(told(&other), "runs.csv: line 2: `7` is no value of the axis `clients.count`");
    assert!(told(&format!("{head}clippee,100,0%,x,d,5\n")).contains("`x` is no seed"));
}

const FIGURES: &str = "[[figure]]\nname = \"ok\"\ntitle = \"Updates that succeed\"\n\
     y = \"operations.update.ok / operations.update.issued\"\nunit = \"%\"\nx = \"clients.count\"\n\
     x_scale = \"log\"\nlines = \"network.loss\"\nlabel = \"updates that succeed\"\n\
     [[figure]]\nname = \"messages\"\ntitle = \"Messages of an operation\"\n\
     y = \"network.messages_per_operation\"\nx = \"clients.count\"\nx_scale = \"log\"\n\
     y_scale = \"log\"\nshow = \"median\"\nwhere = { network.loss = \"0%\" }\n\
     [[figure.reference]]\nlabel = \"log\"\npoints = [[100, 8], [10000, 16]]\n\
     [[figure]]\nname = \"none\"\ntitle = \"Nothing\"\ny = \"locks.retries\"\n\
     x = \"clients.count\"\nwhere = { network.loss = \"0%\" }\n";

#[test]
fn the_files_are_complete_and_the_same_each_time() {
    let claim = format!("[[claim]]\nid = \"A\"\ntext = \"t\"\n{OK}above = 0.85\n");
    let loaded = loaded(&format!("{claim}{FIGURES}"));
    let axes = loaded.sweep.unwrap().axes;
    let folder = tempfile::tempdir().unwrap();
    let study = Study {
        name: "hand",
        note: "quick grid",
        claims: &loaded.claims,
        figures: &loaded.figures,
    };
    let write_to = |place: &str, text: &str| {
        let place = folder.path().join(place);
        std::fs::create_dir_all(&place).unwrap();
        let concluded = write(&place, &Runs::read(&axes, text).unwrap(), &study).unwrap();
        let read = |name: &str| std::fs::read(place.join(name)).unwrap();
        let files = ["points.csv", "verdict.json", "figures/ok.svg", "figures/messages.png"];
        (concluded, files.map(read))
    };
    let text = table(6, usual);
    let (concluded, files) = write_to("a", &text);
    assert!(files == write_to("a", &text).1, "replaced by the same");
    // Neither does the order of the seeds matter.
    let (head, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.chunks_mut(6).for_each(<[&str]>::reverse);
    assert!(files == write_to("b", &format!("{head}\n{}\n", rows.join("\n"))).1);
    let names: Vec<&str> = concluded.figures.iter().map(|figure| figure.0.as_str()).collect();
    assert_eq!(names, ["ok", "messages"]);
    let text = concluded.text();
    assert!(text.starts_with("supported  A: t\n           at all 6 places"), "{text}");
    assert!(text.ends_with("no figure  none: no run has `locks.retries`\n"), "{text}");

    let nothing = Study { claims: &[], figures: &[], ..study };
    let runs = Runs::read(&axes, &table(6, usual)).unwrap();
    write(&folder.path().join("a"), &runs, &nothing).unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path().join("a"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["points.csv"], "what nobody asks for any more is removed");
}

#[test]
fn points_are_written_exactly() {
    let loaded = loaded(&format!("[[claim]]\nid = \"A\"\ntext = \"t\"\n{OK}above = 0.85\n"));
    let axes = loaded.sweep.unwrap().axes;
    let study = Study { name: "hand", note: "", claims: &loaded.claims, figures: &[] };
    let rows = |seeds| {
        let runs = Runs::read(&axes, &table(seeds, usual)).unwrap();
        let text = conclude(&runs, &study).unwrap().points;
        text.lines().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let quantity = "operations.update.ok / operations.update.issued";
    let head = "clients.count,network.loss,protocol,quantity,n,mean,low,high,median,median_low,\
                median_high,coverage";
    let six =
        format!("100,0%,clippee,{quantity},6,0.98,0.977701,0.982299,0.9805,0.977,0.983,0.96875");
    assert_eq!(rows(6), [head, &six]);
    let one = format!("100,0%,clippee,{quantity},1,0.98,,,0.98,,,");
    assert_eq!(rows(1), [head, &one], "no interval of one run");
}

#[test]
fn figures_have_a_line_for_each_protocol_and_value() {
    let loaded = loaded(FIGURES);
    let runs = Runs::read(&loaded.sweep.unwrap().axes, &table(6, usual)).unwrap();
    let study = Study { name: "hand", note: "quick", claims: &[], figures: &loaded.figures };
    let figures = conclude(&runs, &study).unwrap().figures;
    let labels = |index: usize| -> Vec<&str> {
        let lines = &(&figures[index] as &(String, crate::report::plot::comparison::Comparison)).1;
        lines.lines.iter().map(|line| line.label.as_str()).collect()
    };
    let crossed = [
        "clippee, loss = 0%",
        "clippee, loss = 5%",
        "consensus, loss = 0%",
        "consensus, loss = 5%",
    ];
    assert_eq!(labels(0), crossed);
    assert_eq!(labels(1), ["clippee", "consensus"]);
    let ok = &figures[0].1;
    assert_eq!((ok.lines[0].points.len(), ok.lines[0].points[0].n), (3, 6));
    assert_eq!((ok.note.as_str(), ok.y.percent, ok.x.logarithmic), ("quick", true, true));
    assert_eq!(ok.x.ticks[1], (1_000.0, "1,000".to_owned()));
}

//! Which values and cases a `[sweep]` stands for.

use super::{Case, Sweep};
use crate::scenario::{LoadOptions, load_str};
use serde_json::{Value, json};
use std::path::Path;

const HEAD: &str = "schema = 1\nname = \"t\"\n[protocol.clippee]\n[protocol.client_server]\n";

fn with_set(rest: &str, set: &[&str]) -> Sweep {
    let set = set.iter().map(ToString::to_string).collect();
    let options = LoadOptions { set, ..LoadOptions::default() };
    let loaded = load_str(&format!("{HEAD}[sweep]\n{rest}"), "t", Path::new(""), &options);
    loaded.unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false))).sweep.unwrap()
}

fn sweep(rest: &str) -> Sweep {
    with_set(rest, &[])
}

/// The values of the only axis.
fn values(rest: &str) -> Vec<Value> {
    let sweep = sweep(rest);
    assert_eq!(sweep.axes.len(), 1);
    sweep.axes[0].values.iter().map(|value| value.written.clone()).collect()
}

/// The cases as text: the protocol, and the values of the axes.
fn cases(sweep: &Sweep) -> Vec<String> {
    let shown = |case: &Case| {
        let axes = sweep.axes.iter().zip(&case.values);
        let values = axes.map(|(axis, value)| {
            value.map_or("-".to_owned(), |value| axis.values[value].written.to_string())
        });
        std::iter::once(case.protocol.clone()).chain(values).collect::<Vec<_>>().join(" ")
    };
    sweep.cases.iter().map(shown).collect()
}

#[test]
fn ranges_give_whole_numbers_where_the_key_takes_only_those() {
    let geometric = "{ from = 1000, to = 100000, steps = 5, scale = \"geometric\" }";
    let found = values(&format!("clients.count = {geometric}\n"));
    assert_eq!(found, [1_000, 3_162, 10_000, 31_623, 100_000].map(Value::from));
    assert_eq!(
        values("clients.count = { from = 9, to = 1, steps = 3 }\n"),
        [9, 5, 1].map(Value::from)
    );
    let found = values("workload.objects.popularity.zipf = { from = 0, to = 1, steps = 3 }\n");
    assert_eq!(found, [json!(0), json!(0.5), json!(1)]);
}

#[test]
fn ranges_of_quantities_keep_their_units() {
    let range = "{ from = \"10ms\", to = \"1s\", steps = 5, scale = \"geometric\" }";
    let found = sweep(&format!("network.latency.constant = {range}\n"));
    let axis = &found.axes[0];
    let written: Vec<&Value> = axis.values.iter().map(|value| &value.written).collect();
    assert_eq!(written, ["10ms", "31.6228ms", "100ms", "316.228ms", "1s"]);
    assert_eq!((axis.unit, axis.values[2].number), (Some("s"), Some(0.1)));
    let found = values("network.loss = { from = \"0%\", to = \"5%\", steps = 3 }\n");
    assert_eq!(found, ["0%", "2.5%", "5%"]);
    let found = values("workload.rate = { from = \"1/min\", to = \"1/s\", steps = 2 }\n");
    assert_eq!(found, ["1/min", "1/s"]);
    let found = values("workload.objects.size = { from = \"1KiB\", to = \"1MiB\", steps = 3 }\n");
    assert_eq!(found, ["1KiB", "524.8KB", "1MiB"]);
}

#[test]
fn the_last_axis_varies_fastest_and_zipped_ones_go_together() {
    let found = sweep(
        "clients.count = [10, 20]\nnetwork.loss = [\"0%\", \"1%\"]\n\
         [[sweep.zip]]\npeers.count = [30, 40]\nworkload.objects.count = [3, 4]\n",
    );
    let expected = [
        "clippee 10 \"0%\" 30 3",
        "clippee 10 \"0%\" 40 4",
        "clippee 10 \"1%\" 30 3",
        "clippee 10 \"1%\" 40 4",
        "clippee 20 \"0%\" 30 3",
    ];
    assert_eq!(cases(&found)[..5], expected);
    assert_eq!((found.cases.len(), found.zips.as_slice()), (8, [vec![2, 3]].as_slice()));
    let scenario = &found.cases[1].scenario;
    assert_eq!((scenario.peers.count, scenario.workload.objects), (40, 4));
}

#[test]
fn zipped_axes_may_repeat_a_value_but_no_point() {
    let zip = |loss: &str| {
        format!("[[sweep.zip]]\npeers.count = [30, 30, 40]\nnetwork.loss = [{loss}]\n")
    };
    let found = sweep(&zip("\"0%\", \"1%\", \"1%\""));
    assert_eq!(cases(&found), ["clippee 30 \"0%\"", "clippee 30 \"1%\"", "clippee 40 \"1%\""]);
    let text = zip("\"1%\", \"1%\", \"1%\"");
    let text = format!("{HEAD}[sweep]\n{text}");
    let invalid = load_str(&text, "t", Path::new(""), &LoadOptions::default()).unwrap_err();
    let told = invalid.render(100, false);
    assert!(told.contains("the zip of `peers.count` has the same values twice"), "{told}");
}

#[test]
fn an_axis_below_a_protocol_is_no_axis_of_others() {
    let found = sweep(
        "protocol = [\"clippee\", \"client_server\"]\n\"protocol.clippee.replicas\" = [1, 3]\n\
         clients.count = [10, 20]\n",
    );
    let expected = [
        "clippee 1 10",
        "client_server - 10",
        "clippee 1 20",
        "client_server - 20",
        "clippee 3 10",
        "clippee 3 20",
    ];
    assert_eq!(cases(&found), expected);
    assert_eq!(found.cases[1].scenario.protocols[0].name(), "client_server");
}

#[test]
fn points_are_left_out_where_all_conditions_hold() {
    let base = "protocol = [\"clippee\", \"client_server\"]\nclients.count = [10, 20, 30]\n\
                \"network.latency.constant\" = [\"10ms\", \"2s\"]\n";
    let left = |skips: &str| cases(&sweep(&format!("{base}{skips}")));
    assert_eq!(left("").len(), 12);
    let skip = "[[sweep.skip]]\nprotocol = \"client_server\"\nclients.count = { above = 10 }\n";
    let found = left(skip);
    assert_eq!(found.len(), 8);
    assert!(found.iter().all(|case| case.starts_with("clippee") || case.contains(" 10 ")));
    let skip = "[[sweep.skip]]\nclients.count = [20, 30]\nnetwork.latency.constant = \"2000ms\"\n";
    assert_eq!(left(skip).len(), 8);
    let skip = "[[sweep.skip]]\nclients.count = { at_least = 20, below = 30 }\n";
    assert_eq!(left(skip).len(), 8);
    let two = "[[sweep.skip]]\nclients.count = 10\n[[sweep.skip]]\n\
               network.latency.constant = { at_most = \"1s\" }\n";
    assert_eq!(left(two).len(), 4);
}

#[test]
fn what_is_left_out_needn_t_be_valid() {
    let axes = "\"protocol.clippee.replicas\" = [3, 20]\n\"protocol.clippee.overlay.leaf_set\" = [16, 64]\n";
    let skip = "[[sweep.skip]]\n\"protocol.clippee.replicas\" = 20\n\
                \"protocol.clippee.overlay.leaf_set\" = 16\n";
    assert_eq!(sweep(&format!("{axes}{skip}")).cases.len(), 3);
}

#[test]
fn settings_replace_axes_however_those_are_written() {
    for key in ["clients.count", "\"clients.count\""] {
        let found = with_set(
            &format!("{key} = [10, 20]\nnetwork.loss = [\"0%\"]\n"),
            &["sweep.clients.count=[5]", "sweep.repeat=3"],
        );
        assert_eq!(
            (cases(&found), found.repeat),
            (vec!["clippee 5 \"0%\"".to_owned()], 3),
            "{key}"
        );
    }
}

#[test]
fn a_sweep_without_axes_is_the_scenario_alone() {
    let found = sweep("repeat = 2\n");
    assert_eq!((cases(&found), found.axes.len()), (vec!["clippee".to_owned()], 0));
}

//! A story of two peers and a client, as both forms show it.

use super::{TraceError, Window, chrome, shiviz};
use crate::node::{NodeId, Time};
use crate::observe::Origin;
use crate::observe::trace::{Effect, Input, Line, Run, SCHEMA, StepLine, Told};
use serde_json::Value;

fn step(at: u64, node: u32, number: u32, input: Input) -> StepLine {
    let digest = String::new();
    StepLine { at, node, incarnation: 1, number, input, cause: None, digest, effects: Vec::new() }
}

fn message(from: u32) -> Input {
    Input::Message { from, kind: "lock".into(), bytes: 9, content: "Lock".into() }
}

fn told(what: &'static str, operation: Option<&str>) -> Effect {
    Effect::Tell(Told {
        what: what.into(),
        object: Some(4),
        operation: operation.map(str::to_owned),
        attempt: Some("n1.1.1".into()),
        content: "it".into(),
    })
}

/// Client 3 asks peer 1, which locks at peer 2; peer 2 crashes with the lock.
fn story() -> Vec<StepLine> {
    let send = |to| Effect::Send { to, kind: "lock".into(), bytes: 9 };
    let cause =
        |node, number, at| Some(Origin { node: NodeId(node), number, at: Time::from_nanos(at) });
    let id = || "n3#0".to_owned();
    let asked =
        Input::Operation { id: id(), kind: "read".into(), object: Some(4), content: "".into() };
    vec![
        StepLine { effects: vec![send(1)], ..step(1_000, 3, 0, asked) },
        StepLine {
            effects: vec![send(2), send(1)],
            cause: cause(3, 0, 1_000),
            ..step(5_500, 1, 0, message(3))
        },
        StepLine { cause: cause(1, 0, 5_500), ..step(5_501, 1, 1, message(1)) },
        StepLine {
            effects: vec![told("locked", None), send(3)],
            cause: cause(1, 0, 5_500),
            ..step(9_000, 2, 0, message(1))
        },
        StepLine {
            effects: vec![told("ended", Some("n3#0"))],
            cause: cause(2, 0, 9_000),
            ..step(12_000, 3, 1, message(2))
        },
        step(20_000, 2, 1, Input::Stop { crash: true }),
    ]
}

fn source() -> String {
    let run = Run {
        schema: SCHEMA,
        name: "s".into(),
        seed: 1,
        protocol: "p".into(),
        peers: 2,
        clients: 1,
    };
    let lines = std::iter::once(Line::Run(run)).chain(story().into_iter().map(Line::Step));
    lines.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect()
}

fn events(window: Window) -> Vec<Value> {
    let mut out = Vec::new();
    chrome(source().as_bytes(), window, &mut out).unwrap();
    let whole: Value = serde_json::from_slice(&out).unwrap();
    whole["traceEvents"].as_array().unwrap().clone()
}

fn of_phase<'a>(events: &'a [Value], phase: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["ph"] == phase).collect()
}

#[test]
fn steps_are_slices_that_do_not_overlap() {
    let events = events(Window::ALL);
    let shown = of_phase(&events, "X");
    assert_eq!(shown.len(), 6);
    let first = shown.iter().find(|slice| slice["ts"] == 5.5).unwrap();
    assert_eq!(
        (&first["tid"], &first["pid"], &first["dur"]),
        (&1.into(), &1.into(), &0.001.into())
    );
    assert_eq!(first["args"]["sent"], serde_json::json!(["lock to n2", "lock to n1"]));
    let second = shown.iter().find(|slice| slice["ts"] == 5.501).unwrap();
    assert_eq!(second["dur"], 1.0);
    assert_eq!(second["args"]["caused_by"], "n1 step 0 at 0.000005500s");
    let tracks: Vec<_> =
        of_phase(&events, "M").iter().map(|event| event["args"]["name"].clone()).collect();
    assert!(
        tracks.contains(&"client n3".into()) && tracks.contains(&"peer n2".into()),
        "{tracks:?}"
    );
}

#[test]
fn messages_are_flows_and_locks_and_operations_are_spans() {
    let events = events(Window::ALL);
    let (starts, ends) = (of_phase(&events, "s"), of_phase(&events, "f"));
    let ids =
        |ends: &[&Value]| -> Vec<u64> { ends.iter().map(|e| e["id"].as_u64().unwrap()).collect() };
    assert_eq!((ids(&starts), starts.len()), (ids(&ends), 4));
    assert_eq!((&starts[0]["tid"], &starts[0]["ts"]), (&3.into(), &1.0.into()));
    assert_eq!((&ends[0]["tid"], &ends[0]["ts"]), (&1.into(), &5.5.into()));
    let span = |phase: &str, category: &str| -> Vec<(Value, Value)> {
        let of = of_phase(&events, phase).into_iter().filter(|event| event["cat"] == category);
        of.map(|event| (event["ts"].clone(), event["id"].clone())).collect()
    };
    for (category, from, to) in [("lock", 9.0, 20.0), ("operation", 1.0, 12.0)] {
        let ([begin], [end]) = (&span("b", category)[..], &span("e", category)[..]) else {
            panic!()
        };
        assert_eq!((&begin.0, &end.0, &begin.1), (&from.into(), &to.into(), &end.1), "{category}");
    }
}

#[test]
fn a_window_shows_no_flow_or_span_that_begins_before_it() {
    let window = Window { from: Time::from_nanos(5_501), until: Time::from_nanos(12_000) };
    let events = events(window);
    assert_eq!(of_phase(&events, "X").len(), 3);
    assert_eq!(of_phase(&events, "s").len(), 1, "only peer 2's answer was sent within it");
    assert_eq!((of_phase(&events, "b").len(), of_phase(&events, "e").len()), (1, 1));
}

#[test]
fn clocks_of_steps_know_what_caused_them() {
    let mut out = Vec::new();
    assert_eq!(shiviz(source().as_bytes(), Window::ALL, &mut out).unwrap(), 6);
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})", ""]);
    let clocks: Vec<&str> = lines[2..].iter().skip(1).step_by(2).copied().collect();
    assert_eq!(
        clocks,
        [
            "n3 {\"n3\": 1}",
            "n1 {\"n1\": 1, \"n3\": 1}",
            "n1 {\"n1\": 2, \"n3\": 1}",
            "n2 {\"n1\": 1, \"n2\": 1, \"n3\": 1}",
            "n3 {\"n1\": 1, \"n2\": 1, \"n3\": 2}",
            "n2 {\"n1\": 1, \"n2\": 2, \"n3\": 1}",
        ]
    );
    assert_eq!(lines[4], "0.000005500s lock from n3");
}

#[test]
fn what_is_no_trace_is_refused() {
    let refused = |text: &str| chrome(text.as_bytes(), Window::ALL, Vec::new()).unwrap_err();
    assert!(matches!(refused(""), TraceError::Beginning));
    assert!(matches!(refused("{}\n"), TraceError::Beginning));
    let broken = source() + "{\"step\":3}\n";
    assert!(refused(&broken).to_string().starts_with("line 8 is no line of a trace"), "{broken}");
}

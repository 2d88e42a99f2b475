//! All figures of a plausible run, judged by their layout. How they look is judged by eye.

use super::scene::{Anchor, Mark, Scene};
use super::style::{FIGURE_HEIGHT, FIGURE_WIDTH};
use super::*;
use std::fmt::Write as _;

fn source(series: &str, distributions: &str, metrics: &str) -> Source {
    let long = "x".repeat(150);
    let manifest = format!(r#"{{"name": "churn-{long}", "protocol": "clippee", "seed": 1}}"#);
    let series = format!("time_s,quantity,label,value\n{series}");
    let distributions = format!("quantity,label,x,share\n{distributions}");
    let texts =
        Texts { manifest: &manifest, metrics, series: &series, distributions: &distributions };
    Source::read(texts).unwrap()
}

fn nothing() -> Source {
    source("", "", "{}")
}

/// Half an hour in buckets of 15 s, with operations of all kinds.
fn plausible() -> Source {
    let mut series = "0,phase,warmup,300\n300,phase,window,1500\n1800,phase,drain,204\n".to_owned();
    let mut distributions = String::new();
    let mut operations = Vec::new();
    for kind in crate::node::OperationKind::ALL {
        let name = kind.name();
        for bucket in 0..120_u32 {
            let (at, wave) = (15 * bucket, f64::from(bucket % 7));
            writeln!(series, "{at},operations_per_s,{name}.ok,{}", 80.0 + wave).unwrap();
            writeln!(series, "{at},operations_per_s,{name}.failed,{}", 0.01 * wave).unwrap();
            writeln!(series, "{at},latency_ms_p50,{name},{}", 90.0 + wave).unwrap();
            writeln!(series, "{at},latency_ms_p99,{name},{}", 900.0 + wave).unwrap();
            writeln!(series, "{at},success_ratio,{name},{}", 1.0 - 0.001 * wave).unwrap();
        }
        for point in 1..=40 {
            let point = f64::from(point);
            let (x, share) = (3.0 * point * point, point / 40.0);
            writeln!(distributions, "latency_ms,{name},{x},{share}").unwrap();
        }
        let latency = r#"{"p50": 140.2, "p99": 3210.9}"#;
        operations
            .push(format!(r#""{name}": {{"issued": 9000, "ok": 8991, "latency_ms": {latency}}}"#));
    }
    for bucket in 0..134_u32 {
        let (at, wave) = (15 * bucket, f64::from(bucket % 11));
        writeln!(series, "{at},peers_alive,,{}", 195.0 + wave).unwrap();
        writeln!(series, "{at},clients_alive,,{}", 4_900.0 + 10.0 * wave).unwrap();
        for label in ["granted", "refused", "timed_out"] {
            writeln!(series, "{at},locks_per_s,{label},{}", 3.0 + wave).unwrap();
        }
        for label in ["work", "background"] {
            writeln!(series, "{at},messages_per_s,{label},{}", 3000.0 + wave).unwrap();
        }
    }
    let mut sizes = Vec::new();
    for (index, size) in crate::observe::delivery::SIZES.into_iter().enumerate() {
        let scale = f64::from(index as u32 + 1);
        for point in 1..=40 {
            let point = f64::from(point);
            let (x, share) = (scale * 20.0 * point, point / 40.0);
            writeln!(distributions, "delivery_ms,{size},{x},{share}").unwrap();
        }
        let (members, cost) = (4.0 * libm::pow(10.0, scale - 1.0), 1.0 + 0.3 / scale);
        sizes.push(format!(
            r#""{size}": {{"members_mean": {members}, "messages_per_copy": {cost},
                "expected": 1000000, "delivered": 999000,
                "latency_ms": {{"p50": 140.2, "p99": 3210.9}}}}"#
        ));
    }
    for bucket in 0..134_u32 {
        let (at, wave) = (15 * bucket, f64::from(bucket % 13));
        writeln!(series, "{at},members,all,{}", 9_000.0 + 20.0 * wave).unwrap();
        writeln!(series, "{at},members,largest,{}", 1_000.0 + 10.0 * wave).unwrap();
    }
    for rank in 1..=200 {
        let rank = f64::from(rank);
        writeln!(distributions, "peer_messages_per_s,,{},{}", 90.0 / rank, rank / 200.0).unwrap();
    }
    for (hops, share) in [0.0, 0.000_6, 0.015_6, 0.164_3, 0.644_9, 0.174_5].iter().enumerate() {
        writeln!(distributions, "hops,,{hops},{share}").unwrap();
    }
    let metrics = format!(
        r#"{{"simulated_s": 2004.0, "nodes": {{"peers": 484, "clients": 5000}},
            "operations": {{{}}},
            "locks": {{"attempts": 30, "granted": 20, "refused": 7, "timed_out": 3}},
            "load": {{"peer_messages_per_s": {{"mean": 12.3}}}},
            "overlay": {{"hops": {{"mean": 3.98}}}}, "churn": {{"peers_alive_mean": 199.7}},
            "delivery": {{"detail": {{"by_size": {{{}}}}}}}}}"#,
        operations.join(","),
        sizes.join(",")
    );
    source(&series, &distributions, &metrics)
}

fn texts(scene: &Scene) -> impl Iterator<Item = &scene::Text> {
    scene.marks.iter().filter_map(|mark| match mark {
        Mark::Text(text) => Some(text),
        _ => None,
    })
}

/// Left, top, right and bottom of the box around a text.
fn bounds(text: &scene::Text) -> [f64; 4] {
    let width = font::width(&text.text, text.size);
    let left = match text.anchor {
        Anchor::Start => text.at.0,
        Anchor::Middle => text.at.0 - width / 2.0,
        Anchor::End => text.at.0 - width,
    };
    [left, text.at.1 - 0.76 * text.size, left + width, text.at.1 + 0.24 * text.size]
}

fn scenes(source: &Source) -> Vec<(&'static str, Scene)> {
    FIGURES.iter().filter_map(|(name, figure)| Some((*name, figure(source)?))).collect()
}

#[test]
fn without_data_there_is_no_figure() {
    assert!(scenes(&nothing()).is_empty());
}

#[test]
fn with_data_there_is_every_figure() {
    assert_eq!(scenes(&plausible()).len(), FIGURES.len());
}

#[test]
fn no_text_is_clipped_and_no_two_overlap() {
    for (name, scene) in scenes(&plausible()) {
        let boxes: Vec<_> = texts(&scene).map(|text| (&text.text, bounds(text))).collect();
        for (index, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
            let inside = *left >= 0.0 && *top >= 0.0;
            let inside = inside && *right <= FIGURE_WIDTH && *bottom <= FIGURE_HEIGHT;
            assert!(inside, "{name}: {text:?} is clipped");
            for (other, [l, t, r, b]) in &boxes[index + 1..] {
                let apart = right <= l || r <= left || bottom <= t || b <= top;
                assert!(apart, "{name}: {text:?} and {other:?} overlap");
            }
        }
    }
}

#[test]
fn nothing_is_drawn_outside_the_figure() {
    for (name, scene) in scenes(&plausible()) {
        for mark in &scene.marks {
            let points = match mark {
                Mark::Area { points, .. } | Mark::Line { points, .. } => points,
                Mark::Text(_) => continue,
            };
            let inside = |&(x, y): &scene::Point| {
                (0.0..=FIGURE_WIDTH).contains(&x) && (0.0..=FIGURE_HEIGHT).contains(&y)
            };
            assert!(points.iter().all(inside), "{name}: {mark:?}");
        }
    }
}

#[test]
fn every_figure_names_the_run() {
    for (name, scene) in scenes(&plausible()) {
        let shown: Vec<_> = texts(&scene).map(|text| text.text.as_str()).collect();
        let subtitle = shown.iter().any(|text| {
            text.starts_with("churn-x") && text.contains("seed 1") && text.contains("n = 1 run")
        });
        assert!(subtitle, "{name}: {shown:?}");
    }
}

#[test]
fn a_single_bucket_and_a_constant_are_drawn() {
    let source = source(
        "0,peers_alive,,200\n0,operations_per_s,read.ok,5\n0,success_ratio,read,1\n",
        "peer_messages_per_s,,0,1\nlatency_ms,read,0,1\nhops,,0,1\n",
        r#"{"simulated_s": 1.0}"#,
    );
    let names: Vec<_> = scenes(&source).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["latency-cdf", "operations", "peers-alive", "load", "hops"]);
}

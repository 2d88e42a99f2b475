//! Layout of figures of sweeps, judged by their marks. How they look is judged by eye.

use super::*;
use crate::report::plot::scene::{Anchor, Mark};
use crate::report::plot::style::FIGURE_HEIGHT;

fn point(x: f64, y: Option<f64>, half: f64, n: u64) -> Point {
    let interval = y.filter(|_| n > 1).map(|y| (y - half, y + half, 0.95));
    Point { x, y, interval, n, of: 10 }
}

fn line(protocol: &str, value: Option<usize>, label: &str, scale: f64) -> Line {
    let points = [100.0, 1_000.0, 10_000.0, 50_000.0].map(|x| {
        let y = scale * libm::log(x);
        point(x, Some(y), 0.1 * y, 10)
    });
    let (label, protocol) = (label.to_owned(), protocol.to_owned());
    Line { label, protocol, value, points: points.to_vec() }
}

/// Two protocols that end close together, a reference between them.
pub fn plausible() -> Comparison {
    let ticks = [(100.0, "100"), (1_000.0, "1,000"), (10_000.0, "10,000"), (50_000.0, "50,000")];
    let ticks = ticks.map(|(at, text)| (at, text.to_owned())).to_vec();
    Comparison {
        title: "When does a server saturate, and when do peers?".to_owned(),
        sweep: "e1".to_owned(),
        note: "quick grid".to_owned(),
        x: XAxis { title: "clients".to_owned(), logarithmic: true, ticks, words: false },
        y: YAxis { title: "latency (ms)".to_owned(), logarithmic: false, percent: false },
        shown: Shown::Mean(0.95),
        lines: vec![
            line("clippee", None, "clippee", 10.0),
            line("consensus", None, "consensus", 10.2),
            line("client_server", None, "client_server", 25.0),
        ],
        references: vec![("theory".to_owned(), vec![(100.0, 46.0), (50_000.0, 109.0)])],
    }
}

fn texts(scene: &Scene) -> Vec<(String, [f64; 4])> {
    let bounds = |mark: &Mark| match mark {
        Mark::Text(text) => {
            let width = font::width(&text.text, text.size);
            let left = match text.anchor {
                Anchor::Start => text.at.0,
                Anchor::Middle => text.at.0 - width / 2.0,
                Anchor::End => text.at.0 - width,
            };
            let (top, bottom) = (text.at.1 - 0.76 * text.size, text.at.1 + 0.24 * text.size);
            Some((text.text.clone(), [left, top, left + width, bottom]))
        }
        _ => None,
    };
    scene.marks.iter().filter_map(bounds).collect()
}

/// Nothing leaves the page, and no two texts overlap.
fn check(figure: &Comparison) -> Scene {
    let scene = scene(figure);
    let boxes = texts(&scene);
    for (index, (text, [left, top, right, bottom])) in boxes.iter().enumerate() {
        let inside = *left >= 0.0 && *top >= 0.0;
        assert!(inside && *right <= FIGURE_WIDTH && *bottom <= FIGURE_HEIGHT, "{text} is clipped");
        for (other, [l, t, r, b]) in &boxes[index + 1..] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{text:?} and {other:?} overlap");
        }
    }
    for mark in &scene.marks {
        let (Mark::Area { points, .. } | Mark::Line { points, .. }) = mark else { continue };
        for (x, y) in points {
            let inside = (0.0..=FIGURE_WIDTH).contains(x) && (0.0..=FIGURE_HEIGHT).contains(y);
            assert!(inside, "{mark:?}");
        }
    }
    scene
}

fn says(figure: &Comparison, wanted: &str) {
    let texts = texts(&check(figure));
    assert!(texts.iter().any(|(text, _)| text.contains(wanted)), "{wanted}: {texts:?}");
}

#[test]
fn the_face_says_n_the_interval_and_the_note() {
    let mut figure = plausible();
    says(&figure, "e1  ·  n = 10 seeds, means with 95 % t-intervals");
    says(&figure, "quick grid");
    figure.lines[0].points[1].n = 7;
    says(&figure, "n = 7 to 10 seeds");
    says(&figure, "hollow: fewer runs have a value");
    let points = || figure.lines.iter().flat_map(|line| &line.points);
    assert!(points().all(|point| point.interval.is_some()));
    figure.shown = Shown::Median(0.95);
    for point in figure.lines.iter_mut().flat_map(|line| &mut line.points) {
        point.interval = point.interval.map(|(low, high, _)| (low, high, 0.978_5));
    }
    says(&figure, "medians with 97.9 % order-statistic intervals");
}

#[test]
fn one_seed_says_so_and_has_no_band() {
    let mut figure = plausible();
    for point in figure.lines.iter_mut().flat_map(|line| &mut line.points) {
        (point.n, point.of, point.interval) = (1, 1, None);
    }
    says(&figure, "n = 1, no interval");
    let bands = |figure: &Comparison| {
        let is_band = |mark: &&Mark| matches!(mark, Mark::Area { points, .. } if points.len() == 8);
        scene(figure).marks.iter().filter(is_band).count()
    };
    assert_eq!((bands(&figure), bands(&plausible())), (0, 3));
}

#[test]
fn points_without_a_value_are_gaps_with_a_cross() {
    let mut figure = plausible();
    let whole = check(&figure).marks.len();
    figure.lines[2].points[2] = point(10_000.0, None, 0.0, 0);
    says(&figure, "×: nothing measured");
    assert_ne!(check(&figure).marks.len(), whole);
    for point in &mut figure.lines[0].points {
        (point.y, point.interval, point.n) = (None, None, 0);
    }
    says(&figure, "clippee");
    figure.lines.truncate(1);
    says(&figure, "nothing was measured");
}

#[test]
fn a_logarithmic_axis_shows_where_zero_would_be() {
    let mut figure = plausible();
    figure.y.logarithmic = true;
    figure.lines[0].points[0] = point(100.0, Some(0.0), 0.0, 10);
    figure.lines[1].points[0].interval = Some((-3.0, 200.0, 0.95));
    says(&figure, "▾: 0 or less, below every logarithmic axis");
}

#[test]
fn many_lines_with_long_names_and_equal_ends_keep_apart() {
    let mut figure = plausible();
    let name = |index| format!("clippee, protocol.clippee.lock_policy = something-{index}-long");
    figure.lines = (0..12).map(|index| line("clippee", Some(index), &name(index), 10.0)).collect();
    check(&figure);
    figure.lines.extend((0..4).map(|index| line("consensus", Some(index), "consensus", 9.9)));
    check(&figure);
}

#[test]
fn words_and_percentages_and_single_values_are_drawn() {
    let mut figure = plausible();
    figure.x = XAxis {
        title: "presets".to_owned(),
        logarithmic: false,
        ticks: [(0.0, "kad"), (1.0, "skype")].map(|(x, text)| (x, text.to_owned())).to_vec(),
        words: true,
    };
    figure.y.percent = true;
    figure.references.clear();
    figure.lines.truncate(2);
    for line in &mut figure.lines {
        line.points = vec![point(0.0, Some(0.99), 0.001, 10), point(1.0, Some(0.97), 0.002, 10)];
    }
    says(&figure, "100 %");
    for line in &mut figure.lines {
        line.points.truncate(1);
    }
    figure.x.ticks.truncate(1);
    check(&figure);
}

#[test]
fn lines_differ_without_colours() {
    let figure = plausible();
    let looks: Vec<_> = figure.lines.iter().map(|line| lines::look(&figure, line)).collect();
    for (index, look) in looks.iter().enumerate() {
        for other in &looks[..index] {
            assert!(look.dashes != other.dashes && look.marker != other.marker);
        }
    }
    let mut crossed = figure.clone();
    crossed.lines = ["clippee", "consensus"]
        .iter()
        .flat_map(|protocol| (0..3).map(|value| line(protocol, Some(value), "x", 1.0)))
        .collect();
    let mut markers: Vec<_> =
        crossed.lines.iter().map(|line| lines::look(&crossed, line).marker).collect();
    markers.sort_unstable();
    markers.dedup();
    assert_eq!(markers.len(), 6);
}

#[test]
fn the_same_figure_has_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    draw(&plausible(), folder.path(), "a").unwrap();
    draw(&plausible(), folder.path(), "b").unwrap();
    for ext in ["svg", "png"] {
        let read = |name: &str| std::fs::read(folder.path().join(format!("{name}.{ext}"))).unwrap();
        assert!(read("a") == read("b"), "{ext}");
    }
}

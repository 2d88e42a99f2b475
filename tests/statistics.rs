//! What intervals promise, held against 10,000 synthetic studies each: how often they cover the
//! true value. By chance alone a coverage of 95 % is measured with a standard error of 0.22 %.

use clippee_sim::node::{Key, Stream};
use clippee_sim::stats::Sample;

const STUDIES: u32 = 10_000;

/// Two independent normal draws (Box and Muller).
fn normals(stream: &mut Stream) -> (f64, f64) {
    let radius = libm::sqrt(-2.0 * libm::log(stream.unit_open()));
    let angle = std::f64::consts::TAU * stream.unit();
    (radius * libm::cos(angle), radius * libm::sin(angle))
}

fn exponential(stream: &mut Stream) -> f64 {
    -libm::log(stream.unit_open())
}

/// Two protocols on one seed: noise of their own on top of what the seed gives both.
fn pair(stream: &mut Stream) -> (f64, f64) {
    let (common, first) = normals(stream);
    let (second, _) = normals(stream);
    (20.0 + 3.0 * common + first, 10.0 + 2.0 * common + 0.5 * second)
}

/// The share of studies, each of `n` runs, whose 95 % interval has `truth` in it, and the mean width
/// of the intervals.
fn coverage(
    study: u32,
    n: u32,
    truth: f64,
    mut sample: impl FnMut(&mut Stream, u32) -> Sample,
) -> (f64, f64) {
    let key = Key::from_word(20_261_125);
    let (mut hits, mut width) = (0_u32, 0.0);
    for index in 0..STUDIES {
        let sample = sample(&mut key.stream(study, index), n);
        let interval = sample.estimate(0.95).unwrap().interval.unwrap();
        hits += u32::from(interval.low <= truth && truth <= interval.high);
        width += interval.high - interval.low;
    }
    (f64::from(hits) / f64::from(STUDIES), width / f64::from(STUDIES))
}

fn holds(share: f64, least: f64, most: f64) {
    assert!((least..=most).contains(&share), "covers {share}, not {least} to {most}");
}

fn of(stream: &mut Stream, n: u32, draw: fn(&mut Stream) -> f64) -> Vec<f64> {
    (0..n).map(|_| draw(stream)).collect()
}

fn pairs(stream: &mut Stream, n: u32) -> Vec<(f64, f64)> {
    (0..n).map(|_| pair(stream)).collect()
}

#[test]
fn intervals_of_means_cover_what_they_say() {
    for (study, n) in [(1, 3), (2, 5), (3, 10), (4, 30)] {
        let normal = |stream: &mut Stream, n| Sample::Mean(of(stream, n, |s| normals(s).0));
        holds(coverage(study, n, 0.0, normal).0, 0.94, 0.96);
    }
}

#[test]
fn intervals_of_paired_differences_cover_what_they_say() {
    for (study, n) in [(11, 3), (12, 5), (13, 10), (14, 30)] {
        let paired = |stream: &mut Stream, n| Sample::difference(&pairs(stream, n));
        holds(coverage(study, n, 10.0, paired).0, 0.94, 0.96);
    }
}

#[test]
fn intervals_of_ratios_cover_what_they_say() {
    for (study, n) in [(21, 5), (22, 10), (23, 30)] {
        let ratio = |stream: &mut Stream, n| Sample::Ratio(pairs(stream, n));
        holds(coverage(study, n, 2.0, ratio).0, 0.94, 0.96);
    }
}

/// Whatever the law: x2..x9 of 10 covers 97.85 %, x10..x21 of 30 covers 95.72 %.
#[test]
fn intervals_of_medians_cover_what_they_say() {
    let normal = |stream: &mut Stream, n| Sample::Median(of(stream, n, |s| normals(s).0));
    let skewed = |stream: &mut Stream, n| Sample::Median(of(stream, n, exponential));
    for (study, n, promised) in [(31, 10, 0.9785), (32, 30, 0.9572)] {
        holds(coverage(study, n, 0.0, normal).0, promised - 0.006, promised + 0.006);
        let half = std::f64::consts::LN_2;
        holds(coverage(study + 10, n, half, skewed).0, promised - 0.006, promised + 0.006);
    }
}

/// What docs/statistics.md tells: of exponential values, t-intervals cover about 90 % with 10 runs,
/// and less than promised even with 30.
#[test]
fn intervals_of_means_cover_less_where_the_law_is_skewed() {
    let skewed = |stream: &mut Stream, n| Sample::Mean(of(stream, n, exponential));
    holds(coverage(51, 10, 1.0, skewed).0, 0.89, 0.91);
    holds(coverage(52, 30, 1.0, skewed).0, 0.92, 0.935);
}

/// Differences of skewed quantities keep what skewness the two don't share: about 92 % here.
#[test]
fn intervals_of_differences_cover_a_little_less_where_laws_are_skewed() {
    let paired = |stream: &mut Stream, n| {
        let pairs: Vec<_> = (0..n)
            .map(|_| {
                let common = exponential(stream);
                (common + 3.0 * exponential(stream), common + exponential(stream))
            })
            .collect();
        Sample::difference(&pairs)
    };
    holds(coverage(61, 10, 2.0, paired).0, 0.91, 0.93);
}

/// Common random numbers are worth having: on the same seeds, the interval of the difference is
/// narrower than on others.
#[test]
fn pairs_by_seed_are_sharper_than_strangers() {
    let paired = |stream: &mut Stream, n| Sample::difference(&pairs(stream, n));
    let strangers = |stream: &mut Stream, n| {
        let (first, second) = (pairs(stream, n), pairs(stream, n));
        let mixed: Vec<_> = first.iter().zip(&second).map(|(a, b)| (a.0, b.1)).collect();
        Sample::difference(&mixed)
    };
    let (sharp, blunt) = (coverage(71, 10, 10.0, paired).1, coverage(72, 10, 10.0, strangers).1);
    assert!(sharp < 0.5 * blunt, "{sharp} {blunt}");
}

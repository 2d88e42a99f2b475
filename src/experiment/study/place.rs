//! Where a claim must hold: each place with its runs and its bound.

use super::runs::{Point, Runs};
use crate::scenario::{Claim, Compare, Contrast, Filter, Growth, Limits, Statistic};
use crate::stats::{Bound, Sample, slope};
use std::collections::BTreeMap;

/// Values by seed; `None` where a run has none.
type BySeed = BTreeMap<u64, Option<f64>>;

/// A point, or a line of points, at which a claim must hold.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its coordinates, as they are written.
    pub at: Vec<(String, String)>,
    /// What the claim wants here.
    pub bound: Bound,
    /// The runs, or what must be compared of them.
    pub sample: Sample,
    /// How many seeds are left out, because a run of theirs has no value or isn't there.
    pub missing: u64,
    /// Why nothing can be said here.
    pub flaw: Option<String>,
}

/// All places of a claim, in the order of the table.
pub fn places(runs: &Runs, claim: &Claim) -> Vec<Place> {
    let is_meant =
        |point: &&Point| point.protocol == claim.protocol && runs.meets(point, &claim.points);
    let points: Vec<&Point> = runs.points.iter().filter(is_meant).collect();
    match &claim.compare {
        Compare::Nothing => {
            let place = |point: &Point| {
                let values = runs.values(point, &claim.quantity);
                let missing = values.values().filter(|value| value.is_none()).count() as u64;
                let values = values.into_values().flatten().collect();
                place(runs, claim, point, runs.at(point), of(claim.statistic, values), missing)
            };
            points.into_iter().filter_map(place).collect()
        }
        Compare::Against { protocol, at, how } => {
            let protocol = protocol.as_ref().unwrap_or(&claim.protocol);
            let place = |point: &Point| against(runs, claim, point, (protocol, at), *how);
            points.into_iter().filter_map(place).collect()
        }
        Compare::Growth { along, how } => growth(runs, claim, &points, along, *how),
    }
}

fn of(statistic: Statistic, values: Vec<f64>) -> Sample {
    match statistic {
        Statistic::Mean => Sample::Mean(values),
        Statistic::Median => Sample::Median(values),
    }
}

/// `None` where nothing is claimed.
fn place(
    runs: &Runs,
    claim: &Claim,
    point: &Point,
    at: Vec<(String, String)>,
    sample: Sample,
    missing: u64,
) -> Option<Place> {
    let bound = match &claim.limits {
        Limits::Fixed(bound) => *bound,
        Limits::Along { key, bounds } => {
            let axis = runs.axis(key)?;
            let own = &runs.axes[axis].values[point.values[axis]?].written;
            bounds.iter().find(|(value, _)| value == own)?.1
        }
    };
    Some(Place { at, bound, sample, missing, flaw: None })
}

/// A point beside the one that differs by protocol and values: pairs by seed.
fn against(
    runs: &Runs,
    claim: &Claim,
    point: &Point,
    (protocol, at): (&str, &[Filter]),
    how: Contrast,
) -> Option<Place> {
    let is_other = |other: &&Point| {
        let coordinates = runs.axes.iter().zip(point.values.iter().zip(&other.values));
        let mut agree = coordinates.map(|(axis, values)| match values {
            (Some(own), Some(their)) => {
                let changed = at.iter().find(|filter| filter.key == axis.key);
                let their = &axis.values[*their].written;
                changed.map_or(&axis.values[*own].written == their, |f| f.values.contains(their))
            }
            // An axis that belongs to one of the two protocols.
            _ => true,
        });
        other.protocol == *protocol && agree.all(|agrees| agrees) && runs.meets(other, at)
    };
    let mut others = runs.points.iter().filter(is_other);
    let own = runs.values(point, &claim.quantity);
    let other = others.next();
    let flaw = match (other, others.next()) {
        (None, _) => Some("there is no such point to compare with".to_owned()),
        (Some(_), Some(_)) => Some("there are several points to compare with".to_owned()),
        (Some(_), None) => None,
    };
    let their = other.map(|other| runs.values(other, &claim.quantity)).unwrap_or_default();
    let (pairs, missing) = paired(&own, &their);
    let sample = contrast(claim.statistic, how, pairs);
    let place = place(runs, claim, point, runs.at(point), sample, missing)?;
    Some(Place { flaw, ..place })
}

/// The pairs of values of the same seed, and how many seeds have none.
fn paired(own: &BySeed, their: &BySeed) -> (Vec<(f64, f64)>, u64) {
    let pair = |(seed, value): (&u64, &Option<f64>)| value.zip(their.get(seed).copied().flatten());
    let pairs: Vec<_> = own.iter().filter_map(pair).collect();
    let alone = their.keys().filter(|seed| !own.contains_key(seed)).count();
    let missing = (own.len() + alone - pairs.len()) as u64;
    (pairs, missing)
}

fn contrast(statistic: Statistic, how: Contrast, pairs: Vec<(f64, f64)>) -> Sample {
    match (statistic, how) {
        (Statistic::Mean, Contrast::Difference) => Sample::difference(&pairs),
        (Statistic::Mean, Contrast::Ratio) => Sample::Ratio(pairs),
        (Statistic::Median, Contrast::Difference) => {
            Sample::Median(pairs.iter().map(|pair| pair.0 - pair.1).collect())
        }
        (Statistic::Median, Contrast::Ratio) => {
            Sample::Median(pairs.iter().map(|pair| pair.0 / pair.1).collect())
        }
    }
}

/// A place for each line of points that differ only along the axis, and along those that advance
/// with it.
fn growth(runs: &Runs, claim: &Claim, points: &[&Point], along: &str, how: Growth) -> Vec<Place> {
    let Some(axis) = runs.axis(along) else { return Vec::new() };
    let x = |point: &Point| runs.axes[axis].values[point.values[axis]?].number;
    // Axes whose value follows from that of the axis advance with it.
    let follows = |other: usize| {
        let value = |point: &&Point| (point.values[axis], point.values[other]);
        let pairs: Vec<_> = points.iter().map(value).collect();
        pairs.iter().all(|a| pairs.iter().all(|b| a.0 != b.0 || a.1 == b.1))
            && pairs.iter().any(|a| pairs.iter().any(|b| a.1 != b.1))
    };
    let free: Vec<usize> =
        (0..runs.axes.len()).filter(|other| *other != axis && !follows(*other)).collect();
    let mut lines: Vec<(Vec<Option<usize>>, Vec<&Point>)> = Vec::new();
    for &point in points {
        let rest: Vec<_> = free.iter().map(|other| point.values[*other]).collect();
        match lines.iter_mut().find(|(known, _)| *known == rest) {
            Some((_, line)) => line.push(point),
            None => lines.push((rest, vec![point])),
        }
    }
    let place = |(_, line): (Vec<Option<usize>>, Vec<&Point>)| {
        let mut line: Vec<(f64, &Point)> =
            line.into_iter().filter_map(|point| Some((x(point)?, point))).collect();
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        let first = line.first()?.1;
        let at = runs
            .at(first)
            .into_iter()
            .filter(|(key, _)| runs.axis(key).is_some_and(|other| free.contains(&other)));
        let at = at.collect();
        let flaw = (line.len() < 2).then(|| format!("there is one point along `{along}`"));
        let columns: Vec<(f64, BySeed)> =
            line.iter().map(|(x, point)| (*x, runs.values(point, &claim.quantity))).collect();
        let (sample, missing) = grown(claim.statistic, how, &columns);
        Some(Place { flaw, ..place(runs, claim, first, at, sample, missing)? })
    };
    lines.into_iter().filter_map(place).collect()
}

/// How each seed's values grow, and how many seeds lack one.
fn grown(statistic: Statistic, how: Growth, columns: &[(f64, BySeed)]) -> (Sample, u64) {
    let (Some((_, first)), Some((_, last))) = (columns.first(), columns.last()) else {
        return (Sample::Mean(Vec::new()), 0);
    };
    if how == Growth::Ratio {
        let (pairs, missing) = paired(last, first);
        return (contrast(statistic, Contrast::Ratio, pairs), missing);
    }
    let slope_of = |seed: &u64| {
        let point = |(x, values): &(f64, BySeed)| {
            let y = values.get(seed).copied().flatten()?;
            let positive = Some(y).filter(|y| *y > 0.0);
            Some(match how {
                Growth::Ratio | Growth::PerDoubling => (libm::log2(*x), y),
                Growth::Exponent => (libm::log(*x), libm::log(positive?)),
                Growth::LogExponent => (libm::log(libm::log(*x)), libm::log(positive?)),
            })
        };
        slope(&columns.iter().map(point).collect::<Option<Vec<_>>>()?)
    };
    let mut seeds: Vec<u64> =
        columns.iter().flat_map(|(_, values)| values.keys().copied()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let slopes: Vec<f64> = seeds.iter().filter_map(slope_of).collect();
    let missing = (seeds.len() - slopes.len()) as u64;
    (of(statistic, slopes), missing)
}

//! One claim at a level of significance: where its intervals lie.

use super::place::Place;
use super::runs::Runs;
use super::verdict::{Judged, Uncorrected, Verdict};
use crate::scenario::Quantity;
use crate::stats::{Bound, Interval, NoInterval, Side};
use serde_json::Value;

/// The least alpha at which the claim is decided: the largest p value of its places, if all
/// estimates are right (all must be); else the least of the wrong ones, times the number of places
/// (any suffices). 1 if the runs can't decide it.
pub fn p_value(places: &[Place]) -> f64 {
    let found: Vec<Option<(Side, f64)>> =
        places.iter().map(|place| sound(place)?.sample.p_value(place.bound)).collect();
    let wrong = found.iter().flatten().filter(|(side, _)| *side == Side::Wrong);
    if let Some(least) = wrong.map(|(_, p)| *p).reduce(f64::min) {
        return (least * places.len() as f64).min(1.0);
    }
    let p = |found: &Option<(Side, f64)>| match found {
        Some((Side::Right, p)) => *p,
        _ => 1.0,
    };
    found.iter().map(p).reduce(f64::max).unwrap_or(1.0)
}

/// A place where something can be said.
fn sound(place: &Place) -> Option<&Place> {
    (place.flaw.is_none() && place.missing == 0).then_some(place)
}

/// The verdict at the level `alpha`, and each place with its interval.
pub fn verdict(places: &[Place], alpha: f64, confidence: f64) -> (Verdict, Vec<Judged>) {
    let count = places.len() as f64;
    let judged: Vec<Judged> =
        places.iter().map(|place| judged(place, alpha, count, confidence)).collect();
    let verdict = if judged.iter().any(|place| place.side == "wrong") {
        Verdict::Refuted
    } else if !judged.is_empty() && judged.iter().all(|place| place.side == "right") {
        Verdict::Supported
    } else {
        Verdict::Undecided
    };
    (verdict, judged)
}

fn judged(place: &Place, alpha: f64, count: f64, confidence: f64) -> Judged {
    let (above, below) = match place.bound {
        Bound::Below(most) => (None, Some(most)),
        Bound::Above(least) => (Some(least), None),
        Bound::Within(least, most) => (Some(least), Some(most)),
    };
    let at = place.at.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    let mut judged = Judged {
        at: at.collect(),
        n: place.sample.len() as u64,
        missing: place.missing,
        value: None,
        low: None,
        high: None,
        confidence: None,
        uncorrected: None,
        above,
        below,
        margin: None,
        side: "undecided",
        flaw: place.flaw.clone().or_else(|| missing(place)),
    };
    let Some(plain) = place.sample.estimate(confidence) else {
        judged.flaw.get_or_insert_with(|| match place.sample.is_empty() {
            true => "nothing was measured".to_owned(),
            false => "the denominator is 0".to_owned(),
        });
        return judged;
    };
    judged.value = Some(plain.value);
    judged.margin = Some(place.bound.margin(plain.value));
    judged.uncorrected = plain.interval.ok().map(|Interval { low, high, coverage }| Uncorrected {
        low,
        high,
        confidence: coverage,
    });
    let is_wrong = place.bound.side(plain.value, plain.value) == Side::Wrong;
    let level = if is_wrong { alpha / count } else { alpha };
    match place.sample.estimate(1.0 - level).map(|estimate| estimate.interval) {
        Some(Ok(Interval { low, high, coverage })) => {
            (judged.low, judged.high, judged.confidence) = (Some(low), Some(high), Some(coverage));
            if judged.flaw.is_none() {
                judged.side = match place.bound.side(low, high) {
                    Side::Right => "right",
                    Side::Wrong => "wrong",
                    Side::Undecided => "undecided",
                };
            }
        }
        Some(Err(NoInterval::TooFew { needed })) => {
            let share = libm::round(1e4 * (1.0 - level)) / 100.0;
            let share = crate::report::number::plain(share);
            let reason = format!("no interval of {share} %, which needs {needed} seeds or more");
            judged.flaw.get_or_insert(reason);
        }
        _ => {
            judged.flaw.get_or_insert_with(|| "the denominator may be 0".to_owned());
        }
    }
    judged
}

fn missing(place: &Place) -> Option<String> {
    let all = place.missing + place.sample.len() as u64;
    (place.missing > 0).then(|| format!("{} of {all} seeds have no value", place.missing))
}

/// Why no place can be judged: a name that no run has.
pub fn unknown(runs: &Runs, quantity: &Quantity) -> Option<String> {
    let name = runs.unknown(quantity)?;
    let likeness = |metric: &&String| strsim::jaro_winkler(name, metric);
    let nearest = runs.metrics().iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let meant = nearest.filter(|metric| likeness(metric) > 0.85);
    let help = meant.map(|metric| format!("; did you mean `{metric}`?")).unwrap_or_default();
    Some(format!("no run has `{name}`{help}"))
}

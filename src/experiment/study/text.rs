//! Claims and verdicts in words.

use super::verdict::{Claimed, Judged, Verdict, Verdicts};
use crate::report::number::plain;
use crate::scenario::{Claim, Compare, Contrast, Filter, Growth, Limits, Statistic};
use crate::stats::Bound;

/// The rule of a claim.
pub fn rule(claim: &Claim) -> String {
    let statistic = match claim.statistic {
        Statistic::Mean => "mean",
        Statistic::Median => "median",
    };
    let (quantity, protocol) = (&claim.quantity.text, &claim.protocol);
    let what = match &claim.compare {
        Compare::Nothing => format!("{statistic} of {quantity} of {protocol}"),
        Compare::Against { protocol: other, at, how } => {
            let other = other.as_ref().unwrap_or(protocol);
            let at = if at.is_empty() { String::new() } else { format!(" at {}", filters(at)) };
            match (how, claim.statistic) {
                (Contrast::Ratio, Statistic::Mean) => {
                    format!("mean of {quantity} of {protocol} / that of {other}{at}, by seed")
                }
                (Contrast::Ratio, Statistic::Median) => {
                    format!("median of {quantity} of {protocol} / that of {other}{at}, by seed")
                }
                (Contrast::Difference, _) => {
                    format!(
                        "{statistic} of {quantity} of {protocol} - that of {other}{at}, by seed"
                    )
                }
            }
        }
        Compare::Growth { along, how } => {
            let growth = match how {
                Growth::Ratio => "last / first",
                Growth::PerDoubling => "what a doubling adds",
                Growth::Exponent => "b of y ~ x^b",
                Growth::LogExponent => "b of y ~ (log x)^b",
            };
            format!("{statistic} growth ({growth}) of {quantity} of {protocol} along {along}")
        }
    };
    let limits = match &claim.limits {
        Limits::Fixed(bound) => self::bound(*bound),
        Limits::Along { key, bounds } => {
            let rows = bounds.iter().map(|(at, limit)| format!("{} at {at}", bound(*limit)));
            format!("along {key}: {}", rows.collect::<Vec<_>>().join(", "))
        }
    };
    let places = match claim.points.as_slice() {
        [] => "everywhere".to_owned(),
        points => format!("where {}", filters(points)),
    };
    format!("{what}: {limits}, {places}")
}

fn filters(filters: &[Filter]) -> String {
    let filter = |filter: &Filter| {
        let values: Vec<String> = filter.values.iter().map(super::cell).collect();
        format!("{} = {}", filter.key, values.join(" or "))
    };
    filters.iter().map(filter).collect::<Vec<_>>().join(", ")
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Below(most) => format!("below {}", plain(most)),
        Bound::Above(least) => format!("above {}", plain(least)),
        Bound::Within(least, most) => format!("from {} to {}", plain(least), plain(most)),
    }
}

/// Why a verdict is what it is: the place that decided it.
pub fn because(verdict: Verdict, places: &[Judged]) -> String {
    let count = places.len();
    let margin = |place: &&Judged| place.margin.unwrap_or(f64::INFINITY);
    let least = |side: &str| {
        let those = places.iter().filter(|place| place.side == side);
        those.min_by(|a, b| margin(a).total_cmp(&margin(b)))
    };
    match verdict {
        Verdict::Supported => {
            let all = if count == 1 { String::new() } else { format!("at all {count} places; ") };
            let nearest = if count == 1 { "" } else { "nearest to the bound " };
            least("right").map_or(String::new(), |place| format!("{all}{nearest}{}", told(place)))
        }
        Verdict::Refuted => {
            let wrong = places.iter().filter(|place| place.side == "wrong").count();
            let some = match count {
                1 => String::new(),
                _ => format!("at {wrong} of {count} places; farthest off "),
            };
            least("wrong").map_or(String::new(), |place| format!("{some}{}", told(place)))
        }
        Verdict::Undecided => {
            let open: Vec<&Judged> =
                places.iter().filter(|place| place.side == "undecided").collect();
            let some = match count {
                1 => String::new(),
                _ => format!("at {} of {count} places; ", open.len()),
            };
            let worst = open.into_iter().min_by(|a, b| margin(a).total_cmp(&margin(b)));
            match worst {
                Some(place) => format!("{some}{}", told(place)),
                None => "no point of the sweep is meant".to_owned(),
            }
        }
    }
}

/// A place in words.
fn told(place: &Judged) -> String {
    let at: Vec<String> = (place.at.iter())
        .map(|(key, value)| format!("{key} = {}", value.as_str().unwrap_or_default()))
        .collect();
    let at = if at.is_empty() { String::new() } else { format!("at {}: ", at.join(", ")) };
    let wanted = match (place.above, place.below) {
        (Some(least), Some(most)) => bound(Bound::Within(least, most)),
        (Some(least), None) => bound(Bound::Above(least)),
        (None, Some(most)) => bound(Bound::Below(most)),
        (None, None) => String::new(),
    };
    let value = match (place.value, place.low.zip(place.high).zip(place.confidence)) {
        (Some(value), Some(((low, high), share))) => {
            let share = plain(libm::round(share * 1e4) / 100.0);
            let (value, low, high) = (plain(value), plain(low), plain(high));
            format!("{value} [{low}, {high}] ({share} %, n = {})", place.n)
        }
        (Some(value), None) => format!("{} (n = {})", plain(value), place.n),
        (None, _) => "no value".to_owned(),
    };
    let margin = match (place.side, place.margin) {
        ("undecided", _) | (_, None) => String::new(),
        (_, Some(margin)) => format!(", by {}", plain(margin.abs())),
    };
    let rest = match (&place.flaw, place.side) {
        (Some(flaw), _) => format!("; {flaw}"),
        (None, "right") => format!(" is {wanted}{margin}"),
        (None, "wrong") => format!(" isn't {wanted}{margin}"),
        (None, _) => format!(", to be {wanted}"),
    };
    format!("{at}{value}{rest}")
}

/// The verdicts for the screen, two lines a claim.
pub fn table(verdicts: &Verdicts) -> String {
    let line = |claim: &Claimed| {
        let verdict = match claim.verdict {
            Verdict::Supported => "supported",
            Verdict::Refuted => "refuted",
            Verdict::Undecided => "undecided",
        };
        format!("{verdict:<11}{}: {}\n           {}\n", claim.id, claim.text, claim.because)
    };
    verdicts.claims.iter().map(line).collect()
}

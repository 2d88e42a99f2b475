//! `[[claim]]`: what is said about a sweep, and the rule that judges it.

use super::point::Grid;
use crate::scenario::kind::{
    Confidence, Kind, Or, Prose, QuantityOf, ThresholdRow, Thresholds, Word,
};
use crate::scenario::quantity::Quantity;
use crate::scenario::reader::{Mark, Session, Table};
use crate::scenario::reference::Key;
use crate::scenario::study::{Claim, Compare, Contrast, Growth, Limits, Statistic};
use crate::stats::Bound;

/// How the values of several seeds become one.
pub(super) const STATISTICS: Word<Statistic> =
    Word(&[("mean", Statistic::Mean), ("median", Statistic::Median)]);

/// A claim, and where what others must agree with is written.
struct Read {
    claim: Claim,
    id: Mark,
    confidence: Mark,
}

/// All claims, in the order of the file.
pub(super) fn read(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>) -> Vec<Claim> {
    let claims = t.tables(s, "claim", |t, s| claim(t, s, grid));
    for (index, later) in claims.iter().enumerate() {
        for earlier in &claims[..index] {
            if earlier.claim.id == later.claim.id && earlier.id.sound && later.id.sound {
                let message = format!("two claims are called \"{}\"", later.claim.id);
                s.conflict(message, None, &[(later.id, "the second"), (earlier.id, "the first")]);
            }
        }
        let first = &claims[0];
        if later.claim.confidence != first.claim.confidence {
            s.conflict(
                "claims of one file have different confidences".into(),
                Some("they are judged together (Holm's correction), with one confidence".into()),
                &[(later.confidence, "this one"), (first.confidence, "the first one")],
            );
        }
    }
    claims.into_iter().map(|read| read.claim).collect()
}

fn claim(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>) -> Read {
    let id = t.require(s, "id", Prose { most: 40, empty: false }, String::new());
    let text = t.require(s, "text", Prose { most: 300, empty: false }, String::new());
    let nothing = Quantity { text: String::new(), sum: Vec::new(), over: None };
    let quantity = t.require(s, "quantity", QuantityOf(&grid.keys), nothing).value;
    let first = grid.protocols.first().map_or_else(String::new, ToString::to_string);
    let shown = "the first that the sweep runs".to_owned();
    let protocol = t.take_derived(s, "protocol", grid.protocol_name(), first, shown).value;
    let points = grid.filters(t, s, "where", true, "every point");
    let statistic = t.take(s, "statistic", STATISTICS, Statistic::Mean).value;
    let compare = compare(t, s, grid);
    let limits = limits(t, s, grid, &compare);
    let confidence = t.take(s, "confidence", Confidence, 0.95);
    Read {
        id: id.mark,
        confidence: confidence.mark,
        claim: Claim {
            id: id.value,
            text: text.value,
            quantity,
            protocol,
            points,
            statistic,
            compare,
            limits,
            confidence: confidence.value,
        },
    }
}

/// `against` or `growth`, if one of them is there.
fn compare(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>) -> Compare {
    const CONTRASTS: Word<Contrast> =
        Word(&[("difference", Contrast::Difference), ("ratio", Contrast::Ratio)]);
    const GROWTHS: Word<Growth> = Word(&[
        ("ratio", Growth::Ratio),
        ("per_doubling", Growth::PerDoubling),
        ("exponent", Growth::Exponent),
        ("log_exponent", Growth::LogExponent),
    ]);
    let written = |name: &str, t: &Table<'_>| {
        let entry = t.entries().iter().find(|entry| entry.key == name)?;
        Some(Mark { at: Some(entry.at), sound: true })
    };
    let (against, growth) = (written("against", t), written("growth", t));
    if let (Some(against), Some(growth)) = (against, growth) {
        let marks = [(growth, "one of them"), (against, "the other")];
        s.conflict("a claim has `against` and `growth`".into(), Some("keep one".into()), &marks);
    }
    let mut found = Compare::Nothing;
    t.know("against");
    if against.is_some() || s.is_survey() {
        found = t.section(s, "against", |t, s| {
            let before = s.count();
            let own = Or("own", grid.protocol_name());
            let protocol = t.take_derived(s, "protocol", own, None, "`\"own\"`".into()).value;
            let at = grid.filters(t, s, "where", false, "the same point");
            let how = t.take(s, "as", CONTRASTS, Contrast::Difference).value;
            if protocol.is_none() && at.is_empty() && s.count() == before && !s.is_survey() {
                let label = "expected `protocol`, `where` or both";
                s.tell_at(t.place(), "the claim is compared with itself", label, None);
            }
            Compare::Against { protocol, at, how }
        });
    }
    t.know("growth");
    if growth.is_some() || s.is_survey() {
        found = t.section(s, "growth", |t, s| {
            let along = t.require(s, "along", grid.axis_key(), String::new());
            let how = t.take(s, "as", GROWTHS, Growth::Ratio).value;
            let least = if how == Growth::LogExponent { 1.0 } else { 0.0 };
            let fits = |x: Option<f64>| x.is_some_and(|x| x > least);
            let values = grid.values(&along.value);
            if values.len() < 2 || !values.iter().all(|value| fits(value.number)) {
                let message = format!("nothing can grow along `{}`", along.value);
                let help = format!("growth needs two or more numbers above {least} on its axis");
                s.conflict(message, Some(help), &[(along.mark, "expected another axis")]);
            }
            Compare::Growth { along: along.value, how }
        });
    }
    found
}

/// The key of a bound, where it is written, and its rows.
type Given = (&'static str, Mark, Vec<ThresholdRow>);

/// Those of `below`, `above` and `within` that are there.
fn given(t: &mut Table<'_>, s: &mut Session<'_>) -> Vec<Given> {
    const KEYS: [(&str, usize); 3] = [("below", 1), ("above", 1), ("within", 2)];
    let mut given = Vec::new();
    for (name, numbers) in KEYS {
        let kind = Thresholds { numbers };
        let default = "one of `below`, `above`, `within` must be given";
        s.record(|| Key::plain(t.path(name), kind.describe(), Some(default.into())));
        let is_given = t.keys().any(|key| key == name);
        t.know(name);
        if is_given {
            let rows = t.require(s, name, kind, Vec::new());
            given.push((name, rows.mark, rows.value));
        }
    }
    given
}

/// The one bound of a claim, or its rows along an axis.
fn limits(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>, compare: &Compare) -> Limits {
    let none = Or("nothing", grid.axis_key());
    let along = t.take_derived(s, "along", none, None, "one bound for every point".into());
    let given = given(t, s);
    let stand_in = Limits::Fixed(Bound::Below(0.0));
    let (name, mark, rows) = match given.as_slice() {
        [only] => only,
        [] if s.is_survey() => return stand_in,
        [] => {
            let label = "expected `below`, `above` or `within`";
            s.tell_at(t.place(), "a claim has no bound", label, None);
            return stand_in;
        }
        [(a, first, _), (b, second, _), ..] => {
            let message = format!("a claim is `{a}` and `{b}` at once");
            let marks = [(*second, "one of them"), (*first, "the other")];
            s.conflict(message, Some("make two claims of it".into()), &marks);
            return stand_in;
        }
    };
    let bound = |numbers: &[f64]| match (*name, numbers) {
        ("below", [most]) => Bound::Below(*most),
        ("above", [least]) => Bound::Above(*least),
        (_, [least, most]) => Bound::Within(*least, *most),
        _ => Bound::Below(0.0),
    };
    let has_rows = rows.iter().all(|row| row.at.is_some());
    match (along.value, rows.as_slice()) {
        _ if !mark.sound => {}
        (None, [ThresholdRow { at: None, numbers }]) => return Limits::Fixed(bound(numbers)),
        (None, _) => {
            let help = "name the axis: `along = \"...\"`".to_owned();
            let message = format!("`{name}` has rows, but no axis that they belong to");
            s.conflict(message, Some(help), &[(*mark, "expected numbers alone")]);
        }
        (Some(_), _) if !has_rows => {
            let message = format!("`{name}` has no rows for the values of the axis");
            let marks = [(*mark, "expected a row for each value"), (along.mark, "of this axis")];
            s.conflict(message, None, &marks);
        }
        (Some(key), _) if matches!(compare, Compare::Growth { along, .. } if *along == key) => {
            let message = format!("a claim about growth along `{key}` has bounds along it");
            s.conflict(message, None, &[(along.mark, "expected another axis")]);
        }
        (Some(key), rows) => {
            let mut bounds = Vec::new();
            for ThresholdRow { at, numbers } in rows {
                let at = at.clone().unwrap_or_default();
                match grid.value_like(&key, &at) {
                    Some(own) => bounds.push((own.clone(), bound(numbers))),
                    None => {
                        let message = format!("{at} is no value of the axis `{key}`");
                        s.conflict(message, None, &[(*mark, "in one of these rows")]);
                    }
                }
            }
            return Limits::Along { key, bounds };
        }
    }
    stand_in
}

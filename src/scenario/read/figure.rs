//! `[[figure]]`: what is drawn of a sweep.

use super::claim::STATISTICS;
use super::point::Grid;
use crate::scenario::kind::{
    Confidence, CurvePoints, FolderName, LinesBy, Prose, QuantityOf, Word,
};
use crate::scenario::quantity::Quantity;
use crate::scenario::reader::{Field, Mark, Session, Table};
use crate::scenario::study::{Figure, Filter, Reference, Statistic};
use crate::scenario::suggest::either;

const SCALES: Word<bool> = Word(&[("linear", false), ("log", true)]);
const LINE: Prose = Prose { most: 100, empty: false };
const MAYBE: Prose = Prose { most: 100, empty: true };

/// All figures, in the order of the file.
pub(super) fn read(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>) -> Vec<Figure> {
    let figures = t.tables(s, "figure", |t, s| figure(t, s, grid));
    for (index, (later, at)) in figures.iter().enumerate() {
        let twin = figures[..index].iter().find(|(earlier, _)| earlier.name == later.name);
        if let Some((_, first)) = twin.filter(|_| at.sound) {
            let message = format!("two figures are called \"{}\"", later.name);
            s.conflict(message, None, &[(*at, "the second"), (*first, "the first")]);
        }
    }
    figures.into_iter().map(|(figure, _)| figure).collect()
}

fn figure(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>) -> (Figure, Mark) {
    let name = t.require(s, "name", FolderName, String::new());
    let title = t.require(s, "title", LINE, String::new()).value;
    let nothing = Quantity { text: String::new(), sum: Vec::new(), over: None };
    let y = t.require(s, "y", QuantityOf(&grid.keys), nothing).value;
    let label = t.take_derived(s, "label", MAYBE, String::new(), "the quantity as written".into());
    let unit = t.take(s, "unit", Prose { most: 20, empty: true }, String::new()).value;
    let x = t.require(s, "x", grid.axis_key(), String::new());
    let x_label = t.take_derived(s, "x_label", MAYBE, String::new(), "the axis's key".into());
    let lines = t.take(s, "lines", LinesBy(grid.axis_key()), None);
    let every = "every protocol that the sweep runs";
    let protocols = protocols(t, s, grid, every);
    let points = grid.filters(t, s, "where", true, "every point");
    let x_log = t.take(s, "x_scale", SCALES, false);
    let y_log = t.take(s, "y_scale", SCALES, false).value;
    let statistic = t.take(s, "show", STATISTICS, Statistic::Mean).value;
    let confidence = t.take(s, "confidence", Confidence, 0.95).value;
    let references = t.tables(s, "reference", reference);
    let note = t.take(s, "note", MAYBE, String::new()).value;
    check_axes(s, grid, &x, &lines, &points, &protocols);
    let positive = |x: Option<f64>| x.is_some_and(|x| x > 0.0);
    let all_positive = grid.values(&x.value).iter().all(|value| positive(value.number))
        && references.iter().flat_map(|curve| &curve.points).all(|point| point.0 > 0.0);
    if x_log.value && !all_positive {
        let message = format!("`{}` can't be shown on a logarithmic axis", x.value);
        let marks = [(x_log.mark, "expected \"linear\""), (x.mark, "not all above 0")];
        s.conflict(message, None, &marks);
    }
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let figure = Figure {
        name: name.value,
        title,
        y,
        label: given(label.value),
        unit,
        x: x.value,
        x_label: given(x_label.value),
        lines: lines.value,
        protocols,
        points,
        x_log: x_log.value,
        y_log,
        statistic,
        confidence,
        references,
        note,
    };
    (figure, name.mark)
}

/// A list of protocols.
fn protocols(t: &mut Table<'_>, s: &mut Session<'_>, grid: &Grid<'_>, every: &str) -> Vec<String> {
    use crate::scenario::kind::ListOf;
    let kind = ListOf(grid.protocol_name());
    t.take_derived(s, "protocols", kind, Vec::new(), every.to_owned()).value
}

fn reference(t: &mut Table<'_>, s: &mut Session<'_>) -> Reference {
    let label = t.require(s, "label", Prose { most: 60, empty: false }, String::new()).value;
    let points = t.require(s, "points", CurvePoints, Vec::new()).value;
    Reference { label, points }
}

/// One line has one value at each x: every other axis must be fixed.
fn check_axes(
    s: &mut Session<'_>,
    grid: &Grid<'_>,
    x: &Field<String>,
    lines: &Field<Option<String>>,
    points: &[Filter],
    protocols: &[String],
) {
    if lines.value.as_ref() == Some(&x.value) {
        let message = format!("`{}` is the x of the figure and of its lines", x.value);
        s.conflict(message, None, &[(lines.mark, "expected another axis"), (x.mark, "the x")]);
    }
    let is_said = |key: &str| {
        let fixed = points.iter().find(|filter| filter.key == key);
        let left = fixed.map_or(grid.values(key).len(), |filter| filter.values.len());
        left < 2 || key == x.value || Some(key) == lines.value.as_deref()
    };
    let is_shown = |key: &str| match key.strip_prefix("protocol.") {
        Some(rest) => {
            let owner = rest.split('.').next().unwrap_or(rest);
            protocols.is_empty() || protocols.iter().any(|protocol| protocol == owner)
        }
        None => true,
    };
    let is_open = |key: &&str| is_shown(key) && !grid.zipped_with(key).into_iter().any(is_said);
    let open: Vec<&str> = grid.keys.iter().copied().filter(is_open).collect();
    if !open.is_empty() && !s.is_survey() {
        let which = either(open.iter().copied(), '`').replace(" or ", " and ");
        let message = format!("the figure doesn't say what becomes of {which}");
        let help = "fix each by `where`, or give its values lines of their own by `lines`";
        s.conflict(message, Some(help.into()), &[(x.mark, "the figure's x")]);
    }
}

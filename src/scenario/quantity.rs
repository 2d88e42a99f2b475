//! What claims and figures are about: a metric, a sum of metrics, or a quotient of two.

use super::kind::Refusal;
use super::suggest::{either, nearest};
use crate::node::OperationKind;

/// A quantity of one run: a sum of metrics, or one sum over another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// As written.
    pub text: String,
    /// What is added up; at least one.
    pub sum: Vec<Term>,
    /// What that is divided by.
    pub over: Option<Vec<Term>>,
}

/// A part of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whether it is taken away.
    pub negative: bool,
    /// The dotted name of a metric, or the key of an axis.
    pub name: String,
}

/// The groups of `metrics.json`, and those that a sweep adds.
const GROUPS: [&str; 10] = [
    "operations",
    "locks",
    "network",
    "load",
    "overlay",
    "consistency",
    "delivery",
    "churn",
    "nodes",
    "mser5",
];

/// Metrics outside of groups.
const LONE: [&str; 2] = ["events", "simulated_s"];

/// What every kind of operation has.
const OF_OPERATIONS: [&str; 5] = ["issued", "ok", "ok_within", "failed", "latency_ms"];

impl Quantity {
    /// Takes a text apart; `axes` are names beside those of metrics.
    ///
    /// # Errors
    /// What can't be read, or names nothing that is measured.
    pub(super) fn parse(text: &str, axes: &[&str]) -> Result<Self, Refusal> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('/').collect();
        let sums = parts.iter().map(|part| sum(part, parts.len() > 1, axes));
        let mut sums = sums.collect::<Result<Vec<_>, _>>()?.into_iter();
        let (Some(sum), over, None) = (sums.next(), sums.next(), sums.next()) else {
            return Err(Refusal::new("divides more than once"));
        };
        Ok(Self { text: text.into(), sum, over })
    }

    /// One metric, or the number of one axis.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let term = Term { negative: false, name: name.to_owned() };
        Self { text: name.to_owned(), sum: vec![term], over: None }
    }

    /// All names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sum.iter().chain(self.over.iter().flatten()).map(|term| term.name.as_str())
    }
}

fn sum(part: &str, is_divided: bool, axes: &[&str]) -> Result<Vec<Term>, Refusal> {
    let part = part.trim();
    let inner = part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let words: Vec<&str> = inner.unwrap_or(part).split_whitespace().collect();
    if words.len() > 1 && is_divided && inner.is_none() {
        let help = format!("write \"({part})\"");
        return Err(Refusal::new("divides a sum that has no parentheses").help(help));
    }
    let mut terms = Vec::new();
    let mut negative = false;
    for (index, word) in words.iter().enumerate() {
        match (index % 2, *word) {
            (0, name) => terms.push(Term { negative, name: known(name, axes)? }),
            (_, "+") => negative = false,
            (_, "-") => negative = true,
            (_, other) => {
                let help = "only sums, differences and one quotient can be written";
                return Err(Refusal::new(format!("has `{other}` after a name")).help(help));
            }
        }
    }
    if words.len().is_multiple_of(2) {
        return Err(Refusal::new("lacks the name of a metric"));
    }
    Ok(terms)
}

/// `name`, if there may be such a metric. Metrics of a group depend on what ran, so that only the
/// first parts can be checked before.
fn known(name: &str, axes: &[&str]) -> Result<String, Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
    if !name.chars().all(fits) || name.split('.').any(str::is_empty) {
        return Err(Refusal::new(format!("has `{name}`, which is no dotted name")));
    }
    if axes.contains(&name) || LONE.contains(&name) {
        return Ok(name.into());
    }
    let mut parts = name.split('.');
    let group = parts.next().unwrap_or_default();
    if !GROUPS.contains(&group) {
        let words = || GROUPS.into_iter().chain(LONE).chain(axes.iter().copied());
        return Err(unknown(name, group, words()));
    }
    let Some(second) = parts.next() else {
        return Err(Refusal::new(format!("names the group `{group}`, not one of its metrics")));
    };
    if group == "operations" {
        let kinds = OperationKind::ALL.map(OperationKind::name);
        if !kinds.contains(&second) {
            return Err(unknown(name, second, kinds));
        }
        match parts.next() {
            None => return Err(Refusal::new(format!("names the group `{name}`"))),
            Some(third) if !OF_OPERATIONS.contains(&third) => {
                return Err(unknown(name, third, OF_OPERATIONS));
            }
            Some(_) => {}
        }
    }
    Ok(name.into())
}

fn unknown<'a>(
    name: &str,
    part: &str,
    words: impl IntoIterator<Item = &'a str> + Clone,
) -> Refusal {
    let help = match nearest(part, words.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write {}; docs/metrics.md has all names", either(words, '`')),
    };
    Refusal::new(format!("has `{name}`: `{part}` isn't known")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Quantity, String> {
        Quantity::parse(text, &["clients.count"])
            .map_err(|refusal| format!("{} ({})", refusal.what, refusal.help.unwrap_or_default()))
    }

    #[test]
    fn sums_and_quotients_are_taken_apart() {
        let plain = read("network.messages_per_operation").unwrap();
        assert_eq!((plain.sum.len(), plain.over), (1, None));
        let share = read("operations.update.ok / operations.update.issued").unwrap();
        assert_eq!(share.over.as_ref().unwrap()[0].name, "operations.update.issued");
        let sums = "(operations.read.issued - operations.read.ok_within.1s) / \
                    (operations.read.issued + operations.update.issued)";
        let quantity = read(sums).unwrap();
        let names: Vec<&str> = quantity.names().collect();
        assert_eq!(names[1], "operations.read.ok_within.1s");
        assert!(quantity.sum[1].negative && !quantity.over.as_ref().unwrap()[1].negative);
        assert!(read("network.messages / clients.count").is_ok(), "axes are quantities too");
        assert!(read("delivery.detail.by_size.10-99.messages").is_ok(), "no minus without spaces");
    }

    #[test]
    fn mistakes_are_told_with_a_suggestion() {
        let cases = [
            ("", "lacks the name of a metric ()"),
            ("locks.attempts +", "lacks the name of a metric ()"),
            ("lock.attempts", "has `lock.attempts`: `lock` isn't known (did you mean `locks`?)"),
            ("operations.updat.ok", "`updat` isn't known (did you mean `update`?)"),
            ("operations.read.isued", "`isued` isn't known (did you mean `issued`?)"),
            ("operations.read", "names the group `operations.read` ()"),
            ("locks", "names the group `locks`, not one of its metrics ()"),
            ("locks.a * 2", "has `*` after a name (only sums, differences and one quotient"),
            ("locks.a / locks.b / locks.c", "divides more than once ()"),
            ("locks.a + locks.b / locks.c", "no parentheses (write \"(locks.a + locks.b)\")"),
            ("locks..a", "has `locks..a`, which is no dotted name ()"),
        ];
        for (text, expected) in cases {
            let told = read(text).unwrap_err();
            assert!(told.contains(expected), "{text}: {told}");
        }
    }
}

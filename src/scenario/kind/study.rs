//! What claims and figures take.

use super::{Kind, Refusal};
use crate::scenario::decimal::shifted;
use crate::scenario::quantity::Quantity;
use crate::scenario::suggest::{either, nearest};
use crate::scenario::tree::{Node, Value};
use crate::scenario::units::{PERCENT, measure};
use serde_json::Value as Json;

/// A line of text for people.
#[derive(Clone, Copy)]
pub struct Prose {
    /// The most characters.
    pub most: usize,
    /// Whether there may be none.
    pub empty: bool,
}

impl Kind for Prose {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        let Value::Text(text) = value else { return Err(Refusal::kind(value)) };
        let text = text.trim();
        match text.chars().count() {
            0 if !self.empty => Err(Refusal::new("is empty")),
            n if n > self.most => Err(Refusal::new(format!("has {n} characters"))),
            _ if text.contains(char::is_control) => Err(Refusal::new("has more than one line")),
            _ => Ok(text.to_owned()),
        }
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        format!("a line of text, up to {} characters", self.most)
    }
}

/// A quantity of a run; the names of axes are known beside those of metrics.
#[derive(Clone, Copy)]
pub struct QuantityOf<'a>(pub &'a [&'a str]);

impl Kind for QuantityOf<'_> {
    type Value = Quantity;
    fn read(&self, value: &Value) -> Result<Quantity, Refusal> {
        let Value::Text(text) = value else { return Err(Refusal::kind(value)) };
        Quantity::parse(text, self.0)
    }
    fn write(&self, value: &Quantity) -> Json {
        Json::from(value.text.as_str())
    }
    fn describe(&self) -> String {
        "a metric's dotted name, a sum of such names, or `SUM / SUM`".into()
    }
}

/// One of a few names that the scenario itself gives.
#[derive(Clone, Copy)]
pub struct OneOf<'a> {
    /// What they name, with its article.
    pub noun: &'static str,
    /// The names.
    pub names: &'a [&'a str],
}

impl Kind for OneOf<'_> {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        let Value::Text(text) = value else { return Err(Refusal::kind(value)) };
        if self.names.contains(&text.as_str()) {
            return Ok(text.clone());
        }
        let refusal = Refusal::new(format!("is \"{text}\", which isn't {}", self.noun));
        Err(match nearest(text, self.names.iter().copied()) {
            Some(meant) => refusal.help(format!("did you mean \"{meant}\"?")),
            None if self.names.is_empty() => refusal.help("there is none"),
            None => refusal.help(format!("write {}", either(self.names.iter().copied(), '"'))),
        })
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        self.noun.into()
    }
}

/// Whose values have lines of their own: "protocol" alone, or also an axis. ([`super::Or`] would
/// take the key of a protocol's parameter for a misspelt "protocol".)
#[derive(Clone, Copy)]
pub struct LinesBy<'a>(pub OneOf<'a>);

impl Kind for LinesBy<'_> {
    type Value = Option<String>;
    fn read(&self, value: &Value) -> Result<Option<String>, Refusal> {
        match value {
            Value::Text(text) if text == "protocol" => Ok(None),
            other => self.0.read(other).map(Some),
        }
    }
    fn write(&self, value: &Option<String>) -> Json {
        value.as_ref().map_or_else(|| Json::from("protocol"), |key| self.0.write(key))
    }
    fn describe(&self) -> String {
        format!("\"protocol\", or {}", self.0.describe())
    }
}

/// How sure an interval is to hold the true value.
#[derive(Clone, Copy)]
pub struct Confidence;

impl Kind for Confidence {
    type Value = f64;
    fn read(&self, value: &Value) -> Result<f64, Refusal> {
        if let Value::Real(x) = value
            && (0.0..=1.0).contains(x)
        {
            let help = format!("write \"{}%\"", shifted(*x, 2));
            return Err(Refusal::new("is a plain fraction").help(help));
        }
        let (number, _) = PERCENT.split(value)?;
        let share = number.float(-2);
        if (0.5..=0.9999).contains(&share) {
            Ok(share)
        } else {
            Err(Refusal::new("is out of range"))
        }
    }
    fn write(&self, value: &f64) -> Json {
        Json::from(format!("{}%", shifted(*value, 2)))
    }
    fn describe(&self) -> String {
        "a percentage from 50% to 99.99%".into()
    }
}

/// Thresholds: fixed ones, or a row of an axis's value and thresholds for each of its values.
#[derive(Clone, Copy)]
pub struct Thresholds {
    /// How many numbers a threshold is: two for a range.
    pub numbers: usize,
}

/// One row of thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdRow {
    /// At which value of the axis; `None`: everywhere.
    pub at: Option<Json>,
    /// The numbers, in rising order.
    pub numbers: Vec<f64>,
}

impl Thresholds {
    fn row(&self, at: Option<Json>, items: &[&Value]) -> Result<ThresholdRow, Refusal> {
        let numbers: Option<Vec<f64>> = items.iter().map(|item| number(item)).collect();
        let numbers = numbers.ok_or_else(|| Refusal::new("has something else than numbers"))?;
        if numbers.len() != self.numbers {
            return Err(Refusal::new("has the wrong number of numbers"));
        }
        if !numbers.is_sorted() {
            return Err(Refusal::new("has its larger number first"));
        }
        Ok(ThresholdRow { at, numbers })
    }
}

impl Kind for Thresholds {
    type Value = Vec<ThresholdRow>;
    fn read(&self, value: &Value) -> Result<Vec<ThresholdRow>, Refusal> {
        match value {
            Value::List(items) if items.iter().all(|item| matches!(item.value, Value::List(_))) => {
                let row = |node: &Node| match &node.value {
                    Value::List(items) => match items.as_slice() {
                        [at, rest @ ..] => {
                            let rest: Vec<&Value> = rest.iter().map(|item| &item.value).collect();
                            self.row(Some(at.json()), &rest)
                        }
                        [] => Err(Refusal::new("has an empty row")),
                    },
                    other => Err(Refusal::kind(other)),
                };
                if items.is_empty() {
                    return Err(Refusal::new("is empty"));
                }
                items.iter().map(row).collect()
            }
            Value::List(items) if self.numbers > 1 => {
                let items: Vec<&Value> = items.iter().map(|item| &item.value).collect();
                Ok(vec![self.row(None, &items)?])
            }
            Value::Integer(_) | Value::Real(_) if self.numbers == 1 => {
                Ok(vec![self.row(None, &[value])?])
            }
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &Vec<ThresholdRow>) -> Json {
        let row = |row: &ThresholdRow| {
            let numbers = row.numbers.iter().map(|number| Json::from(*number));
            Json::Array(row.at.clone().into_iter().chain(numbers).collect())
        };
        match value.as_slice() {
            [ThresholdRow { at: None, numbers }] if numbers.len() == 1 => Json::from(numbers[0]),
            [only @ ThresholdRow { at: None, .. }] => row(only),
            rows => rows.iter().map(row).collect(),
        }
    }
    fn describe(&self) -> String {
        match self.numbers {
            1 => "a number; with `along`, a list of rows `[value, number]`".into(),
            _ => "`[least, most]`; with `along`, a list of rows `[value, least, most]`".into(),
        }
    }
}

/// Points of a curve: x a number or a quantity with its unit, y a number.
#[derive(Clone, Copy)]
pub struct CurvePoints;

impl Kind for CurvePoints {
    type Value = Vec<(f64, f64)>;
    fn read(&self, value: &Value) -> Result<Vec<(f64, f64)>, Refusal> {
        let Value::List(items) = value else { return Err(Refusal::kind(value)) };
        let point = |node: &Node| {
            let Value::List(pair) = &node.value else { return Err(Refusal::kind(&node.value)) };
            let [x, y] = pair.as_slice() else {
                return Err(Refusal::new("has a point that isn't `[x, y]`"));
            };
            let both = measure(&x.value).map(|x| x.number()).zip(number(&y.value));
            both.ok_or_else(|| Refusal::new("has a point that isn't made of numbers"))
        };
        if items.is_empty() {
            return Err(Refusal::new("is empty"));
        }
        items.iter().map(point).collect()
    }
    fn write(&self, value: &Vec<(f64, f64)>) -> Json {
        value.iter().map(|point| Json::from(vec![point.0, point.1])).collect()
    }
    fn describe(&self) -> String {
        "a list of points `[x, y]`, x as the axis is written".into()
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Real(x) => Some(*x).filter(|x| x.is_finite()),
        _ => None,
    }
}

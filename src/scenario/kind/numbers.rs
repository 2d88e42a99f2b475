//! Numbers without a unit.

use super::{Kind, Refusal};
use crate::scenario::suggest::either;
use crate::scenario::tree::Value;
use serde_json::Value as Json;

/// A whole number.
#[derive(Clone, Copy)]
pub struct Count {
    /// Least.
    pub min: u64,
    /// Largest.
    pub max: u64,
}

impl Kind for Count {
    type Value = u64;
    fn read(&self, value: &Value) -> Result<u64, Refusal> {
        match value {
            Value::Integer(n) => u64::try_from(*n)
                .ok()
                .filter(|n| (self.min..=self.max).contains(n))
                .ok_or_else(|| Refusal::range(n)),
            Value::Text(text) if text.parse::<u64>().is_ok() => {
                Err(Refusal::kind(value).help(format!("write {text} without quotes")))
            }
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &u64) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }
    fn is_whole(&self) -> bool {
        true
    }
}

/// A [`Count`] that is read into 32 bits; its `max` must fit.
#[derive(Clone, Copy)]
pub struct Count32(pub Count);

impl Count32 {
    /// From `min` to `max`.
    pub const fn of(min: u32, max: u32) -> Self {
        Self(Count { min: min as u64, max: max as u64 })
    }
}

impl Kind for Count32 {
    type Value = u32;
    fn read(&self, value: &Value) -> Result<u32, Refusal> {
        let n = self.0.read(value)?;
        u32::try_from(n).map_err(|_| Refusal::range(n))
    }
    fn write(&self, value: &u32) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
    fn is_whole(&self) -> bool {
        true
    }
}

/// One of a few whole numbers.
#[derive(Clone, Copy)]
pub struct Among(pub &'static [u32]);

impl Kind for Among {
    type Value = u32;
    fn read(&self, value: &Value) -> Result<u32, Refusal> {
        let n = Count32::of(0, u32::MAX).read(value)?;
        if self.0.contains(&n) { Ok(n) } else { Err(Refusal::range(n)) }
    }
    fn write(&self, value: &u32) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        either(numbers.iter().map(String::as_str), '`').replace('`', "")
    }
    fn is_whole(&self) -> bool {
        true
    }
}

/// A real number without a unit.
#[derive(Clone, Copy)]
pub struct Number {
    /// Least.
    pub min: f64,
    /// Whether `min` itself is allowed.
    pub open: bool,
    /// Largest.
    pub max: f64,
    /// What a number below the range would mean.
    pub below: Option<&'static str>,
}

impl Kind for Number {
    type Value = f64;
    fn read(&self, value: &Value) -> Result<f64, Refusal> {
        let x = match value {
            Value::Integer(n) => *n as f64,
            Value::Real(x) if x.is_finite() => *x,
            Value::Text(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => {
                let help = format!("write {text} without quotes");
                return Err(Refusal::kind(value).help(help));
            }
            other => return Err(Refusal::kind(other)),
        };
        if x < self.min || (self.open && x <= self.min) {
            let refusal = Refusal::range(x);
            return Err(self.below.map_or(refusal.clone(), |why| refusal.help(why)));
        }
        if x > self.max { Err(Refusal::range(x)) } else { Ok(x) }
    }
    fn write(&self, value: &f64) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        match self.open {
            true => format!("a number above {}, up to {}", self.min, self.max),
            false => format!("a number from {} to {}", self.min, self.max),
        }
    }
}

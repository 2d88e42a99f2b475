//! Numbers with a unit.

use super::{Kind, Refusal};
use crate::node::Span;
use crate::scenario::decimal::{Inexact, shifted};
use crate::scenario::tree::Value;
use crate::scenario::units::{BANDWIDTH, BYTES, PERCENT, RATE, TIME};
use serde_json::Value as Json;

/// The longest time that any key takes: ten years. Sums of a few of these stay far below
/// [`Span::NEVER`].
pub const LONGEST: Span = Span::from_secs(3_650 * 86_400);

/// A length of time.
#[derive(Clone, Copy)]
pub struct Time {
    min: Span,
    max: Span,
    never: bool,
}

impl Time {
    /// From `min` to ten years.
    pub const fn from(min: Span) -> Self {
        Self { min, max: LONGEST, never: false }
    }

    /// At least a millisecond: something that is waited for, or done again and again.
    pub const fn wait() -> Self {
        Self::from(Span::from_millis(1))
    }

    /// A length that may be zero, or "never".
    pub const fn any() -> Self {
        Self { never: true, ..Self::from(Span::ZERO) }
    }

    /// From `min` to `max`.
    pub const fn between(min: Span, max: Span) -> Self {
        Self { min, max, never: false }
    }

    /// An interval, or "never".
    pub const fn interval() -> Self {
        Self { never: true, ..Self::wait() }
    }
}

impl Kind for Time {
    type Value = Span;
    fn read(&self, value: &Value) -> Result<Span, Refusal> {
        if self.never && matches!(value, Value::Text(text) if text == "never") {
            return Ok(Span::NEVER);
        }
        let (number, unit) = TIME.split(value)?;
        let span = number.times(unit).map(Span::from_nanos).map_err(|inexact| match inexact {
            Inexact::Fraction => Refusal::new("is finer than a nanosecond"),
            Inexact::TooLarge => Refusal::new("is out of range"),
        })?;
        if span < self.min || span > self.max {
            return Err(Refusal::range(span));
        }
        Ok(span)
    }
    fn write(&self, value: &Span) -> Json {
        Json::from(value.to_string())
    }
    fn describe(&self) -> String {
        let or = if self.never { ", or \"never\"" } else { "" };
        format!("a time from {} to {}{or}", self.min, self.max)
    }
}

/// A share, 0 to 1, written in percent.
#[derive(Clone, Copy)]
pub struct Share;

impl Kind for Share {
    type Value = f64;
    fn read(&self, value: &Value) -> Result<f64, Refusal> {
        let fraction = match value {
            Value::Real(x) => Some(*x),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        if let Some(x) = fraction.filter(|x| (0.0..=1.0).contains(x)) {
            let help = format!("write \"{}%\"", shifted(x, 2));
            return Err(Refusal::new("is a plain fraction").help(help));
        }
        let (number, _) = PERCENT.split(value)?;
        let share = number.float(-2);
        if share > 1.0 { Err(Refusal::range(self.write(&share))) } else { Ok(share) }
    }
    fn write(&self, value: &f64) -> Json {
        Json::from(format!("{}%", shifted(*value, 2)))
    }
    fn describe(&self) -> String {
        "a percentage from 0% to 100%".into()
    }
}

/// A [`Share`] up to a half.
#[derive(Clone, Copy)]
pub struct Half;

impl Kind for Half {
    type Value = f64;
    fn read(&self, value: &Value) -> Result<f64, Refusal> {
        let share = Share.read(value)?;
        if share > 0.5 { Err(Refusal::range(self.write(&share))) } else { Ok(share) }
    }
    fn write(&self, value: &f64) -> Json {
        Share.write(value)
    }
    fn describe(&self) -> String {
        "a percentage from 0% to 50%".into()
    }
}

/// Something per second, above 0 and at most a million.
#[derive(Clone, Copy)]
pub struct Rate;

impl Kind for Rate {
    type Value = f64;
    fn read(&self, value: &Value) -> Result<f64, Refusal> {
        let (number, seconds) = RATE.split(value)?;
        let rate = number.float(0) / seconds as f64;
        if rate > 0.0 && rate <= 1e6 { Ok(rate) } else { Err(Refusal::range(self.write(&rate))) }
    }
    fn write(&self, value: &f64) -> Json {
        Json::from(format!("{}/s", shifted(*value, 0)))
    }
    fn describe(&self) -> String {
        "a rate above 0/s, up to 1000000/s".into()
    }
}

/// Bits per second.
#[derive(Clone, Copy)]
pub struct Bandwidth;

impl Kind for Bandwidth {
    type Value = u64;
    fn read(&self, value: &Value) -> Result<u64, Refusal> {
        let (number, unit) = BANDWIDTH.split(value)?;
        let bits = number.times(unit).map_err(|_| Refusal::new("is no whole number of bit/s"))?;
        if (1_000..=1_000_000_000_000).contains(&bits) {
            return Ok(bits);
        }
        Err(Refusal::range(BANDWIDTH.write(bits)))
    }
    fn write(&self, value: &u64) -> Json {
        Json::from(BANDWIDTH.write(*value))
    }
    fn describe(&self) -> String {
        "a bandwidth from 1kbit/s to 1000Gbit/s".into()
    }
}

/// A size in bytes.
#[derive(Clone, Copy)]
pub struct Bytes;

impl Kind for Bytes {
    type Value = u32;
    fn read(&self, value: &Value) -> Result<u32, Refusal> {
        let (number, unit) = BYTES.split(value)?;
        let bytes = number.times(unit).map_err(|_| Refusal::new("is no whole number of bytes"))?;
        match u32::try_from(bytes) {
            Ok(bytes @ 1..=1_073_741_824) => Ok(bytes),
            _ => Err(Refusal::range(BYTES.write(bytes))),
        }
    }
    fn write(&self, value: &u32) -> Json {
        Json::from(BYTES.write(u64::from(*value)))
    }
    fn describe(&self) -> String {
        "a size from 1B to 1GiB".into()
    }
}

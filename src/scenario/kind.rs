//! What keys take: how each kind of value is read, written back and described.

use super::decimal::{Inexact, shifted};
use super::suggest::{either, nearest};
use super::tree::Value;
use super::units::{BANDWIDTH, BYTES, PERCENT, RATE, TIME};
use crate::node::Span;
use crate::protocol::clippee::Quorum;
use serde_json::Value as Json;

/// The longest time that any key takes: ten years. Sums of a few of these stay far below [`Span::NEVER`].
pub(super) const LONGEST: Span = Span::from_secs(3_650 * 86_400);

/// A kind of value.
pub(super) trait Kind {
    /// What it is read into.
    type Value: Clone;
    /// Reads it.
    fn read(&self, value: &Value) -> Result<Self::Value, Refusal>;
    /// Writes it so that reading it again gives the same.
    fn write(&self, value: &Self::Value) -> Json;
    /// What is expected, with its range.
    fn describe(&self) -> String;
}

/// Why a value isn't taken.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// Completes the sentence "`key` ...".
    pub what: String,
    /// A suggestion.
    pub help: Option<String>,
}

impl Refusal {
    /// `what` completes the sentence "`key` ...".
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: None }
    }

    /// With a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The value is of another kind altogether.
    pub fn kind(value: &Value) -> Self {
        Self::new(format!("is {}", value.kind()))
    }

    fn range(shown: impl std::fmt::Display) -> Self {
        Self::new(format!("is out of range: {shown}"))
    }
}

/// A length of time.
#[derive(Clone, Copy)]
pub(super) struct Time {
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

/// A whole number.
#[derive(Clone, Copy)]
pub(super) struct Count {
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
}

/// A [`Count`] that is read into 32 bits; its `max` must fit.
#[derive(Clone, Copy)]
pub(super) struct Count32(pub Count);

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
}

/// One of a few whole numbers.
#[derive(Clone, Copy)]
pub(super) struct Among(pub &'static [u32]);

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
}

/// A real number without a unit.
#[derive(Clone, Copy)]
pub(super) struct Number {
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

/// A share, 0 to 1, written in percent.
#[derive(Clone, Copy)]
pub(super) struct Share;

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

/// Something per second, above 0 and at most a million.
#[derive(Clone, Copy)]
pub(super) struct Rate;

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
pub(super) struct Bandwidth;

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
pub(super) struct Bytes;

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

/// true or false.
#[derive(Clone, Copy)]
pub(super) struct Flag;

impl Kind for Flag {
    type Value = bool;
    fn read(&self, value: &Value) -> Result<bool, Refusal> {
        match value {
            Value::Flag(flag) => Ok(*flag),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &bool) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        "true or false".into()
    }
}

/// One of a few words.
#[derive(Clone, Copy)]
pub(super) struct Word<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy + PartialEq> Kind for Word<T> {
    type Value = T;
    fn read(&self, value: &Value) -> Result<T, Refusal> {
        let names = self.0.iter().map(|(name, _)| *name);
        match value {
            Value::Text(text) => (self.0.iter().find(|(name, _)| name == text))
                .map(|(_, meaning)| *meaning)
                .ok_or_else(|| unknown_word(text, names)),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &T) -> Json {
        Json::from(self.0.iter().find(|(_, meaning)| meaning == value).map(|(name, _)| *name))
    }
    fn describe(&self) -> String {
        either(self.0.iter().map(|(name, _)| *name), '"')
    }
}

/// One of a few names, which stand for themselves.
#[derive(Clone, Copy)]
pub(super) struct Named(pub &'static [&'static str]);

impl Kind for Named {
    type Value = &'static str;
    fn read(&self, value: &Value) -> Result<&'static str, Refusal> {
        match value {
            Value::Text(text) => (self.0.iter().find(|name| *name == text).copied())
                .ok_or_else(|| unknown_word(text, self.0.iter().copied())),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &&'static str) -> Json {
        Json::from(*value)
    }
    fn describe(&self) -> String {
        either(self.0.iter().copied(), '"')
    }
}

/// A word that isn't among those known.
pub(super) fn unknown_word<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Refusal {
    let refusal = Refusal::new(format!("is \"{text}\", which isn't known"));
    match nearest(text, names) {
        Some(meant) => refusal.help(format!("did you mean \"{meant}\"?")),
        None => refusal,
    }
}

/// A kind, or a word that stands for leaving it open.
#[derive(Clone, Copy)]
pub(super) struct Or<K>(pub &'static str, pub K);

impl<K: Kind> Kind for Or<K> {
    type Value = Option<K::Value>;
    fn read(&self, value: &Value) -> Result<Option<K::Value>, Refusal> {
        match value {
            Value::Text(text) if text == self.0 => Ok(None),
            Value::Text(text) if nearest(text, [self.0]).is_some() => {
                Err(unknown_word(text, [self.0]))
            }
            other => self.1.read(other).map(Some),
        }
    }
    fn write(&self, value: &Option<K::Value>) -> Json {
        value.as_ref().map_or_else(|| Json::from(self.0), |value| self.1.write(value))
    }
    fn describe(&self) -> String {
        format!("\"{}\", or {}", self.0, self.1.describe())
    }
}

/// How many of the replicas.
#[derive(Clone, Copy)]
pub(super) struct QuorumOf {
    /// The largest number.
    pub max: u32,
}

impl Kind for QuorumOf {
    type Value = Quorum;
    fn read(&self, value: &Value) -> Result<Quorum, Refusal> {
        match value {
            Value::Text(text) => match text.as_str() {
                "all" => Ok(Quorum::All),
                "majority" => Ok(Quorum::Majority),
                other => Err(unknown_word(other, ["all", "majority"])),
            },
            other => Count32::of(1, self.max).read(other).map(Quorum::Number),
        }
    }
    fn write(&self, value: &Quorum) -> Json {
        match value {
            Quorum::All => "all".into(),
            Quorum::Majority => "majority".into(),
            Quorum::Number(n) => Json::from(*n),
        }
    }
    fn describe(&self) -> String {
        format!("\"all\", \"majority\", or a whole number from 1 to {}", self.max)
    }
}

/// A path, as written.
#[derive(Clone, Copy)]
pub(super) struct FilePath;

impl Kind for FilePath {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        match value {
            Value::Text(text) if !text.is_empty() => Ok(text.clone()),
            Value::Text(_) => Err(Refusal::new("is empty")),
            other => Err(Refusal::kind(other)),
        }
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        "the path of a file".into()
    }
}

/// A name that every file system takes as a folder.
#[derive(Clone, Copy)]
pub(super) struct FolderName;

impl Kind for FolderName {
    type Value = String;
    fn read(&self, value: &Value) -> Result<String, Refusal> {
        const LONGEST: usize = 100;
        let Value::Text(text) = value else { return Err(Refusal::kind(value)) };
        let plain = |c: char| c.is_ascii_alphanumeric();
        let fits = |c: char| plain(c) || matches!(c, '-' | '_' | '.');
        if text.starts_with(plain)
            && text.ends_with(plain)
            && text.chars().all(fits)
            && text.len() <= LONGEST
        {
            return Ok(text.clone());
        }
        let dashed: String =
            text.chars().map(|c| if fits(c) { c } else { '-' }).take(LONGEST).collect();
        let better = dashed.trim_matches(|c| !plain(c));
        let refusal = Refusal::new("can't be a folder's name");
        Err(if better.is_empty() { refusal } else { refusal.help(format!("write \"{better}\"")) })
    }
    fn write(&self, value: &String) -> Json {
        Json::from(value.as_str())
    }
    fn describe(&self) -> String {
        "a folder's name: letters, digits, and inside also `-`, `_`, `.`".into()
    }
}

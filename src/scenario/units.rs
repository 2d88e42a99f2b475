//! Quantities: a number and a unit in one string, exact.

use super::decimal::Decimal;
use super::kind::Refusal;
use super::suggest::{either, nearest};
use super::tree::Value;

/// The units of one kind of quantity.
pub(super) struct Units {
    /// What it measures, with its article.
    pub noun: &'static str,
    /// Names, and sizes in the smallest unit.
    pub table: &'static [(&'static str, u64)],
    /// What people write instead.
    pub instead: &'static [(&'static str, &'static str)],
    /// Units worth proposing for a number that has none.
    pub usual: &'static [&'static str],
}

/// Time, in nanoseconds.
pub(super) const TIME: Units = Units {
    noun: "a time",
    table: &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("min", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ],
    instead: &[
        ("m", "min"),
        ("mins", "min"),
        ("minute", "min"),
        ("minutes", "min"),
        ("sec", "s"),
        ("secs", "s"),
        ("second", "s"),
        ("seconds", "s"),
        ("msec", "ms"),
        ("millis", "ms"),
        ("usec", "us"),
        ("µs", "us"),
        ("μs", "us"),
        ("hr", "h"),
        ("hrs", "h"),
        ("hour", "h"),
        ("hours", "h"),
        ("day", "d"),
        ("days", "d"),
    ],
    usual: &["ms", "s"],
};

/// Rates, by the seconds of their denominator.
pub(super) const RATE: Units = Units {
    noun: "a rate",
    table: &[("/s", 1), ("/min", 60), ("/h", 3_600)],
    instead: &[("Hz", "/s"), ("/sec", "/s"), ("/second", "/s"), ("/m", "/min"), ("/hour", "/h")],
    usual: &["/s"],
};

/// Bandwidth, in bits per second.
pub(super) const BANDWIDTH: Units = Units {
    noun: "a bandwidth",
    table: &[("bit/s", 1), ("kbit/s", 1_000), ("Mbit/s", 1_000_000), ("Gbit/s", 1_000_000_000)],
    instead: &[
        ("bps", "bit/s"),
        ("kbps", "kbit/s"),
        ("Kbit/s", "kbit/s"),
        ("Mbps", "Mbit/s"),
        ("mbit/s", "Mbit/s"),
        ("Gbps", "Gbit/s"),
        ("gbit/s", "Gbit/s"),
    ],
    usual: &["Mbit/s"],
};

/// Sizes, in bytes.
pub(super) const BYTES: Units = Units {
    noun: "a size",
    table: &[
        ("B", 1),
        ("KB", 1_000),
        ("KiB", 1 << 10),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ],
    instead: &[("b", "B"), ("kB", "KB"), ("kb", "KB"), ("k", "KiB"), ("K", "KiB"), ("M", "MiB")],
    usual: &["B", "KiB"],
};

/// Percentages.
pub(super) const PERCENT: Units =
    Units { noun: "a percentage", table: &[("%", 1)], instead: &[("percent", "%")], usual: &["%"] };

impl Units {
    /// A number and the size of its unit.
    ///
    /// # Errors
    /// Anything but a string of a plain decimal number and one of the units, with a suggestion.
    pub fn split(&self, value: &Value) -> Result<(Decimal, u64), Refusal> {
        let text = match value {
            Value::Text(text) => text.trim(),
            Value::Integer(n) => return Err(self.unitless(&n.to_string())),
            Value::Real(x) if x.is_finite() => return Err(self.unitless(&x.to_string())),
            other => return Err(Refusal::kind(other)),
        };
        let number = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..number], text[number..].trim_start());
        if text.starts_with('-') {
            return Err(Refusal::new("is negative"));
        }
        let Some(decimal) = Decimal::parse(number) else {
            let form = format!("write a plain number and a unit, such as {}", self.examples("1.5"));
            return Err(Refusal::new("doesn't begin with a plain number").help(form));
        };
        if unit.is_empty() {
            return Err(self.unitless(number));
        }
        if let Some((_, size)) = self.table.iter().find(|(name, _)| *name == unit) {
            return Ok((decimal, *size));
        }
        let known = self.table.iter().map(|(name, _)| *name);
        let meant =
            (self.instead.iter().find(|(wrong, _)| *wrong == unit).map(|(_, right)| *right))
                .or_else(|| nearest(unit, known.clone()));
        let units =
            format!("the units of {} are {}", self.noun, known.collect::<Vec<_>>().join(", "));
        let help = match meant {
            Some(right) => format!("did you mean \"{number}{right}\"? {units}"),
            None => units,
        };
        Err(Refusal::new(format!("has the unknown unit `{unit}`")).help(help))
    }

    fn unitless(&self, number: &str) -> Refusal {
        Refusal::new("has no unit").help(format!("write {}", self.examples(number)))
    }

    fn examples(&self, number: &str) -> String {
        let written: Vec<String> =
            self.usual.iter().map(|unit| format!("{number}{unit}")).collect();
        either(written.iter().map(String::as_str), '"')
    }

    /// `amount` in the largest unit that leaves no fraction.
    pub fn write(&self, amount: u64) -> String {
        let whole = |(_, size): &&(&str, u64)| amount > 0 && amount.is_multiple_of(*size);
        match self.table.iter().filter(whole).max_by_key(|(_, size)| *size) {
            Some((name, size)) => format!("{}{name}", amount / size),
            None => format!("{amount}{}", self.table[0].0),
        }
    }
}

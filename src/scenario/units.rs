//! Quantities: a number and a unit in one string, exact.

use super::decimal::{Decimal, shifted};
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

    /// `amount` with as few digits as can be, fractions included.
    fn shortest(&self, amount: u64) -> String {
        let written = |(name, size): &(&str, u64)| {
            (0..=9_u32).find_map(|places| {
                let scaled = u128::from(amount) * 10_u128.pow(places);
                let digits = scaled.checked_div(u128::from(*size))?;
                let exact = scaled.is_multiple_of(u128::from(*size)) && amount >= *size;
                exact.then(|| {
                    let text = digits.to_string();
                    let (whole, fraction) = text.split_at(text.len() - places as usize);
                    let point = if places > 0 { "." } else { "" };
                    format!("{whole}{point}{fraction}{name}")
                })
            })
        };
        let shortest = self.table.iter().rev().filter_map(written).min_by_key(|text| {
            // A point costs nothing: 316.228ms, not 316228us.
            text.len() - text.matches('.').count()
        });
        shortest.unwrap_or_else(|| self.write(amount))
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

/// A number and what it counts.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    /// In the smallest unit: nanoseconds, bytes, bits per second; percent and "per second" as such.
    pub amount: f64,
    units: Option<&'static Units>,
    /// Whether only whole amounts exist.
    whole: bool,
    /// Smallest units in the one that [`Measure::unit`] names.
    scale: f64,
    unit: &'static str,
}

/// What a value measures: a plain number, or a quantity of whatever has units.
pub(super) fn measure(value: &Value) -> Option<Measure> {
    let plain = |amount| Measure { amount, units: None, whole: false, scale: 1.0, unit: "" };
    match value {
        Value::Integer(n) => return Some(plain(*n as f64)),
        Value::Real(x) => return x.is_finite().then(|| plain(*x)),
        Value::Text(_) => {}
        _ => return None,
    }
    let kinds: [(&Units, bool, f64, &str); 5] = [
        (&TIME, true, 1e9, "s"),
        (&RATE, false, 1.0, "/s"),
        (&BANDWIDTH, true, 1.0, "bit/s"),
        (&BYTES, true, 1.0, "B"),
        (&PERCENT, false, 1.0, "%"),
    ];
    kinds.into_iter().find_map(|(units, whole, scale, unit)| {
        let (number, size) = units.split(value).ok()?;
        let per = unit == "/s";
        let amount =
            if per { number.float(0) / size as f64 } else { number.float(0) * size as f64 };
        Some(Measure { amount, units: Some(units), whole, scale, unit })
    })
}

impl Measure {
    /// The name of the unit; empty for plain numbers.
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// The number of that unit.
    pub fn number(&self) -> f64 {
        self.amount / self.scale
    }

    /// Another amount of the same: of six significant digits, or `whole`.
    pub fn with(&self, amount: f64, whole: bool) -> Value {
        let rounded = format!("{amount:.5e}").parse().unwrap_or(amount);
        match self.units {
            None if whole => Value::Integer(libm::round(amount) as i128),
            None => Value::Real(rounded),
            Some(units) if self.whole => Value::Text(units.shortest(libm::round(rounded) as u64)),
            Some(_) => Value::Text(format!("{}{}", shifted(rounded, 0), self.unit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn amounts_are_written_as_short_as_can_be() {
        let time = |ns| TIME.shortest(ns);
        assert_eq!([time(0), time(1), time(1_500_000)], ["0ns", "1ns", "1.5ms"]);
        assert_eq!([time(31_622_800), time(90_000_000_000)], ["31.6228ms", "90s"]);
        assert_eq!(time(7_200_000_000_000), "2h");
        assert_eq!([BYTES.shortest(1536), BYTES.shortest(3 << 29)], ["1.5KiB", "1.5GiB"]);
        assert_eq!(BANDWIDTH.shortest(2_500_000), "2.5Mbit/s");
    }

    #[test]
    fn quantities_are_measured_in_one_unit_each() {
        let cases = [
            ("10ms", "s", 0.01),
            ("30/min", "/s", 0.5),
            ("1kbit/s", "bit/s", 1e3),
            ("5%", "%", 5.0),
        ];
        for (written, unit, number) in cases {
            let measure = measure(&text(written)).unwrap();
            assert_eq!((measure.unit(), measure.number()), (unit, number), "{written}");
        }
        assert_eq!(measure(&text("2KiB")).unwrap().number(), 2048.0);
        assert_eq!(measure(&Value::Integer(7)).unwrap().unit(), "");
        assert!(measure(&text("auto")).is_none() && measure(&Value::Flag(true)).is_none());
    }

    #[test]
    fn amounts_of_the_same_come_back_as_values() {
        let with =
            |written: &str, amount| match measure(&text(written)).unwrap().with(amount, false) {
                Value::Text(text) => text,
                other => other.kind().to_owned(),
            };
        assert_eq!(with("1ms", 3_162_277.660_168), "3.16228ms");
        assert_eq!(with("1%", 3.162_277_66), "3.16228%");
        assert_eq!(with("1/s", 0.1 + 0.2), "0.3/s");
        assert_eq!(with("1KiB", 2048.0), "2KiB");
        assert!(matches!(measure(&Value::Integer(1)).unwrap().with(2.6, true), Value::Integer(3)));
    }
}

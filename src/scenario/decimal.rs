//! Exact decimal numbers: "169.5min" must be a whole number of nanoseconds, not the float nearest
//! to it.

/// A decimal number as written: `digits / 10^scale`, not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    scale: u32,
}

/// Why a decimal is no whole number of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inexact {
    /// It has a fraction left.
    Fraction,
    /// It doesn't fit.
    TooLarge,
}

impl Decimal {
    /// `12`, `0.5`, `169.50`; no sign, exponent or separators, at most 30 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = !whole.is_empty() && (fraction.is_empty() != text.contains('.'));
        let digits = format!("{whole}{fraction}");
        if !is_number || digits.len() > 30 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, scale: u32::try_from(fraction.len()).ok()? })
    }

    /// This many times `unit`, exactly.
    pub fn times(self, unit: u64) -> Result<u64, Inexact> {
        let product = self.digits.checked_mul(u128::from(unit)).ok_or(Inexact::TooLarge)?;
        let divisor = 10_u128.pow(self.scale);
        if !product.is_multiple_of(divisor) {
            return Err(Inexact::Fraction);
        }
        u64::try_from(product / divisor).map_err(|_| Inexact::TooLarge)
    }

    /// The float nearest to this number times 10^`shift`.
    pub fn float(self, shift: i32) -> f64 {
        let exponent = shift - self.scale.cast_signed();
        // Rust's parser rounds correctly, so that 0.1% is the same float as 0.001.
        format!("{}e{exponent}", self.digits).parse().unwrap_or(f64::INFINITY)
    }
}

/// `value` times 10^`shift` as the shortest decimal that [`Decimal::float`] turns back into
/// `value`.
///
/// `value` must be finite and not negative.
pub(super) fn shifted(value: f64, shift: i32) -> String {
    let shown = format!("{value:e}");
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // The value is 0.digits * 10^point.
    let point = exponent.parse::<i32>().unwrap_or(0) + shift + 1;
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    if digits == "0" {
        "0".into()
    } else if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point >= count {
        format!("{digits}{}", zeros(point - count))
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_exact() {
        let times = |text, unit| Decimal::parse(text).unwrap().times(unit);
        assert_eq!(times("169.5", 60_000_000_000), Ok(10_170_000_000_000));
        assert_eq!(times("3.66", 3_600_000_000_000), Ok(13_176_000_000_000));
        assert_eq!(times("0.1", 1), Err(Inexact::Fraction));
        assert_eq!(times("99999999999999999999", 1), Err(Inexact::TooLarge));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for text in ["", ".", "1.", ".5", "1.2.3", "-1", "1e3", "1_000", "nan", "inf", "٣"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn shifting_there_and_back_changes_nothing(value in 0.0..1e6_f64, tiny in 0.0..1e-6_f64) {
            for value in [value, tiny] {
                let text = shifted(value, 2);
                prop_assert_eq!(text.parse::<f64>().unwrap(), Decimal::parse(&text)
                    .map_or_else(|| text.parse().unwrap(), |d| d.float(0)));
                if let Some(decimal) = Decimal::parse(&text) {
                    prop_assert_eq!(decimal.float(-2), value);
                }
            }
        }

        #[test]
        fn whole_units_come_back(n in 0_u64..1 << 40, unit in 1_u64..1 << 20) {
            prop_assert_eq!(Decimal::parse(&n.to_string()).unwrap().times(unit), Ok(n * unit));
        }
    }
}

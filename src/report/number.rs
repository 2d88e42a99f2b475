//! Numbers as text: the same digits on every machine, because Rust prints floats exactly and
//! without locale.

/// Six significant digits at most, never an exponent, no trailing zeros: for files.
#[must_use]
pub fn plain(value: f64) -> String {
    trimmed(&significant(value, 6))
}

/// `digits` significant digits, all digits before the point, no exponent.
fn significant(value: f64, digits: usize) -> String {
    // The exponent of the rounded number: 9.9996 has one digit more once it is rounded to four.
    let rounded = format!("{value:.*e}", digits - 1);
    let exponent: i32 =
        rounded.split_once('e').and_then(|parts| parts.1.parse().ok()).unwrap_or_default();
    let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    format!("{value:.*}", usize::try_from(places).unwrap_or(0))
}

fn trimmed(text: &str) -> String {
    let text = if text.contains('.') { text.trim_end_matches('0') } else { text };
    match text.trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// `1234567` as `1,234,567`.
#[must_use]
pub fn whole(value: u64) -> String {
    grouped(&value.to_string())
}

/// A float for the eye: three significant digits at least, with a comma between thousands.
#[must_use]
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    grouped(&significant(value, 3))
}

/// Puts a comma between the thousands before the point.
fn grouped(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::with_capacity(text.len() + whole / 3);
    for (index, digit) in text.char_indices() {
        let follows_digit = grouped.ends_with(|last: char| last.is_ascii_digit());
        if index < whole && follows_digit && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `part` of `whole` in percent with two decimals. All and nothing are shown only where it is all
/// or nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (part * 20_000 / whole).div_ceil(2);
    match (part, hundredths) {
        (1.., 0) => "<0.01 %".to_owned(),
        (_, 10_000) if part < whole => ">99.99 %".to_owned(),
        _ => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    }
}

/// A number of bytes in the decimal unit that leaves one to three digits before the point.
#[must_use]
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut scaled = value as f64;
    let mut unit = 0;
    // 999.5 would be shown as 1,000.
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1_000.0;
        unit += 1;
    }
    let digits = if unit == 0 { whole(value) } else { short(scaled) };
    format!("{digits} {}", UNITS[unit])
}

/// A number of seconds as days, hours, minutes and seconds: the two largest that aren't zero.
#[must_use]
pub fn seconds(value: f64) -> String {
    if !(60.0..1e15).contains(&value) {
        return format!("{} s", plain(value));
    }
    let total = (value + 0.5) as u64;
    let parts = [
        (total / 86_400, "d"),
        (total / 3_600 % 24, "h"),
        (total / 60 % 60, "min"),
        (total % 60, "s"),
    ];
    let shown = parts.iter().filter(|part| part.0 > 0).take(2);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_have_six_significant_digits() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (100.0, "100"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.333333"),
            (2.0 / 3.0 * 1e-4, "0.0000666667"),
            (123_456.7, "123457"),
            (12_345_678.9, "12345679"),
            (999_999.5, "1000000"),
            (9.999_999_9, "10"),
            (-1.25, "-1.25"),
            (1e-9, "0.000000001"),
        ];
        for (value, text) in cases {
            assert_eq!(plain(value), text);
        }
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([whole(0), whole(999), whole(1_000)], ["0", "999", "1,000"]);
        assert_eq!(whole(u64::MAX), "18,446,744,073,709,551,615");
        let shown = [0.0, 0.012_345, 1.0, 12.34, 999.6, 1_234.5, 1_234_567.8].map(short);
        assert_eq!(shown, ["0", "0.0123", "1.00", "12.3", "1,000", "1,234", "1,234,568"]);
        assert_eq!(short(-1_234.0), "-1,234");
        assert_eq!(short(-123.0), "-123");
    }

    #[test]
    fn percentages_are_all_or_nothing_only_when_they_are() {
        let cases = [
            ((0, 0), "-"),
            ((0, 5), "0.00 %"),
            ((5, 5), "100.00 %"),
            ((1, 3), "33.33 %"),
            ((2, 3), "66.67 %"),
            ((1, 1_000_000), "<0.01 %"),
            ((999_999, 1_000_000), ">99.99 %"),
            ((u64::MAX, u64::MAX), "100.00 %"),
        ];
        for ((part, whole), text) in cases {
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
    }

    #[test]
    fn bytes_are_scaled() {
        let shown = [0, 999, 1_000, 1_500_000, 999_999_999, 12_340_000_000].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.00 kB", "1.50 MB", "1.00 GB", "12.3 GB"]);
    }

    #[test]
    fn seconds_are_shown_in_two_units() {
        let shown = [0.5, 59.0, 60.0, 2_000.0, 3_600.0, 90_061.0].map(seconds);
        assert_eq!(shown, ["0.5 s", "59 s", "1 min", "33 min 20 s", "1 h", "1 d 1 h"]);
    }
}

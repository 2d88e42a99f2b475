//! Where the ticks of an axis stand, and how numbers are written.

/// A tick: its value and its label.
pub type Tick = (f64, String);

/// Round numbers (1, 2 or 5 times a power of ten apart) within `min..=max`, about `wanted` of them.
pub fn linear(min: f64, max: f64, wanted: f64) -> Vec<f64> {
    multiples(step(min, max, wanted), min, max)
}

/// The multiples of `step` within `min..=max`.
pub fn multiples(step: f64, min: f64, max: f64) -> Vec<f64> {
    let (first, last) = (libm::ceil(min / step - 1e-9), libm::floor(max / step + 1e-9));
    (0..=(last - first) as u32).map(|i| (first + f64::from(i)) * step).collect()
}

/// The distance of such numbers.
pub fn step(min: f64, max: f64, wanted: f64) -> f64 {
    let rough = (max - min).max(f64::MIN_POSITIVE) / wanted;
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= rough * 0.999);
    factor.unwrap_or(10.0) * power
}

/// 1, 2 and 5 times powers of ten within `min..=max` (`min` above 0); powers of ten only, if they
/// are many.
pub fn logarithmic(min: f64, max: f64) -> Vec<f64> {
    let first = libm::floor(libm::log10(min)) as i32;
    let last = libm::ceil(libm::log10(max)) as i32;
    let factors: &[f64] = if last - first > 5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    (first..=last)
        .flat_map(|power| factors.iter().map(move |f| f * libm::pow(10.0, f64::from(power))))
        .filter(|&value| value >= min * 0.999_999 && value <= max * 1.000_001)
        .collect()
}

/// Labels with just the digits that tell the values apart, and commas between thousands.
pub fn labelled(values: Vec<f64>) -> Vec<Tick> {
    let digits = (0..9).find(|&digits| {
        values.iter().all(|&value| {
            let shown: f64 = format!("{value:.digits$}").parse().unwrap_or(f64::NAN);
            (shown - value).abs() <= 1e-6 * value.abs() + 1e-12
        })
    });
    let digits = digits.unwrap_or(9);
    values.into_iter().map(|value| (value, number(value, digits))).collect()
}

/// Labels in percent for values from 0 to 1.
pub fn percent(values: Vec<f64>) -> Vec<Tick> {
    let scaled = values.iter().map(|value| value * 100.0).collect();
    let labels = labelled(scaled).into_iter().map(|(_, label)| format!("{label} %"));
    values.into_iter().zip(labels).collect()
}

/// The labels of a logarithmic axis, each with as many digits as it needs.
pub fn labelled_singly(values: Vec<f64>) -> Vec<Tick> {
    values.into_iter().flat_map(|value| labelled(vec![value])).collect()
}

/// A number with `digits` decimals and commas between thousands: `12,345.6`.
pub fn number(value: f64, digits: usize) -> String {
    let plain = format!("{:.digits$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    if value < 0.0 && plain.chars().any(|c| c.is_ascii_digit() && c != '0') {
        grouped.insert(0, '-');
    }
    grouped
}

/// A measured number with about three digits that count: `0.0123`, `4.56`, `78.9`, `1,234`.
pub fn measured(value: f64) -> String {
    let magnitude = if value == 0.0 { 0.0 } else { libm::floor(libm::log10(value.abs())) };
    number(value, (2.0 - magnitude).clamp(0.0, 6.0) as usize)
}

/// The unit of an axis of simulated time that ends at `seconds`: its name and its length in
/// seconds.
pub fn time_unit(seconds: f64) -> (&'static str, f64) {
    match seconds {
        s if s <= 180.0 => ("s", 1.0),
        s if s <= 3.0 * 3600.0 => ("min", 60.0),
        s if s <= 4.0 * 86_400.0 => ("h", 3600.0),
        _ => ("days", 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(labels(labelled(linear(0.0, 32.0, 6.0))), ["0", "10", "20", "30"]);
        assert_eq!(labels(labelled(linear(0.0, 1.0, 2.0))), ["0.0", "0.5", "1.0"]);
        assert_eq!(labels(labelled(linear(0.0, 2500.0, 5.0))).last().unwrap(), "2,500");
        assert_eq!(labels(percent(linear(0.99, 1.0, 2.0))), ["99.0 %", "99.5 %", "100.0 %"]);
    }

    #[test]
    fn logarithmic_ticks_thin_out_over_many_decades() {
        let ticks = labels(labelled_singly(logarithmic(0.5, 20.0)));
        assert_eq!(ticks, ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(logarithmic(0.001, 1e6).len(), 10);
    }

    #[test]
    fn numbers_are_grouped_and_short() {
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(number(-1234.5, 1), "-1,234.5");
        assert_eq!(number(-0.001, 1), "0.0");
        assert_eq!(measured(0.012_34), "0.0123");
        assert_eq!(measured(78.91), "78.9");
        assert_eq!(measured(1234.4), "1,234");
        assert_eq!(measured(0.0), "0.00");
    }

    #[test]
    fn a_range_of_no_extent_has_ticks_nonetheless() {
        assert!(!linear(5.0, 5.0, 4.0).is_empty());
    }
}

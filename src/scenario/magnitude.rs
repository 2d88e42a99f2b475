//! Values of axes as numbers, for the places of points on a figure and for growth along an axis.

use super::tree::Value;
use super::units::{BANDWIDTH, BYTES, PERCENT, RATE, TIME};
use serde_json::Value as Json;

/// What a scenario's value measures, in seconds, bytes, bits per second, per second, or as a share;
/// a plain number is itself. `None` for words and tables.
#[must_use]
pub fn magnitude(value: &Json) -> Option<f64> {
    let text = match value {
        Json::Number(number) => return number.as_f64(),
        Json::String(text) => Value::Text(text.clone()),
        _ => return None,
    };
    if let Ok((number, unit)) = TIME.split(&text) {
        return Some(number.float(0) * unit as f64 / 1e9);
    }
    if let Ok((number, _)) = PERCENT.split(&text) {
        return Some(number.float(-2));
    }
    if let Ok((number, seconds)) = RATE.split(&text) {
        return Some(number.float(0) / seconds as f64);
    }
    let (number, unit) = BANDWIDTH.split(&text).or_else(|_| BYTES.split(&text)).ok()?;
    Some(number.float(0) * unit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_become_numbers() {
        let cases = [
            (json!(1000), Some(1000.0)),
            (json!(0.5), Some(0.5)),
            (json!("90s"), Some(90.0)),
            (json!("1.5h"), Some(5400.0)),
            (json!("5%"), Some(0.05)),
            (json!("6/min"), Some(0.1)),
            (json!("2Mbit/s"), Some(2e6)),
            (json!("1KiB"), Some(1024.0)),
            (json!("never"), None),
            (json!({ "constant": "5ms" }), None),
        ];
        for (value, expected) in cases {
            assert_eq!(magnitude(&value), expected, "{value}");
        }
    }
}

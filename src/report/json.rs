//! JSON for people and programs: indented, in the order of the fields, ending in a line feed.

use super::{Error, finite};
use serde::Serialize;

/// `value` as JSON text.
///
/// # Errors
/// [`Error::NotFinite`] with the name of the first number that is NaN or infinite (serde_json would
/// write `null`); [`Error::Json`] if a map has keys that JSON can't have.
pub fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    finite::check(value)?;
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn it_is_indented_and_ends_in_a_line_feed() {
        let value = serde_json::json!({"b": 1, "a": [0.5, null]});
        assert_eq!(
            text(&value).unwrap(),
            "{\n  \"b\": 1,\n  \"a\": [\n    0.5,\n    null\n  ]\n}\n"
        );
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_by_name() {
        let refused = |number: f64| {
            let inner = BTreeMap::from([("p50", vec![Some(1.0), None, Some(number)])]);
            text(&BTreeMap::from([("latency_ms", inner)])).unwrap_err().to_string()
        };
        assert_eq!(refused(f64::NAN), "`latency_ms.p50.2` is not a finite number");
        assert_eq!(refused(f64::INFINITY), refused(f64::NEG_INFINITY));
        assert!(text(&f32::NAN).is_err());
    }

    #[test]
    fn structures_of_all_shapes_are_searched() {
        #[derive(Serialize)]
        enum Shape {
            Unit,
            One(f64),
            Two(u8, f64),
            Named { x: f64 },
        }
        #[derive(Serialize)]
        struct Pair(f64, f64);
        #[derive(Serialize)]
        struct Wrapped(f64);
        assert_eq!(text(&Shape::Unit).unwrap(), "\"Unit\"\n");
        let name = |error: Result<String, Error>| error.unwrap_err().to_string();
        assert_eq!(name(text(&Shape::One(f64::NAN))), "`One` is not a finite number");
        assert_eq!(name(text(&Shape::Two(1, f64::NAN))), "`Two.1` is not a finite number");
        assert_eq!(name(text(&Shape::Named { x: f64::NAN })), "`Named.x` is not a finite number");
        assert_eq!(name(text(&Pair(1.0, f64::NAN))), "`1` is not a finite number");
        assert_eq!(name(text(&(1, [f64::NAN]))), "`1.0` is not a finite number");
        assert_eq!(name(text(&Wrapped(f64::NAN))), "`` is not a finite number");
        assert!(text(&Shape::Named { x: 1.0 }).is_ok());
    }
}

//! Single values as they are typed on a command line, read as in a scenario.

use super::kind::{Kind, Time};
use super::tree::Value;
use crate::node::Span;

/// A length of time such as "50ms".
///
/// # Errors
/// What is wrong with it, and what is expected.
pub fn span(text: &str) -> Result<Span, String> {
    let kind = Time::from(Span::ZERO);
    kind.read(&Value::Text(text.into())).map_err(|refusal| {
        let help = refusal.help.map_or_else(String::new, |help| format!("; {help}"));
        format!("it {}; expected {}{help}", refusal.what, kind.describe())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_in_a_scenario() {
        assert_eq!(span("1.5s"), Ok(Span::from_millis(1_500)));
        assert!(span("1").unwrap_err().contains("expected a time from 0s"));
        assert!(span("soon").is_err());
    }
}

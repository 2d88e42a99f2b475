//! "Did you mean": the nearest of the words that would have been right.

/// The candidate most like `wrong`, if any is like it at all.
pub(super) fn nearest<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    /// Below this, Jaro-Winkler similarity is chance: `cout` and `count` have .95, `cout` and
    /// `churn` .63.
    const LIKE: f64 = 0.8;
    let wrong = wrong.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wrong, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` or `c`, each quoted by `quote`.
pub(super) fn either<'a>(words: impl IntoIterator<Item = &'a str>, quote: char) -> String {
    let quoted: Vec<String> =
        words.into_iter().map(|word| format!("{quote}{word}{quote}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found_and_others_are_not() {
        let keys = ["count", "leave_grace", "service_time", "churn"];
        assert_eq!(nearest("cout", keys), Some("count"));
        assert_eq!(nearest("Count", keys), Some("count"));
        assert_eq!(nearest("servicetime", keys), Some("service_time"));
        assert_eq!(nearest("bandwidth", keys), None);
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(either(["a"], '`'), "`a`");
        assert_eq!(either(["a", "b", "c"], '"'), "\"a\", \"b\" or \"c\"");
    }
}

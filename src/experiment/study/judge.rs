//! All claims of a sweep together.

use super::place::{Place, places};
use super::runs::Runs;
use super::verdict::{Claimed, SCHEMA, Verdict, Verdicts};
use super::{Study, evaluate, text};
use crate::stats::holm;

/// The verdicts.
pub fn judge(runs: &Runs, study: &Study<'_>) -> Verdicts {
    let confidence = study.claims.first().map_or(0.95, |claim| claim.confidence);
    let all: Vec<Vec<Place>> = study.claims.iter().map(|claim| places(runs, claim)).collect();
    let p: Vec<f64> = all.iter().map(|places| evaluate::p_value(places)).collect();
    // 1 - 0.95 isn't 0.05: without rounding, 5 claims of p = 0.01 would be judged by a hair.
    let alpha = libm::round((1.0 - confidence) * 1e9) / 1e9;
    let (levels, adjusted) = (holm::levels(&p, alpha), holm::adjusted(&p));
    let claims = study.claims.iter().zip(&all).enumerate().map(|(index, (claim, places))| {
        let (verdict, judged) = evaluate::verdict(places, levels[index], confidence);
        let unknown = evaluate::unknown(runs, &claim.quantity);
        let because = unknown.filter(|_| verdict == Verdict::Undecided);
        Claimed {
            id: claim.id.clone(),
            text: claim.text.clone(),
            rule: text::rule(claim),
            verdict,
            because: because.unwrap_or_else(|| text::because(verdict, &judged)),
            p: p[index],
            p_corrected: adjusted[index],
            places: judged,
        }
    });
    Verdicts {
        schema: SCHEMA,
        sweep: study.name.to_owned(),
        note: Some(study.note.to_owned()).filter(|note| !note.is_empty()),
        confidence,
        correction: "Holm",
        claims: claims.collect(),
    }
}

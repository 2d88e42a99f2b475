//! Holm's step-down correction (Holm 1979): several questions asked of the same runs, with the
//! probability of any false answer kept below alpha, whatever their dependence.

/// Indices, the smallest p value first; equal ones in their order.
fn order(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

/// The adjusted p values, in the order of `p`: a question is answered just if its own is no larger
/// than alpha.
#[must_use]
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order(p).iter().enumerate() {
        let left = (p.len() - rank) as f64;
        largest = largest.max((left * p[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// The alpha that each question is judged by, in the order of `p`: alpha over the number of
/// questions not yet answered, the surest first. The first that isn't answered ends it, and all
/// that are left are judged as that one is.
#[must_use]
pub fn levels(p: &[f64], alpha: f64) -> Vec<f64> {
    let mut levels = vec![alpha; p.len()];
    let mut left = p.len() as f64;
    let mut going = true;
    for index in order(p) {
        levels[index] = alpha / left;
        going = going && p[index] <= levels[index];
        if going {
            left -= 1.0;
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], expected: &[f64]) {
        let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(same && found.len() == expected.len(), "{found:?}, not {expected:?}");
    }

    /// As R's `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`.
    #[test]
    fn p_values_are_adjusted_as_published() {
        near(&adjusted(&[0.01, 0.04, 0.03, 0.005]), &[0.03, 0.06, 0.06, 0.02]);
        near(&adjusted(&[0.5, 0.9]), &[1.0, 1.0]);
        near(&adjusted(&[0.04]), &[0.04]);
        near(&adjusted(&[]), &[]);
    }

    #[test]
    fn levels_step_down_until_the_first_that_fails() {
        let p = [0.01, 0.04, 0.03, 0.005];
        near(&levels(&p, 0.05), &[0.05 / 3.0, 0.025, 0.025, 0.0125]);
        near(&levels(&[0.01, 0.02, 0.03], 0.05), &[0.05 / 3.0, 0.025, 0.05]);
    }

    #[test]
    fn both_say_the_same() {
        let p = [0.011, 0.02, 0.2, 0.001, 0.013, 0.049];
        for alpha in [0.01, 0.05, 0.1, 0.3] {
            let levels = levels(&p, alpha);
            for (index, adjusted) in adjusted(&p).into_iter().enumerate() {
                assert_eq!(adjusted <= alpha, p[index] <= levels[index], "{index} at {alpha}");
            }
        }
    }
}

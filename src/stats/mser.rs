//! MSER-5: where the warm-up of a series ends, found from the series itself (White 1997; White,
//! Cobb, Spratt 2000).
//!
//! Means of five values in a row are taken; the beginning that is cut off is the one that makes the
//! standard error of the mean of the rest least. A minimum in the second half says that the
//! series hasn't become steady, and no mean is given.

/// Values in a batch.
const BATCH: usize = 5;

/// What is left of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steady {
    /// How many values are cut off from the beginning: a multiple of five.
    pub truncated: usize,
    /// The mean of the whole batches after them.
    pub mean: f64,
}

/// The steady part of a series of equally spaced values; `None` if it isn't steady in its second
/// half, or has fewer than ten values. What is left over behind the last whole batch isn't used.
#[must_use]
pub fn mser5(values: &[f64]) -> Option<Steady> {
    let batches: Vec<f64> =
        values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let count = batches.len();
    if count < 2 {
        return None;
    }
    // Around the last batch, so that a large common offset costs no digits.
    let offset = batches[count - 1];
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0, 0.0);
    for start in (0..count).rev() {
        let value = batches[start] - offset;
        sum += value;
        squares += value * value;
        let left = (count - start) as f64;
        let mean = sum / left;
        // Statistics of the last few batches are chance; with them everything would end there.
        if count - start < BATCH && start > 0 {
            continue;
        }
        let error = (squares - sum * mean).max(0.0) / (left * left);
        if error <= best.0 {
            best = (error, start, mean + offset);
        }
    }
    let (_, start, mean) = best;
    (2 * start <= count).then_some(Steady { truncated: start * BATCH, mean })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decaying from 100 to 1, with a ripple.
    fn warming(length: usize, lasts: usize) -> Vec<f64> {
        let value = |index: usize| {
            let left = lasts.saturating_sub(index) as f64 / lasts as f64;
            1.0 + 99.0 * left + 0.1 * ((index * 7) % 11) as f64
        };
        (0..length).map(value).collect()
    }

    #[test]
    fn the_warm_up_is_cut_off() {
        let steady = mser5(&warming(200, 40)).unwrap();
        assert!((35..=45).contains(&steady.truncated), "{steady:?}");
        assert!((steady.mean - 1.5).abs() < 0.1, "{steady:?}");
    }

    #[test]
    fn a_steady_series_is_kept_whole() {
        let steady = mser5(&[7.0; 50]).unwrap();
        assert_eq!(steady, Steady { truncated: 0, mean: 7.0 });
        let wave: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        assert_eq!(mser5(&wave).unwrap().mean, 4.5);
    }

    #[test]
    fn a_series_that_never_settles_has_no_steady_part() {
        assert_eq!(mser5(&warming(200, 180)), None);
        let growing: Vec<f64> = (0..200).map(f64::from).collect();
        assert_eq!(mser5(&growing), None);
    }

    #[test]
    fn short_series_have_none() {
        assert_eq!(mser5(&[1.0; 9]), None);
        assert_eq!(mser5(&[]), None);
        assert!(mser5(&[1.0; 10]).is_some());
    }

    #[test]
    fn an_offset_changes_nothing() {
        let plain = mser5(&warming(200, 40)).unwrap();
        let raised: Vec<f64> = warming(200, 40).iter().map(|value| value + 1e9).collect();
        let raised = mser5(&raised).unwrap();
        assert_eq!(plain.truncated, raised.truncated);
    }
}

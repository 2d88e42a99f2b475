//! Leaves out entries of a list, in ever smaller chunks.

use super::shrinker::{Shrinker, list, put_list};
use serde_json::Value as Json;

/// Leaves out what can be of the list `name`: halves first, then quarters, down to single entries.
pub(super) fn reduce(shrinker: &mut Shrinker<'_>, name: &str) {
    let mut size = list(&shrinker.schedule.scenario, name).len();
    while size > 0 && !shrinker.is_over() {
        let mut from = 0;
        while from < list(&shrinker.schedule.scenario, name).len() {
            let gone = |scenario: &mut Json| {
                let mut items = list(scenario, name).to_vec();
                items.drain(from..(from + size).min(items.len()));
                put_list(scenario, name, items);
            };
            if !shrinker.change(gone) {
                from += size;
            }
        }
        size = match size {
            1 => 0,
            size => size.div_ceil(2).min(list(&shrinker.schedule.scenario, name).len()),
        };
    }
}

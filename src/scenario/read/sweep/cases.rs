//! From a draft to the cases of a sweep: all points under all protocols, each tried out.

use super::axes::Values;
use super::draft::Draft;
use super::types::{Case, Sweep};
use crate::scenario::data::FileUsed;
use crate::scenario::error::Problem;
use crate::scenario::tree::Node;
use crate::scenario::types::Scenario;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What a case sets: an axis and one of its values.
pub(in crate::scenario) type Assigned<'d> = (&'d Values, &'d Node);

/// A case as the scenario takes it.
pub(in crate::scenario) struct Tried {
    /// The scenario, or what stands in for it after mistakes.
    pub scenario: Scenario,
    /// It with all defaults.
    pub resolved: Json,
    /// The data files that it uses.
    pub files: Vec<FileUsed>,
    /// The mistakes.
    pub problems: Vec<Problem>,
}

/// A protocol, by index, and for each axis the index of its value, if it is the protocol's.
type Coordinates = (usize, Vec<Option<usize>>);

impl Draft {
    /// Tries out every case with `read`, which reads the scenario under a protocol with a value for
    /// each of its axes. A mistake is told where it is first met, and not at all if the scenario
    /// has it without the sweep (`known`).
    pub fn finish(
        self,
        known: &[Problem],
        mut read: impl FnMut(&str, &[Assigned<'_>]) -> Tried,
    ) -> (Sweep, Vec<Problem>) {
        let mut found: Vec<Problem> = Vec::new();
        let mut cases = Vec::new();
        for (protocol, values) in self.coordinates() {
            let protocol = &self.protocols[protocol];
            let assigned: Vec<Assigned<'_>> = (self.axes.iter().zip(&values))
                .filter_map(|(axis, value)| Some((axis, &axis.nodes[(*value)?])))
                .collect();
            let tried = read(protocol, &assigned);
            for problem in tried.problems {
                let mut told = known.iter().chain(&found);
                if told.all(|told| told.place() != problem.place()) {
                    let tells = |(axis, node): &Assigned<'_>| {
                        [axis.at, node.place].map(Some).contains(&problem.place())
                    };
                    let is_told = assigned.iter().any(tells);
                    let note = || note(protocol, &assigned);
                    found.push(if is_told { problem } else { problem.note(note()) });
                }
            }
            let Tried { scenario, resolved, files, .. } = tried;
            cases.push(Case { protocol: protocol.clone(), values, scenario, resolved, files });
        }
        let sweep = Sweep {
            repeat: self.repeat,
            note: self.note,
            protocols: self.protocols,
            axes: self.axes.iter().map(Values::axis).collect(),
            zips: self.dimensions.into_iter().filter(|axes| axes.len() > 1).collect(),
            skips: self.skips.into_iter().map(|skip| skip.json).collect(),
            cases,
        };
        (sweep, found)
    }

    /// All cases that aren't left out, once each: points that differ only in axes of other
    /// protocols are one case.
    fn coordinates(&self) -> Vec<Coordinates> {
        let (mut seen, mut cases) = (BTreeSet::new(), Vec::new());
        for point in 0..self.points() {
            let all = self.values_at(point);
            for (index, name) in self.protocols.iter().enumerate() {
                let is_its = |axis: &Values| axis.protocol().is_none_or(|owner| owner == name);
                let values: Vec<Option<usize>> = (self.axes.iter().zip(&all))
                    .map(|(axis, value)| is_its(axis).then_some(*value))
                    .collect();
                let is_skipped = self.skips.iter().any(|skip| skip.leaves_out(index, &values));
                if !is_skipped && seen.insert((index, values.clone())) {
                    cases.push((index, values));
                }
            }
        }
        cases
    }

    /// The indices of the axes' values at a point; the last dimension varies fastest.
    fn values_at(&self, point: usize) -> Vec<usize> {
        let mut values = vec![0; self.axes.len()];
        let mut left = point;
        for axes in self.dimensions.iter().rev() {
            let length = self.axes[axes[0]].nodes.len();
            axes.iter().for_each(|axis| values[*axis] = left % length);
            left /= length;
        }
        values
    }
}

/// Says at which case a mistake is met.
fn note(protocol: &str, assigned: &[Assigned<'_>]) -> String {
    let values = assigned.iter().map(|(axis, node)| format!("{} = {}", axis.key, node.json()));
    let all: Vec<String> = std::iter::once(format!("protocol {protocol}")).chain(values).collect();
    format!("at a point of the sweep: {}", all.join(", "))
}

//! Lists of nodes, short.

use crate::node::NodeId;

/// The numbers of sorted nodes, with runs of them as ranges: `1-4 7 9-12`.
#[must_use]
pub fn ranges(nodes: &[NodeId]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let is_next = |a: &NodeId, b: &NodeId| a.0 + 1 == b.0;
    for run in nodes.chunk_by(is_next) {
        match run {
            [] => {}
            [one] => parts.push(one.0.to_string()),
            [first, .., last] => parts.push(format!("{}-{}", first.0, last.0)),
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_ranges() {
        let shown = |nodes: &[u32]| ranges(&nodes.iter().copied().map(NodeId).collect::<Vec<_>>());
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[5]), "5");
        assert_eq!(shown(&[1, 2, 3, 4, 7, 9, 10]), "1-4 7 9-10");
    }
}

//! The scenarios that are shipped, and the reference in `docs/scenario.md`.

use clippee_sim::scenario::{Key, LoadOptions, ProtocolConfig, load, load_str, reference, to_toml};
use std::fs;
use std::path::{Path, PathBuf};

fn shipped() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = ["scenarios", "scenarios/paper"]
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
}

fn docs() -> String {
    fs::read_to_string("docs/scenario.md").unwrap()
}

#[test]
fn every_shipped_scenario_loads_and_opens_with_its_question() {
    let paths = shipped();
    assert!(paths.len() >= 17, "{paths:?}");
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("# ") && first.ends_with('?'), "{}: {first}", path.display());
        let loaded = load(&path, &LoadOptions::default())
            .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        assert_eq!(Some(loaded.scenario.name.as_str()), path.file_stem().unwrap().to_str());
    }
}

#[test]
fn every_shipped_scenario_comes_back_from_its_resolved_form() {
    for path in shipped() {
        let loaded = load(&path, &LoadOptions::default()).unwrap();
        let text = to_toml(&loaded.resolved);
        let again = load_str(&text, "resolved", Path::new("scenarios"), &LoadOptions::default())
            .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        assert_eq!(again.scenario, loaded.scenario);
        assert_eq!(again.resolved, loaded.resolved);
        assert_eq!(again.sweep, None, "a sweep is no part of a run");
    }
}

#[test]
fn the_hops_scenario_is_that_of_the_published_figures() {
    let loaded = load(Path::new("scenarios/overlay-hops.toml"), &LoadOptions::default()).unwrap();
    let scenario = loaded.scenario;
    let ProtocolConfig::Overlay { overlay, .. } = &scenario.protocols[0] else {
        panic!("{:?}", scenario.protocols);
    };
    assert_eq!((overlay.digit_bits, overlay.leaf_set), (4, 16));
    assert_eq!((scenario.peers.count, scenario.clients.count), (100_000, 0));
    let lookups = f64::from(scenario.peers.count)
        * scenario.workload.rate
        * (scenario.duration.seconds() - scenario.warmup.seconds());
    assert!((lookups - 200_000.0).abs() < 1.0, "{lookups}");
}

#[test]
fn the_example_of_the_reference_loads() {
    let docs = docs();
    let blocks: Vec<&str> =
        docs.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 2, "{}", blocks.len());
    for block in blocks {
        load_str(block, "docs/scenario.md", Path::new("scenarios"), &LoadOptions::default())
            .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
    }
}

/// The name of a key's row: churn is documented once for both roles, laws once for sessions and
/// gaps, targets once for all faults, and what faults of messages share once for all of them.
fn row_name(path: &str) -> String {
    let path = match path.split_once('.') {
        Some(("peers" | "clients", rest)) if rest.starts_with("churn.") => rest,
        _ => path,
    };
    if let Some(fault) = path.strip_prefix("fault.") {
        for whom in [".side.", ".from.", ".targets."] {
            if let Some((_, rest)) = fault.split_once(whom) {
                return format!("TARGETS.{rest}");
            }
        }
        let (kind, key) = fault.split_once('.').unwrap_or((fault, ""));
        let of_messages = ["loss", "duplicate", "corrupt", "clog", "reorder"].contains(&kind);
        if of_messages && ["kinds", "targets", "direction"].contains(&key) {
            return format!("fault.MESSAGES.{key}");
        }
    }
    for law in ["churn.session.", "churn.gap."] {
        if let Some(rest) = path.strip_prefix(law) {
            return format!("LAW.{rest}");
        }
    }
    path.to_owned()
}

/// The first three cells of a key's row.
fn row(key: &Key) -> String {
    let default = match &key.default {
        None => "required".to_owned(),
        Some(default) if is_toml(default) => format!("`{default}`"),
        Some(words) => words.clone(),
    };
    format!("| `{}` | {} | {default} |", row_name(&key.path), key.takes)
}

/// Whether a default is a value rather than words about how it follows from others.
fn is_toml(default: &str) -> bool {
    let first = default.chars().next().unwrap();
    let is_number = default.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number || matches!(first, '"' | '{') || matches!(default, "true" | "false")
}

#[test]
fn the_reference_has_every_key_with_its_range_and_default() {
    let docs = docs();
    let missing: Vec<String> =
        reference().iter().map(row).filter(|row| !docs.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "docs/scenario.md lacks these rows:\n{}", missing.join("\n"));
}

#[test]
fn the_reference_has_no_key_that_is_not_read() {
    let known: Vec<String> = reference().iter().map(|key| row_name(&key.path)).collect();
    let docs = docs();
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let unknown: Vec<&str> = rows.filter(|row| !known.iter().any(|name| name == row)).collect();
    assert!(unknown.is_empty(), "docs/scenario.md has rows for keys that don't exist: {unknown:?}");
}

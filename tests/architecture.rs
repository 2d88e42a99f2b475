//! The house rules that can be read off the source text: knowledge points down only, files stay
//! small, stubs and traps stay out.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, and those that it may know.
const KNOWS: [(&str, &[&str]); 10] = [
    ("node", &[]),
    ("stats", &[]),
    ("sim", &["node"]),
    ("protocol", &["node"]),
    ("observe", &["node"]),
    ("check", &["node", "observe"]),
    ("scenario", &["node", "stats", "sim", "protocol"]),
    ("report", &["node", "observe", "check"]),
    ("experiment", &["node", "stats", "sim", "protocol", "observe", "check", "scenario", "report"]),
    ("cli", &["node", "scenario", "experiment", "report", "observe", "check"]),
];

/// Of these, only config types (plain data) may be named by scenarios.
const PLAIN_DATA: [&str; 10] = [
    "sim::churn",
    "sim::fault",
    "sim::network",
    "sim::population",
    "sim::workload",
    "protocol::client_server",
    "protocol::clippee",
    "protocol::consensus",
    "protocol::overlay",
    "protocol::token_ring",
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                into.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// A source text without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The crate's modules that a source text names, comments left out: `crate::x`, also inside `use
/// crate::{x, y}`.
fn named(text: &str) -> Vec<String> {
    let code = code(text);
    let mut names = Vec::new();
    for (place, _) in code.match_indices("crate::").chain(code.match_indices("clippee_sim::")) {
        let rest = code[place..].split_once("::").map_or("", |(_, rest)| rest);
        let words = |text: &str| {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
                .collect::<String>()
        };
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split('}').next().unwrap_or("");
            names.extend(list.split(',').map(|item| words(item.trim())));
        } else {
            names.push(words(rest));
        }
    }
    names
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "")
}

#[test]
fn knowledge_points_down_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        let Some((_, may)) = KNOWS.iter().find(|(name, _)| *name == module) else { continue };
        for name in named(&text) {
            let first = name.split("::").next().unwrap_or("");
            let known = KNOWS.iter().any(|(module, _)| *module == first);
            if known && first != module && !may.contains(&first) {
                wrong.push(format!("{}: {module} names {first}", path.display()));
            }
            let plain =
                PLAIN_DATA.iter().any(|data| name.starts_with(data) || data.starts_with(&name));
            if module == "scenario" && ["sim", "protocol"].contains(&first) && !plain {
                wrong.push(format!("{}: scenario names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    for (path, _) in sources() {
        let module = module_of(&path);
        let placed = KNOWS.iter().any(|(name, _)| *name == module);
        assert!(placed || ["lib", "main"].contains(&module.as_str()), "{}", path.display());
    }
}

#[test]
fn the_test_itself_sees_a_wrong_arrow() {
    assert_eq!(named("use crate::sim::Plan;"), ["sim::Plan"]);
    assert_eq!(named("use crate::{check, node::Time};"), ["check", "node::Time"]);
    assert!(named("// crate::sim").is_empty());
}

#[test]
fn files_stay_small() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(
            lines <= 600,
            "{} has {lines} lines; which idea wants to leave it?",
            path.display()
        );
        for (number, line) in text.lines().enumerate() {
            let width = line.chars().count();
            assert!(width <= 130, "{}:{} is {width} wide", path.display(), number + 1);
        }
    }
}

#[test]
fn stubs_and_traps_stay_out() {
    let traps = [
        "todo!(",
        "unimplemented!(",
        "rand_distr",
        "thread_rng",
        "SystemTime::now",
        "std::thread::sleep",
    ];
    for (path, text) in sources() {
        let code = code(&text);
        for trap in traps {
            // The one place that may know the date: `timing.json`, which no result depends on.
            let timing = path.ends_with("experiment/store/timing.rs");
            if timing && trap == "SystemTime::now" {
                continue;
            }
            assert!(!code.contains(trap), "{} contains {trap}", path.display());
        }
    }
}

/// A panic in the program is a bug with a reason, told by `expect`; tests may unwrap.
#[test]
fn only_tests_unwrap() {
    for (path, text) in sources() {
        let testing = |part: &str| path.components().any(|c| c.as_os_str() == part);
        if testing("tests.rs") || testing("tests") || testing("script.rs") || testing("harness.rs")
        {
            continue;
        }
        let program = code(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(""));
        assert!(!program.contains(".unwrap()"), "{} unwraps", path.display());
    }
}

//! Runs that once broke a rule, reduced: `tests/regressions/*.toml`. Those whose second line says
//! `# open` still do, which `docs/testing.md` tells about; when one is mended, the line must go.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use clippee_sim::experiment::explore::{judge, schedule};
use clippee_sim::scenario::{LoadOptions, load};
use std::fs;
use std::sync::atomic::AtomicBool;

#[test]
fn what_was_mended_stays_mended() {
    let mut wrong = Vec::new();
    let mut paths: Vec<_> =
        fs::read_dir("tests/regressions").unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        let loaded = load(path, &LoadOptions::default())
            .unwrap_or_else(|invalid| panic!("{}", invalid.render(100, false)));
        let check = schedule::expected(&text).unwrap_or_else(|| panic!("{}", path.display()));
        let is_open = text.lines().nth(1) == Some("# open");
        let judged = judge(&loaded.scenario, &AtomicBool::new(false)).unwrap();
        if is_open != judged.breaks(check) || (!is_open && !judged.failures.is_empty()) {
            wrong.push(format!("{}: {:?}", path.display(), judged.failures));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

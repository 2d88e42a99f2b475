//! Stories of the protocol, pinned word for word. Each file of `tests/transcripts` is a script, a
//! line of dashes, and what the nodes say when it is played.
//!
//! `BLESS=1 cargo test --test transcripts` writes what they say now; read the difference before you
//! commit it.

mod stage;

use stage::{Script, play};
use std::fs;
use std::path::{Path, PathBuf};

const RULE: &str = "----\n";

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it is read").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_story_is_told_as_it_was() {
    let mut changed = Vec::new();
    for path in stories() {
        let text = fs::read_to_string(&path).expect("it is read");
        let (script, pinned) = text.split_once(RULE).unwrap_or((&text, ""));
        let told = play(Script::parse(script));
        if told == pinned {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, format!("{script}{RULE}{told}")).expect("it is written");
        } else {
            let differing = told.lines().zip(pinned.lines()).find(|(now, then)| now != then);
            changed.push(format!("{}: {differing:?}", path.display()));
        }
    }
    assert!(changed.is_empty(), "first differences (now, then):\n{}", changed.join("\n"));
}

#[test]
fn a_story_is_the_same_each_time() {
    for path in stories() {
        let text = fs::read_to_string(&path).expect("it is read");
        let script = text.split_once(RULE).map_or(&*text, |(script, _)| script);
        assert_eq!(play(Script::parse(script)), play(Script::parse(script)));
    }
}

//! The page on results is held against the files that it is about: its tables are made from the
//! verdicts (`BLESS=1` writes them anew), and its figures exist.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/results.md";
const BEGIN: &str = "<!-- verdicts of ";
const END: &str = "<!-- end -->";

/// The table of an experiment's claims, as its verdicts say.
fn table(name: &str) -> String {
    let path = format!("results/paper/{name}/sweep/verdict.json");
    let verdict: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut text = String::from("| | claim | verdict | because |\n|---|---|---|---|\n");
    for claim in verdict["claims"].as_array().unwrap() {
        let of = |key: &str| claim[key].as_str().unwrap().replace('|', "\\|");
        let (id, claimed) = (of("id"), of("text"));
        let because = of("because").replace("protocol.clippee.", "");
        writeln!(text, "| {id} | {claimed} | **{}** | {because} |", of("verdict")).unwrap();
    }
    text
}

/// The page with all its tables made anew, and the experiments that have one.
fn made_anew(page: &str) -> (String, Vec<String>) {
    let (mut out, mut names, mut rest) = (String::new(), Vec::new(), page);
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->\n").expect("a name and the end of the comment");
        let (_, after) = after.split_once(END).expect("an end after each beginning");
        write!(out, "{before}{BEGIN}{name} -->\n{}{END}", table(name)).unwrap();
        names.push(name.to_owned());
        rest = after;
    }
    out.push_str(rest);
    (out, names)
}

/// The experiments whose results are published.
fn published() -> Vec<String> {
    let is_there =
        |name: &String| Path::new(&format!("results/paper/{name}/sweep/verdict.json")).exists();
    let found: Vec<String> = (1..=9).map(|number| format!("e{number}")).filter(is_there).collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn tables_say_what_the_verdicts_do() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (made, names) = made_anew(&page);
    assert_eq!(names, published(), "each published experiment has its table");
    for number in 1..=9 {
        let scenario = format!("scenarios/paper/e{number}.toml");
        assert!(page.contains(&scenario), "{scenario} has its section");
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(PAGE, made).unwrap();
    } else {
        assert_eq!(page, made, "run BLESS=1 cargo test --test results");
    }
}

#[test]
fn all_figures_are_shown_and_exist() {
    let page = fs::read_to_string(PAGE).unwrap();
    let shown: Vec<&str> =
        page.split("](../").skip(1).filter_map(|it| it.split(')').next()).collect();
    for file in &shown {
        assert!(Path::new(file).exists(), "{file}");
    }
    for name in published() {
        let folder = format!("results/paper/{name}/sweep/figures");
        for entry in fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let is_shown = shown.contains(&&*format!("{folder}/{file}"));
            assert!(is_shown || !file.ends_with(".svg"), "{folder}/{file} isn't shown");
        }
    }
}

/// Verdicts are of the scenarios that stand in the repository: the same claims, in their order.
#[test]
fn published_claims_are_those_of_the_scenarios() {
    for name in published() {
        let text = fs::read_to_string(format!("scenarios/paper/{name}.toml")).unwrap();
        let verdict = format!("results/paper/{name}/sweep/verdict.json");
        let verdict: Value = serde_json::from_str(&fs::read_to_string(verdict).unwrap()).unwrap();
        let published = verdict["claims"].as_array().unwrap().iter();
        let published: Vec<_> = published.map(|it| it["text"].as_str().unwrap()).collect();
        let lines = text.lines().filter_map(|line| line.strip_prefix("text = "));
        let written: Vec<_> = lines.map(|line| line.trim_matches('"')).collect();
        assert_eq!(published, written, "{name}: run scripts/reproduce.sh {name}");
        assert_eq!(verdict["note"], Value::Null, "{name}: a quick run is no publication");
    }
}

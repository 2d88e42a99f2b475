//! What a sweep asks for: cases times seeds, in a fixed order.

use crate::scenario::{Case, Loaded, Scenario, Sweep, setting};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

/// All runs of a sweep.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The scenario as it is without the sweep.
    pub loaded: Loaded,
    /// The sweep.
    pub sweep: Sweep,
    /// The seeds of each case.
    pub seeds: RangeInclusive<u64>,
    /// The runs: by case, then by seed. This is the order of every result.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its case, by index.
    pub case: usize,
    /// Its seed.
    pub seed: u64,
    /// 32 hexadecimal digits that stand for all that decides the result: protocol, scenario, seed,
    /// data files and version. Equal keys, equal runs.
    pub key: String,
}

/// What was typed to sweep: what a command that repeats one run begins with.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The scenario's file.
    pub file: PathBuf,
    /// The settings.
    pub set: Vec<String>,
}

/// Seeds as typed, `1..10`: both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub RangeInclusive<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST: u64 = 10_000;
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok());
        let ends = text.split_once("..").and_then(|(a, b)| Some((number(a)?, number(b)?)));
        let (first, last) = ends.ok_or("expected two whole numbers, such as 1..10")?;
        if first > last {
            return Err(format!("expected {last}..{first}"));
        }
        if last - first >= MOST {
            return Err(format!("expected at most {MOST} seeds"));
        }
        Ok(Self(first..=last))
    }
}

impl Grid {
    /// The grid of a scenario's sweep, with its own seeds or others.
    #[must_use]
    pub fn new(loaded: Loaded, sweep: Sweep, seeds: Option<Seeds>) -> Self {
        let first = loaded.scenario.seed;
        let own = || first..=first + u64::from(sweep.repeat) - 1;
        let seeds = seeds.map_or_else(own, |seeds| seeds.0);
        let mut runs = Vec::new();
        for (case, content) in sweep.cases.iter().enumerate() {
            let identity = identity(content);
            let run = |seed| Run { case, seed, key: hex(&[&identity, &u64::to_le_bytes(seed)]) };
            runs.extend(seeds.clone().map(run));
        }
        Self { loaded, sweep, seeds, runs }
    }

    /// The case of a run.
    #[must_use]
    pub fn case(&self, run: &Run) -> &Case {
        &self.sweep.cases[run.case]
    }

    /// The scenario of a run.
    #[must_use]
    pub fn scenario(&self, run: &Run) -> Scenario {
        Scenario { seed: run.seed, ..self.case(run).scenario.clone() }
    }

    /// The axes that a case has, with its values.
    pub fn point<'g>(&'g self, case: &'g Case) -> impl Iterator<Item = (&'g str, &'g Value)> {
        let axes = self.sweep.axes.iter().zip(&case.values);
        axes.filter_map(|(axis, value)| Some((&*axis.key, &axis.values[(*value)?].written)))
    }

    /// The command that repeats a run alone.
    #[must_use]
    pub fn command(&self, run: &Run, origin: &Origin) -> String {
        let case = self.case(run);
        let mut text = format!("clippee-sim run {}", quoted(&origin.file.to_string_lossy()));
        for set in origin.set.iter().filter(|set| !set.trim_start().starts_with("sweep.")) {
            let _ = write!(text, " --set {}", quoted(set));
        }
        let _ = write!(text, " --protocol {} --seed {}", case.protocol, run.seed);
        for (key, value) in self.point(case) {
            let _ = write!(text, " --set {}", quoted(&setting(key, &found(case, origin, value))));
        }
        text
    }
}

/// A value with its data files as they are found from the working directory: the paths of a
/// scenario start at its file, those of `--set` don't.
fn found(case: &Case, origin: &Origin, value: &Value) -> Value {
    match value {
        Value::String(text) if case.files.iter().any(|file| file.path == *text) => {
            let folder = origin.file.parent().unwrap_or_else(|| "".as_ref());
            Value::from(folder.join(text).to_string_lossy())
        }
        Value::Array(items) => items.iter().map(|item| found(case, origin, item)).collect(),
        Value::Object(keys) => {
            keys.iter().map(|(key, value)| (key.clone(), found(case, origin, value))).collect()
        }
        other => other.clone(),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:%+,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Stands for all that decides what runs of a case do, but for the seed. What doesn't: the name,
/// and the parameters of protocols that don't run.
fn identity(case: &Case) -> [u8; 32] {
    let mut resolved = case.resolved.clone();
    if let Value::Object(keys) = &mut resolved {
        keys.shift_remove("name");
        keys.shift_remove("seed");
        keys["protocol"] = json!({ &case.protocol: case.resolved["protocol"][&case.protocol] });
    }
    let files: BTreeMap<&str, &str> =
        case.files.iter().map(|file| (&*file.path, &*file.sha256)).collect();
    let content = json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "files": files,
        "resolved": resolved,
    });
    Sha256::digest(content.to_string()).into()
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

//! From a file and a command line to a validated scenario.

use super::data::{FileUsed, Files};
use super::error::{Invalid, Problem};
use super::read::{self, Assigned, Conclusions, Draft, Sweep, Tried, Whole};
use super::reader::{Session, Table};
use super::set::{Choices, dotted, parse};
use super::source::{Place, Source};
use super::study::{Claim, Figure};
use super::suggest::{either, nearest};
use super::tree::{self, Entry, Node, Value};
use super::types::Scenario;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the command line adds to a scenario file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Settings, each `KEY=VALUE`; later ones win. Relative paths in them start at the working
    /// directory.
    pub set: Vec<String>,
    /// Replaces `seed`.
    pub seed: Option<u64>,
    /// The protocol to run: its table comes first.
    pub protocol: Option<String>,
}

/// A scenario, and what a manifest must say about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// The whole scenario with all defaults, in the scenario's own syntax and order;
    /// [`super::to_toml`] makes it a file again. Without `[sweep]`.
    pub resolved: Json,
    /// The data files that it uses.
    pub files: Vec<FileUsed>,
    /// `[sweep]`, validated.
    pub sweep: Option<Sweep>,
    /// What is to be concluded from the sweep, as written: `claim` and `figure`, if they are there.
    pub conclusions: Json,
    /// What is claimed of the sweep, validated.
    pub claims: Vec<Claim>,
    /// What is drawn of it, validated.
    pub figures: Vec<Figure>,
}

/// Loads the scenario in the file `path`.
///
/// # Errors
/// All mistakes at once: of the file, of the options, of data files. Mistakes of TOML's syntax hide
/// others.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, Invalid> {
    let name = path.display().to_string();
    let unreadable = |what: String, help: Option<String>| {
        let message = format!("can't read the scenario \"{name}\": {what}");
        Invalid::new(&name, vec![Problem::new(message).help(help)])
    };
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unreadable("no such file".into(), similar(path)),
        _ => unreadable(error.to_string(), None),
    })?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it isn't UTF-8".into(), None))?;
    load_str(&text, &name, path.parent().unwrap_or(Path::new("")), options)
}

/// Loads the scenario in the file `path` for its sweep.
///
/// # Errors
/// As [`load`], and if it has no `[sweep]`.
pub fn load_sweep(path: &Path, options: &LoadOptions) -> Result<(Loaded, Sweep), Invalid> {
    let mut loaded = load(path, options)?;
    let Some(sweep) = loaded.sweep.take() else {
        let name = path.display().to_string();
        let problem = Problem::new(format!("the scenario \"{name}\" has no table `[sweep]`"));
        let help = "add one, at least `repeat = 10`, or `run` it instead".to_owned();
        return Err(Invalid::new(&name, vec![problem.help(help)]));
    };
    Ok((loaded, sweep))
}

/// Loads a scenario from `text`; errors call it `name`, and relative paths in it start at `base`.
///
/// # Errors
/// As [`load`].
pub fn load_str(
    text: &str,
    name: &str,
    base: &Path,
    options: &LoadOptions,
) -> Result<Loaded, Invalid> {
    let mut loading = Loading::new(Source::new(name, text, base));
    let mut entries = match tree::document(text, 0) {
        Ok(entries) => entries,
        Err(errors) => {
            for (message, span) in errors {
                let place = Place { source: 0, start: span.start, end: span.end };
                loading.tell(place, message, "here");
            }
            return Err(Invalid::new(name, loading.problems));
        }
    };
    let choices = Choices::new();
    loading.merge(&mut entries, options, &choices);
    loading.choose_protocol(&mut entries, options);
    let (whole, resolved) = loading.read(&entries);
    let said: Vec<Entry> = (entries.iter())
        .filter(|entry| read::CONCLUSIONS.contains(&&*entry.key))
        .cloned()
        .collect();
    let conclusions = said.iter().map(|entry| (entry.key.clone(), entry.node.json()));
    let conclusions = Json::Object(conclusions.collect());
    let files = loading.files.take_used();
    let Whole { scenario, sweep } = whole;
    let sweep = sweep.map(|draft| loading.try_out(draft, entries, &choices));
    let Conclusions { claims, figures } = loading.conclude(&said, sweep.as_ref());
    if !loading.problems.is_empty() {
        return Err(Invalid::new(name, loading.problems));
    }
    Ok(Loaded { scenario, resolved, files, sweep, conclusions, claims, figures })
}

/// Sources, data files and mistakes of one scenario on its way.
struct Loading {
    sources: Vec<Arc<Source>>,
    files: Files,
    problems: Vec<Problem>,
}

impl Loading {
    fn new(source: Source) -> Self {
        let sources = vec![Arc::new(source)];
        Self { sources, files: Files::default(), problems: Vec::new() }
    }

    fn tell(&mut self, place: Place, message: impl Into<String>, label: &str) {
        self.problems.push(Problem::new(message).at(place, &self.sources, label));
    }

    fn add(&mut self, name: &str, text: &str) -> (usize, Place) {
        self.sources.push(Arc::new(Source::new(name, text, PathBuf::new())));
        let source = self.sources.len() - 1;
        (source, Place { source, start: 0, end: text.len() })
    }

    /// Merges what the command line sets.
    fn merge(&mut self, entries: &mut Vec<Entry>, options: &LoadOptions, choices: &Choices) {
        for text in &options.set {
            let (source, all) = self.add("--set", text);
            match parse(text, source) {
                Ok(setting) => choices.assign(entries, &setting.path, &setting.node),
                Err(what) => {
                    self.tell(all, format!("the setting {what}"), "expected KEY=VALUE");
                }
            }
        }
        if let Some(seed) = options.seed {
            let (_, all) = self.add("--seed", &seed.to_string());
            let node = Node { place: all, value: Value::Integer(i128::from(seed)) };
            choices.assign(entries, &dotted("seed", all), &node);
        }
    }

    /// Moves the table of the protocol asked for to the front.
    fn choose_protocol(&mut self, entries: &mut [Entry], options: &LoadOptions) {
        let Some(name) = &options.protocol else { return };
        let (_, all) = self.add("--protocol", name);
        if bring_forward(entries, name) {
            return;
        }
        let Some(tables) = protocols(entries) else { return };
        let present = || tables.iter().map(|table| table.key.as_str());
        let label = format!("expected {}", either(present(), '`'));
        let help = nearest(name, present()).map(|meant| format!("did you mean `{meant}`?"));
        let problem = Problem::new(format!("the scenario has no table `[protocol.{name}]`"));
        self.problems.push(problem.help(help).at(all, &self.sources, &label));
    }

    /// Reads the scenario at every case of a sweep.
    fn try_out(&mut self, draft: Draft, mut entries: Vec<Entry>, choices: &Choices) -> Sweep {
        // Its own mistakes have been told.
        entries.retain(|entry| entry.key != "sweep");
        let known = std::mem::take(&mut self.problems);
        let place = draft.place;
        let (sweep, found) = draft.finish(&known, |protocol, assigned: &[Assigned<'_>]| {
            let mut entries = entries.clone();
            bring_forward(&mut entries, protocol);
            for (axis, node) in assigned {
                choices.assign(&mut entries, &dotted(&axis.key, axis.at), node);
            }
            let (Whole { scenario, .. }, resolved) = self.read(&entries);
            let (files, problems) = (self.files.take_used(), std::mem::take(&mut self.problems));
            Tried { scenario, resolved, files, problems }
        });
        self.problems = known;
        self.problems.extend(found);
        if sweep.cases.is_empty() && self.problems.is_empty() {
            self.tell(place, "every point of the sweep is left out", "expected at least one");
        }
        sweep
    }

    /// Reads what is to be concluded from a sweep.
    fn conclude(&mut self, said: &[Entry], sweep: Option<&Sweep>) -> Conclusions {
        let mut session = Session::new(&self.sources, &mut self.files);
        let top = Place { source: 0, start: 0, end: 0 };
        let mut table = Table::new(String::new(), top, said);
        let conclusions = read::conclusions(&mut table, &mut session, sweep);
        self.problems.extend(session.into_problems());
        conclusions
    }

    fn read(&mut self, entries: &[Entry]) -> (Whole, Json) {
        let mut session = Session::new(&self.sources, &mut self.files);
        let top = Place { source: 0, start: 0, end: 0 };
        let mut table = Table::new(String::new(), top, entries);
        let whole = read::scenario(&mut table, &mut session);
        let resolved = table.close(&mut session);
        self.problems.extend(session.into_problems());
        (whole, resolved)
    }
}

/// The tables of protocols.
fn protocols(entries: &mut [Entry]) -> Option<&mut Vec<Entry>> {
    let entry = entries.iter_mut().find(|entry| entry.key == "protocol")?;
    match &mut entry.node.value {
        Value::Table(tables) => Some(tables),
        _ => None,
    }
}

/// Puts the table of a protocol first, if there is one.
fn bring_forward(entries: &mut [Entry], name: &str) -> bool {
    let Some(tables) = protocols(entries) else { return false };
    let Some(index) = tables.iter().position(|table| table.key == name) else { return false };
    tables[..=index].rotate_right(1);
    true
}

/// The file in the same folder whose name is most like the one that isn't there.
fn similar(path: &Path) -> Option<String> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let wanted = path.file_name()?.to_str()?;
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let meant = nearest(wanted, names.iter().map(String::as_str))?;
    Some(format!("did you mean \"{}\"?", path.with_file_name(meant).display()))
}

//! `clippee-sim diff A B`

use super::exit::{Exit, Failure};
use super::given;
use super::progress::Display;
use crate::experiment::store::Stopwatch;
use crate::experiment::{self, Parting, Seen};
use crate::observe::trace::Input;
use crate::scenario::LoadOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const EXAMPLES: &str = "\
Examples:
  clippee-sim diff results/churn/seed-1 scenarios/churn.toml
  clippee-sim diff scenarios/smoke.toml --set-b seed=2
  clippee-sim diff scenarios/smoke.toml --set-b protocol.clippee.backoff=50ms

Both are run several times, each time no further than needed; nothing is written. Exit code 4 says
that they differ.";

/// What `diff` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The first run: a scenario, or a result (OUT/NAME/seed-SEED)
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The second run; the first one again, if left out
    #[arg(value_name = "B")]
    second: Option<PathBuf>,
    /// The seed of both
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a key of both; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Set a key of the second run only, after all others; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set_b: Vec<String>,
    /// Which protocol to run, where a scenario has several; the first one otherwise
    #[arg(long, value_name = "NAME")]
    protocol: Option<String>,
    /// The protocol of the second run, if it is another one
    #[arg(long, value_name = "NAME")]
    protocol_b: Option<String>,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// Loads both, compares, tells.
pub fn execute(arguments: &Arguments, stop: &Arc<AtomicBool>) -> Result<Exit, Failure> {
    let (set, protocol) = (arguments.set.clone(), arguments.protocol.clone());
    let first = LoadOptions { set, seed: arguments.seed, protocol };
    let mut second = first.clone();
    // A seed counts after all settings: as one of them, it can be replaced.
    second.set.extend(second.seed.take().map(|seed| format!("seed={seed}")));
    second.set.extend(arguments.set_b.iter().cloned());
    second.protocol = arguments.protocol_b.clone().or(second.protocol);
    let of_second = arguments.second.as_ref().unwrap_or(&arguments.first);
    let first = given::open(&arguments.first, &first)?.loaded.scenario;
    let second = given::open(of_second, &second)?.loaded.scenario;

    let stopwatch = Stopwatch::start();
    let mut display = Display::new("diff", arguments.quiet);
    let compared = experiment::diff(&first, &second, stop, &mut |progress| {
        display.show(stopwatch.seconds(), progress);
    });
    display.finish();
    let compared = compared.ok_or(Failure::Interrupted)?;
    let mut out = io::stdout().lock();
    if let Some(parting) = &compared.parting {
        tell(&mut out, parting)?;
        out.flush()?;
        return Ok(Exit::DigestDiffers);
    }
    if let Some(end) = compared.same {
        writeln!(out, "the same to the end: digest {}, {} events", end.digest, end.steps)?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn tell(out: &mut impl Write, parting: &Parting) -> io::Result<()> {
    let [first, second] = &parting.sides;
    writeln!(out, "the first {} steps are the same; then", parting.same_steps)?;
    for (name, side) in [("A", first), ("B", second)] {
        writeln!(out)?;
        match side.split_first() {
            None => writeln!(out, "{name}  ends")?,
            Some((step, causes)) => {
                step_line(out, &format!("{name}  "), step)?;
                for cause in causes {
                    step_line(out, "   caused by  ", cause)?;
                }
            }
        }
    }
    if let (Some(one), Some(other)) = (first.first(), second.first())
        && (one.at, one.node) != (other.at, other.node)
    {
        let (has, lacks) =
            if (one.at, one.node) < (other.at, other.node) { ("A", "B") } else { ("B", "A") };
        writeln!(
            out,
            "\n{lacks} has no step such as that of {has} there: what is shown comes later"
        )?;
    }
    Ok(())
}

fn step_line(out: &mut impl Write, before: &str, step: &Seen) -> io::Result<()> {
    let (at, node, number) = (step.at, step.node, step.number);
    writeln!(out, "{before}{at}  {node} step {number}: {}", happened(&step.input))?;
    if let Some(content) = content(&step.input) {
        writeln!(out, "      {content}")?;
    }
    Ok(())
}

fn happened(input: &Input) -> String {
    match input {
        Input::Boot => "boot".to_owned(),
        Input::Message { from, kind, bytes, .. } => format!("{kind} from n{from}, {bytes} bytes"),
        Input::Timer { .. } => "timer".to_owned(),
        Input::Operation { id, kind, .. } => format!("the workload asks for {kind} {id}"),
        Input::Leave => "leave".to_owned(),
        Input::Stop { crash: true } => "crash".to_owned(),
        Input::Stop { crash: false } => "stop".to_owned(),
    }
}

const fn content(input: &Input) -> Option<&String> {
    match input {
        Input::Message { content, .. }
        | Input::Timer { content }
        | Input::Operation { content, .. } => Some(content),
        Input::Boot | Input::Leave | Input::Stop { .. } => None,
    }
}

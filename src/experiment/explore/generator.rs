//! From a seed to a scenario.

use super::draw::{self, Cast};
use super::draw_faults::plan;
use crate::experiment::registry::{Task, with_plan};
use crate::node::{Key, MessageKind, Protocol, Span};
use crate::observe::consistency::Census;
use crate::scenario::{Invalid, LoadOptions, Loaded, Scenario, load_str, to_toml};
use crate::sim::Plan;
use crate::sim::churn::Churn;
use crate::sim::network::Latency;
use crate::sim::population::Population;
use serde_json::Value as Json;
use std::path::PathBuf;

/// The lane of what is drawn of a scenario.
const SCENARIO: u32 = u32::from_be_bytes(*b"swrm");
/// The lane of its faults, so that they are the same for each base.
const FAULTS: u32 = u32::from_be_bytes(*b"plan");
/// The longest that messages are held back where nothing says how long an operation may take, in
/// milliseconds.
const DELAY: u64 = 12_000;

/// Draws scenarios, each a function of its seed.
#[derive(Clone, Debug)]
pub struct Generator {
    base: Option<Base>,
    set: Vec<String>,
}

#[derive(Clone, Debug)]
struct Base {
    resolved: Json,
    /// Where relative paths start.
    folder: PathBuf,
    cast: Cast,
    messages: &'static [&'static str],
}

impl Generator {
    /// Draws whole scenarios of Clippee. `set`: what is set in each of them, as by `--set`.
    #[must_use]
    pub fn new(set: Vec<String>) -> Self {
        Self { base: None, set }
    }

    /// Draws nothing but the faults of `base`, whose relative paths start at `folder`. What faults
    /// it has are replaced.
    #[must_use]
    pub fn of(base: &Loaded, folder: PathBuf) -> Self {
        let scenario = &base.scenario;
        let (cast, messages) = with_plan(scenario, Known);
        let places = matches!(
            scenario.network.latency,
            Latency::Euclid { .. } | Latency::Planetlab | Latency::Matrix(_)
        );
        let milliseconds = |span: Span| span.nanos() / 1_000_000;
        let cast = Cast { places, duration: milliseconds(scenario.duration).max(501), ..cast };
        let base = Base { resolved: base.resolved.clone(), folder, cast, messages };
        Self { base: Some(base), set: Vec::new() }
    }

    /// The scenario of `seed`.
    ///
    /// # Errors
    /// If what is set doesn't go with what was drawn.
    pub fn draw(&self, seed: u64) -> Result<Loaded, Invalid> {
        let key = Key::from_word(seed);
        let mut stream = key.lane(0, 0, FAULTS);
        let (mut scenario, faults) = match &self.base {
            Some(base) => {
                let mut scenario = base.resolved.clone();
                scenario["seed"] = seed.into();
                (scenario, plan(&mut stream, &base.cast, base.messages))
            }
            None => {
                let (scenario, cast) = draw::scenario(seed, &mut key.lane(0, 0, SCENARIO));
                (scenario, plan(&mut stream, &cast, MESSAGES))
            }
        };
        if let Json::Object(keys) = &mut scenario {
            keys.shift_remove("fault");
            keys.insert("fault".into(), faults.into());
        }
        let options = LoadOptions { set: self.set.clone(), ..LoadOptions::default() };
        let folder = self.base.as_ref().map(|base| base.folder.clone()).unwrap_or_default();
        load_str(&to_toml(&scenario), &format!("seed {seed}"), &folder, &options)
    }

    /// Where relative paths of its scenarios start.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.base.as_ref().map(|base| base.folder.clone()).unwrap_or_default()
    }
}

/// How many peers and clients a scenario has, those away included.
pub(super) fn identities(scenario: &Scenario) -> (u32, u32) {
    let of = |people: &Population| Churn::identities(&people.churn, people.count);
    (of(&scenario.peers), of(&scenario.clients))
}

/// The messages of Clippee.
const MESSAGES: &[&str] =
    <<crate::protocol::clippee::Clippee as Protocol>::Message as MessageKind>::KINDS;

/// What faults must know of a scenario.
struct Known;

impl Task for Known {
    type Output = (Cast, &'static [&'static str]);

    fn perform<P: Protocol>(self, plan: Plan<P>, census: &Census) -> Self::Output {
        let operation_timeout = census.operation_timeout;
        let cast = Cast {
            peers: plan.peers.identities.into(),
            clients: plan.clients.identities.into(),
            objects: census.objects() as u64,
            places: false,
            duration: 0,
            calm: false,
            delay: match operation_timeout {
                Span::NEVER => DELAY,
                span => (span.nanos() / 1_000_000 * 4 / 5).clamp(1, 60_000),
            },
        };
        (cast, P::Message::KINDS)
    }
}

//! A schedule on its way, and what can be left out of it at once.

use super::Shrinking;
use crate::experiment::explore::judge::judge;
use crate::experiment::explore::schedule::{Schedule, time, with_operations};
use crate::node::{Span, Time};
use crate::scenario::{LoadOptions, Loaded, load_str, span, to_toml};
use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// Seeds that a smaller scenario is tried with.
const CHANCES: u64 = 32;

/// A schedule on its way.
pub(super) struct Shrinker<'a> {
    pub schedule: &'a mut Schedule,
    /// Runs that it may still take.
    pub left: u32,
    /// Runs that it might take at the start.
    pub most: u32,
    pub stop: &'a AtomicBool,
    pub tell: &'a mut dyn FnMut(Shrinking),
}

impl Shrinker<'_> {
    pub fn is_over(&self) -> bool {
        self.left == 0 || self.stop.load(Ordering::Relaxed)
    }

    /// Runs a candidate, and takes it if it breaks the same check; whether it does.
    fn accept(&mut self, candidate: Json) -> bool {
        if self.is_over() || candidate == self.schedule.scenario {
            return false;
        }
        self.left -= 1;
        let better = self.schedule.try_instead(candidate, self.stop);
        if better {
            let scenario = &self.schedule.scenario;
            (self.tell)(Shrinking {
                runs: self.most - self.left,
                faults: list(scenario, "fault").len(),
                operations: list(scenario, "operation").len(),
                nodes: count(scenario, "peers") + count(scenario, "clients"),
            });
        }
        better
    }

    /// Changes the scenario, and keeps the change if it breaks the same check; whether it does.
    pub fn change(&mut self, change: impl FnOnce(&mut Json)) -> bool {
        let mut candidate = self.schedule.scenario.clone();
        change(&mut candidate);
        self.accept(candidate)
    }

    /// As [`Self::change`], under other seeds if need be: with fewer nodes everything is placed and
    /// drawn anew, so that what is left may break the check only by another chance.
    pub fn change_by_chance(&mut self, change: impl Fn(&mut Json)) -> bool {
        let seed = self.schedule.scenario["seed"].as_u64().unwrap_or(0);
        (0..CHANCES).any(|chance| {
            self.change(|scenario| {
                change(scenario);
                scenario["seed"] = (seed ^ chance).into();
            })
        })
    }

    fn load(&self) -> Option<Loaded> {
        let (text, folder) = (to_toml(&self.schedule.scenario), &self.schedule.folder);
        load_str(&text, "schedule", folder, &LoadOptions::default()).ok()
    }

    /// Operations that are drawn can't be left out one by one.
    pub fn make_explicit(&mut self) {
        let Some(loaded) = self.load().filter(|loaded| loaded.scenario.drawn) else { return };
        if let Some(judged) = judge(&loaded.scenario, self.stop) {
            let told = with_operations(&self.schedule.scenario, &judged.issued, &loaded);
            self.accept(told);
        }
    }

    /// What comes after the violation doesn't matter, where that isn't known at the end only.
    pub fn end_early(&mut self) {
        if let Some(at) = self.schedule.failure.at
            && !self.schedule.failure.check.starts_with('C')
        {
            for grace in [1, 2_000, 20_000] {
                if self.end_at(at + Span::from_millis(grace)) {
                    break;
                }
            }
        }
        let end = duration(&self.schedule.scenario);
        for share in [2, 4, 8] {
            let end = Time::ZERO + Span::from_nanos(end.nanos() - end.nanos() / share);
            if self.end_at(end) {
                break;
            }
        }
    }

    /// Lets the run end there, in whole milliseconds; whether that breaks the same check.
    fn end_at(&mut self, end: Time) -> bool {
        let nanos = end.nanos().div_ceil(1_000_000) * 1_000_000;
        let end = Span::from_nanos(nanos);
        let workload = end.min(duration(&self.schedule.scenario));
        let is_online = !self.schedule.failure.check.starts_with('C');
        let earlier = |scenario: &mut Json| {
            scenario["duration"] = time(workload);
            scenario["warmup"] = "0s".into();
            for name in ["fault", "operation", "event"] {
                let kept = list(scenario, name).iter().filter(|item| at(item) < workload);
                let kept: Vec<Json> = kept.cloned().collect();
                put_list(scenario, name, kept);
            }
        };
        let at_once = |scenario: &mut Json| {
            earlier(scenario);
            scenario["drain"] = time(Span::from_nanos(nanos.saturating_sub(workload.nanos())));
        };
        (is_online && self.change(at_once)) || self.change(earlier)
    }

    /// Faults that last for less are easier to follow.
    pub fn shorten_faults(&mut self) {
        for place in 0..list(&self.schedule.scenario, "fault").len() {
            for _ in 0..4 {
                let half = |scenario: &mut Json| {
                    let lasts = &mut scenario["fault"][place]["for"];
                    if let Some(long) = lasts.as_str().and_then(|text| span(text).ok()) {
                        *lasts = time(Span::from_millis(long.nanos() / 2_000_000));
                    }
                };
                if !self.change(half) {
                    break;
                }
            }
        }
    }

    /// What needn't be there beside faults and operations: churn, losses, jitter, odd parameters.
    pub fn calm(&mut self) {
        for people in ["peers", "clients"] {
            self.change(|scenario| scenario[people]["churn"] = "none".into());
        }
        for name in ["loss", "duplicate", "jitter"] {
            self.change(|scenario| scenario["network"][name] = "0%".into());
        }
        for name in ["uplink", "downlink"] {
            self.change(|scenario| scenario["network"][name] = "unlimited".into());
        }
        self.change(|scenario| scenario["network"]["latency"] = json!({ "constant": "50ms" }));
        let groups = |operation: &Json| {
            ["join", "leave", "multicast", "members"]
                .iter()
                .any(|kind| operation.get(kind).is_some())
        };
        if !list(&self.schedule.scenario, "operation").iter().any(groups) {
            self.change(|scenario| {
                scenario["workload"]["groups"]["count"] = 0.into();
                if let Json::Object(mix) = &mut scenario["workload"]["mix"] {
                    mix.clear();
                    mix.insert("update".into(), "100%".into());
                }
            });
        }
    }
}

/// A list of the scenario.
pub(super) fn list<'a>(scenario: &'a Json, name: &str) -> &'a [Json] {
    scenario.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// Puts a list into the scenario; an empty one isn't there.
pub(super) fn put_list(scenario: &mut Json, name: &str, items: Vec<Json>) {
    if let Json::Object(keys) = scenario {
        if items.is_empty() {
            keys.shift_remove(name);
        } else {
            keys.insert(name.into(), items.into());
        }
    }
}

/// How many peers or clients are online in the mean.
pub(super) fn count(scenario: &Json, people: &str) -> u64 {
    scenario[people]["count"].as_u64().unwrap_or(0)
}

/// A time of the scenario; one that is no time comes never.
fn at(item: &Json) -> Span {
    item["at"].as_str().and_then(|text| span(text).ok()).unwrap_or(Span::NEVER)
}

fn duration(scenario: &Json) -> Span {
    scenario["duration"].as_str().and_then(|text| span(text).ok()).unwrap_or(Span::NEVER)
}

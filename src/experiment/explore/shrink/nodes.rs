//! Leaves out nodes: clients that ask for nothing, and as many peers as can go.

use super::shrinker::{Shrinker, count, list, put_list};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Leaves out nodes.
pub(super) fn reduce(shrinker: &mut Shrinker<'_>) {
    compact_clients(shrinker);
    // One client after the other, with all that it asks for.
    let mut client = count(&shrinker.schedule.scenario, "clients");
    while client > 0 && !shrinker.is_over() {
        let others = (1..=count(&shrinker.schedule.scenario, "clients")).filter(|it| *it != client);
        let others: BTreeSet<u64> = others.collect();
        if !shrinker.change_by_chance(|scenario| keep_clients(scenario, &others)) {
            hand_over(shrinker, client);
        }
        client -= 1;
    }
    fewer_peers(shrinker);
    fewer_replicas(shrinker);
    fewer_peers(shrinker);
}

/// Another client may ask for what this one does.
fn hand_over(shrinker: &mut Shrinker<'_>, client: u64) {
    let clients = count(&shrinker.schedule.scenario, "clients");
    let others: BTreeSet<u64> = (1..=clients).filter(|it| *it != client).collect();
    let given = |scenario: &mut Json, heir: u64| {
        let operations = list(scenario, "operation").iter().map(|given| {
            let mut given = given.clone();
            if given["client"] == client {
                given["client"] = heir.into();
            }
            given
        });
        let operations = operations.collect();
        put_list(scenario, "operation", operations);
        keep_clients(scenario, &others);
    };
    let _taken = others.iter().any(|&heir| shrinker.change(|scenario| given(scenario, heir)));
}

/// Clients that ask for nothing and are struck by nothing needn't be there.
fn compact_clients(shrinker: &mut Shrinker<'_>) {
    let asking = list(&shrinker.schedule.scenario, "operation").iter();
    let asking: BTreeSet<u64> = asking.filter_map(|given| given["client"].as_u64()).collect();
    shrinker.change(|scenario| keep_clients(scenario, &asking));
}

/// Fewer peers from the last one on: half of what may go, if that doesn't help a quarter, and so on.
fn fewer_peers(shrinker: &mut Shrinker<'_>) {
    let mut step = count(&shrinker.schedule.scenario, "peers") / 2;
    while step > 0 && !shrinker.is_over() {
        let peers = count(&shrinker.schedule.scenario, "peers").saturating_sub(step);
        if !shrinker.change_by_chance(|scenario| keep_peers(scenario, peers)) {
            step /= 2;
        }
    }
}

/// Objects with fewer replicas need fewer peers.
fn fewer_replicas(shrinker: &mut Shrinker<'_>) {
    let replicas = |scenario: &Json| scenario["protocol"]["clippee"]["replicas"].as_u64();
    while let Some(now) = replicas(&shrinker.schedule.scenario).filter(|now| *now > 1) {
        let fewer = |scenario: &mut Json| {
            let clippee = &mut scenario["protocol"]["clippee"];
            clippee["replicas"] = (now - 1).into();
            for quorum in ["lock_quorum", "write_acks", "read_quorum"] {
                if let Some(wanted) = clippee[quorum].as_u64() {
                    clippee[quorum] = wanted.min(now - 1).into();
                }
            }
        };
        if !shrinker.change_by_chance(fewer) {
            break;
        }
    }
}

/// Keeps these clients only, and numbers them anew.
fn keep_clients(scenario: &mut Json, kept: &BTreeSet<u64>) {
    let number = |old: u64| kept.iter().position(|it| *it == old).map(|place| place as u64 + 1);
    let operations = list(scenario, "operation").iter().filter_map(|given| {
        let mut given = given.clone();
        given["client"] = number(given["client"].as_u64()?)?.into();
        Some(given)
    });
    let operations = operations.collect();
    put_list(scenario, "operation", operations);
    rename(scenario, "clients", &number);
    scenario["clients"]["count"] = kept.len().into();
}

/// Keeps so many peers.
fn keep_peers(scenario: &mut Json, peers: u64) {
    rename(scenario, "peers", &|old| Some(old).filter(|old| *old <= peers));
    scenario["peers"]["count"] = peers.into();
}

/// Numbers nodes anew where faults name them; a fault that has nobody left is left out.
fn rename(scenario: &mut Json, people: &str, number: &dyn Fn(u64) -> Option<u64>) {
    let faults = list(scenario, "fault").iter().filter_map(|fault| {
        let mut fault = fault.clone();
        let Json::Object(keys) = &mut fault else { return None };
        for what in keys.values_mut().filter(|what| what.is_object()) {
            for part in ["targets", "side", "from"] {
                if let Some(targets) = what.get_mut(part)
                    && !renamed(targets, people, number)
                {
                    return None;
                }
            }
        }
        Some(fault)
    });
    let faults = faults.collect();
    put_list(scenario, "fault", faults);
}

/// Whether anybody is left of targets that were named.
fn renamed(targets: &mut Json, people: &str, number: &dyn Fn(u64) -> Option<u64>) -> bool {
    let Json::Object(keys) = targets else { return true };
    let Some(named) = keys.get(people).and_then(Json::as_array) else { return true };
    let left: Vec<u64> = named.iter().filter_map(Json::as_u64).filter_map(number).collect();
    if left.is_empty() {
        keys.shift_remove(people);
    } else {
        keys.insert(people.into(), left.into());
    }
    let is_named = |name: &&str| keys.get(*name).is_some_and(Json::is_array);
    ["peers", "clients"].iter().any(is_named)
}

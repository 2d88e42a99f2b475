//! What faults need to exist: nodes, objects, places, kinds of messages.

use super::fault::{Wanted, shares_mistake};
use super::population::People;
use super::protocol::Chosen;
use crate::node::{MessageKind, Protocol, Span};
use crate::protocol::client_server::ClientServer;
use crate::protocol::clippee::Clippee;
use crate::protocol::consensus::Consensus;
use crate::protocol::overlay::Lookups;
use crate::protocol::token_ring::TokenRing;
use crate::scenario::reader::{Field, Mark, Session};
use crate::scenario::suggest::nearest;
use crate::scenario::types::ProtocolConfig;
use crate::sim::churn::Churn;
use crate::sim::network::{Latency, NetworkConfig};

/// What a fault needs.
#[derive(Clone)]
pub(super) enum Needs {
    /// So many peers.
    Peer(u32),
    /// So many clients.
    Client(u32),
    /// The object of that number.
    Object(u32),
    /// Nodes that are nearer to each other or less.
    Places,
    /// Time to pass: at the start nobody plays a part.
    Time,
    /// Shares that sum to at most 1.
    Shares(Vec<f64>),
    /// Kinds of messages.
    Kinds(Vec<String>),
}

/// What there is.
pub(super) struct Context<'a> {
    pub duration: &'a Field<Span>,
    pub protocol: Option<&'a Chosen>,
    pub peers: &'a People,
    pub clients: &'a People,
    pub network: &'a NetworkConfig,
    /// Objects, groups included.
    pub objects: u32,
}

impl Context<'_> {
    /// Tells what a fault needs and doesn't find.
    pub fn check(&self, s: &mut Session<'_>, fault: &Wanted) {
        let (at, end) = (fault.at.value, self.duration.value);
        if at >= end {
            s.conflict(
                format!("a fault comes after the workload: at {at}, which ends at {end}"),
                Some("make it earlier or the run longer".into()),
                &[
                    (fault.at.mark, "expected less than `duration`"),
                    (self.duration.mark, "the whole run"),
                ],
            );
        }
        for (needs, mark) in &fault.needs {
            self.check_need(s, fault, needs, *mark);
        }
    }

    fn check_need(&self, s: &mut Session<'_>, fault: &Wanted, needs: &Needs, mark: Mark) {
        match needs {
            Needs::Peer(number) => number_of(s, "peers", *number, self.peers, mark),
            Needs::Client(number) => number_of(s, "clients", *number, self.clients, mark),
            Needs::Object(number) => self.check_object(s, *number, mark),
            Needs::Places => self.check_places(s, mark),
            Needs::Time if fault.at.value == Span::ZERO => s.conflict(
                "a fault looks for those that play a part when nobody does yet".into(),
                Some("let the fault begin later".into()),
                &[(fault.at.mark, "expected more than 0s"), (mark, "a part")],
            ),
            Needs::Time => {}
            Needs::Shares(shares) => {
                if let Some(mistake) = shares_mistake(shares) {
                    let expected = "expected at most 100 shares, of 100% together";
                    s.conflict(mistake, None, &[(mark, expected)]);
                }
            }
            Needs::Kinds(names) => self.check_kinds(s, names, mark),
        }
    }

    fn check_object(&self, s: &mut Session<'_>, number: u32, mark: Mark) {
        let objects = match self.protocol.map(|protocol| &protocol.config) {
            Some(ProtocolConfig::Overlay { .. }) => 0,
            _ => self.objects,
        };
        if number >= objects {
            let expected = match objects {
                0 => "there are no objects".to_owned(),
                n => format!("expected a number from 0 to {}", n - 1),
            };
            let message = "a fault names an object that doesn't exist".to_owned();
            let help = "objects are numbered from 0 by their rank; groups follow";
            s.conflict(message, Some(help.into()), &[(mark, &expected)]);
        }
    }

    fn check_places(&self, s: &mut Session<'_>, mark: Mark) {
        let fixed = matches!(
            self.network.latency,
            Latency::Euclid { .. } | Latency::Planetlab | Latency::Matrix(_)
        );
        if !fixed {
            s.conflict(
                "a fault strikes a region, but with these latencies all nodes are equally far"
                    .into(),
                Some("use latencies that are fixed per pair, or `share`".into()),
                &[(mark, "expected a network with places")],
            );
        }
    }

    fn check_kinds(&self, s: &mut Session<'_>, names: &[String], mark: Mark) {
        let Some(protocol) = self.protocol else { return };
        let known = kinds(&protocol.config);
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("its kinds are {}", known.join(", ")),
            };
            s.conflict(
                format!("{} has no messages of the kind \"{name}\"", protocol.name()),
                Some(help),
                &[
                    (mark, "expected names as in `network.by_kind`"),
                    (protocol.mark, "the protocol"),
                ],
            );
        }
    }
}

/// How many identities there must be.
fn number_of(s: &mut Session<'_>, noun: &str, number: u32, people: &People, mark: Mark) {
    let all = Churn::identities(&people.population.churn, people.population.count);
    if number > all {
        s.conflict(
            format!("a fault needs {number} {noun}, and there are {all}, those away included"),
            None,
            &[(mark, &format!("expected at most {all}")), (people.count, "their number")],
        );
    }
}

fn kinds(protocol: &ProtocolConfig) -> &'static [&'static str] {
    const fn of<P: Protocol>() -> &'static [&'static str] {
        P::Message::KINDS
    }
    match protocol {
        ProtocolConfig::Clippee(_) => of::<Clippee>(),
        ProtocolConfig::ClientServer(_) => of::<ClientServer>(),
        ProtocolConfig::Consensus(_) => of::<Consensus>(),
        ProtocolConfig::TokenRing(_) => of::<TokenRing>(),
        ProtocolConfig::Overlay { .. } => of::<Lookups>(),
    }
}

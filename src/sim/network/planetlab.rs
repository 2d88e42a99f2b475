//! The `planetlab` preset: a plane with heights, fitted to measured round trips.
//!
//! Coordinates with a height (Dabek, Cox, Kaashoek, Morris, "Vivaldi: a decentralized network
//! coordinate system", SIGCOMM 2004): the plane stands for the wide area, a host's height for its
//! way into it. Each node draws one of 490 hosts. What the embedding misses is a lognormal factor
//! per unordered pair, and since many nodes share a host, each has a private access delay of its
//! own:
//!
//! latency(i, j) = (hypot + h_i + h_j) / 2 * residual(i, j) + access_i + access_j,
//! ln residual ~ N(0.03, 0.23^2), access ~ 1 ms + Exp(2 ms).
//!
//! The table and the residual's moments come from the data set named in `planetlab.csv`.

use super::fixed::distance;
use super::lane;
use crate::node::{Key, NodeId, Purpose};
use crate::sim::dist;

/// The embedding: x, y, height, in milliseconds of round trip.
const TABLE: &str = include_str!("planetlab.csv");
/// Hosts in the table.
pub const HOSTS: usize = 490;
/// Mean and standard deviation of ln(measured / predicted).
const RESIDUAL: (f64, f64) = (0.03, 0.23);
/// Least, and mean of what is above it, of a node's access delay.
const ACCESS_MS: (f64, f64) = (1.0, 2.0);
/// Knots of the residual's quantile function. Between them it is linear, which is off by less than
/// 0.1 % inside the 99 % that matter; beyond the outermost (3.7 standard deviations) it is flat.
const KNOTS: usize = 4096;

/// A host of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Host {
    x: f32,
    y: f32,
    height: f32,
}

fn hosts() -> Vec<Host> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let mut cells = line.split(',').map(|cell| cell.parse::<f32>());
        let mut next = || cells.next().and_then(Result::ok).expect("the shipped table is sound");
        Host { x: next(), y: next(), height: next() }
    })
    .collect()
}

/// The predicted round trips between all hosts of the table in milliseconds, row by row ([`HOSTS`]
/// a row), residual and access delays left out: for comparison with the measurement.
#[must_use]
pub fn embedded_rtts_ms() -> Vec<f64> {
    let hosts = hosts();
    hosts.iter().flat_map(|&a| hosts.iter().map(move |&b| wide_area_rtt_ms(a, b))).collect()
}

fn wide_area_rtt_ms(a: Host, b: Host) -> f64 {
    distance(a.x, a.y, b.x, b.y) + (f64::from(a.height) + f64::from(b.height))
}

/// Where a node is.
#[derive(Clone, Copy, Debug)]
struct Site {
    host: Host,
    access_ms: f32,
}

/// Placed nodes: 16 bytes each, so that a message touches two cache lines.
#[derive(Clone, Debug)]
pub(super) struct Planetlab {
    /// Of [`Purpose::Network`].
    key: Key,
    /// By [`NodeId::index`].
    sites: Vec<Site>,
    /// The residual's quantiles at (i + 1/2) / [`KNOTS`]. A table, because an inverse normal
    /// function and an exponential per message would cost more than all the rest of it.
    residuals: Box<[f32]>,
    least_ns: f64,
}

impl Planetlab {
    pub(super) fn new(nodes: usize, seed: u64) -> Self {
        let placement = Key::new(seed, Purpose::Placement);
        let hosts = hosts();
        let site = |node| {
            let mut stream = placement.lane(node, 0, lane::SITE);
            let host = hosts[stream.below(hosts.len() as u64) as usize];
            let private = dist::exponential(dist::open_unit(stream.word()), ACCESS_MS.1);
            Site { host, access_ms: (ACCESS_MS.0 + private) as f32 }
        };
        let sites: Vec<Site> = (0..=nodes as u32).map(site).collect();
        let mut access: Vec<f32> = sites.iter().skip(1).map(|site| site.access_ms).collect();
        access.sort_unstable_by(f32::total_cmp);
        let least_ms = match access[..] {
            [first, second, ..] => f64::from(first) + f64::from(second),
            _ => 2.0 * ACCESS_MS.0,
        };
        let quantile = |i| {
            let u = (i as f64 + 0.5) / KNOTS as f64;
            dist::lognormal(u, libm::exp(RESIDUAL.0), RESIDUAL.1) as f32
        };
        Self {
            key: Key::new(seed, Purpose::Network),
            sites,
            residuals: (0..KNOTS).map(quantile).collect(),
            least_ns: least_ms * 1e6,
        }
    }

    /// The same in both directions, to the last bit: every sum below takes the two nodes alike.
    pub(super) fn latency_ns(&self, from: NodeId, to: NodeId) -> f64 {
        let (a, b) = (self.sites[from.index()], self.sites[to.index()]);
        let wide_area = wide_area_rtt_ms(a.host, b.host) / 2.0 * self.residual(from, to);
        let access = f64::from(a.access_ms) + f64::from(b.access_ms);
        (wide_area + access) * 1e6
    }

    /// Something that depends on where the node is.
    pub(super) fn glance(&self, node: NodeId) -> u32 {
        self.sites[node.index()].access_ms.to_bits()
    }

    /// The factor of an unordered pair.
    fn residual(&self, a: NodeId, b: NodeId) -> f64 {
        let [bits, ..] = self.key.block([0, lane::PAIR, a.0.min(b.0), a.0.max(b.0)]);
        // The upper bits choose a cell between two knots, the lower ones the place in it.
        let place = f64::from(bits) / 4_294_967_296.0 * KNOTS as f64 - 0.5;
        let last = KNOTS - 1;
        let cell = (place.max(0.0) as usize).min(last - 1);
        let within = (place - cell as f64).clamp(0.0, 1.0);
        let (low, high) = (f64::from(self.residuals[cell]), f64::from(self.residuals[cell + 1]));
        low + (high - low) * within
    }

    /// What the two nodes of the least access delays have between them.
    pub(super) const fn least_ns(&self) -> f64 {
        self.least_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let hosts = hosts();
        assert_eq!(hosts.len(), HOSTS);
        assert!(hosts.iter().all(|host| host.x.is_finite() && host.height >= 0.0));
        assert_eq!(hosts[0], Host { x: 14.607, y: 24.213, height: 2.033 });
        let rtts = embedded_rtts_ms();
        assert_eq!(rtts.len(), HOSTS * HOSTS);
        assert_eq!(rtts[3 * HOSTS + 200].to_bits(), rtts[200 * HOSTS + 3].to_bits());
    }

    #[test]
    fn residuals_have_their_moments_and_belong_to_pairs() {
        let planetlab = Planetlab::new(300, 5);
        let logs: Vec<f64> = (1..=300)
            .flat_map(|a| (a + 1..=300).map(move |b| (a, b)))
            .map(|(a, b)| libm::log(planetlab.residual(NodeId(a), NodeId(b))))
            .collect();
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let sd = libm::sqrt(logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n);
        // 44,850 pairs: standard errors 0.0011 and 0.0008.
        assert!((mean - 0.03).abs() < 0.005 && (sd - 0.23).abs() < 0.004, "{mean} {sd}");
        let (a, b) = (NodeId(4), NodeId(9));
        assert_eq!(planetlab.residual(a, b).to_bits(), planetlab.residual(b, a).to_bits());
    }

    #[test]
    fn access_delays_have_their_law() {
        let planetlab = Planetlab::new(20_000, 1);
        let access = planetlab.sites.iter().skip(1).map(|site| f64::from(site.access_ms));
        let mean = access.clone().sum::<f64>() / 20_000.0;
        // Standard error 2 / sqrt(20,000) = 0.014.
        assert!((mean - 3.0).abs() < 0.07, "{mean}");
        assert!(access.into_iter().all(|ms| ms >= 1.0));
    }
}

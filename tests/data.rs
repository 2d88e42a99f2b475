//! The measured data sets that lie beside the project: where the folder is absent, these tests say
//! so and pass.

use clippee_sim::node::{NodeId, Span, Time};
use clippee_sim::scenario::files::{self, Unit};
use clippee_sim::sim::churn::{Churn, ChurnConfig, Trace};
use clippee_sim::sim::network::planetlab::{HOSTS, embedded_rtts_ms};
use clippee_sim::sim::network::{Latency, Matrix, Network, NetworkConfig};
use std::path::Path;
use std::sync::Arc;

/// The text of a data file; `None`, and a message, where it is absent.
fn text(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is absent", path.display());
        return None;
    }
    let content = files::read(&path).expect("the file can be read");
    assert_eq!(content.sha256.len(), 64);
    Some(content.text().expect("the file is text").to_owned())
}

fn rtts() -> Option<Matrix> {
    let text = text("planetlab-490/rtt-median-ms.csv.gz")?;
    Some(files::matrix(&text, None, Unit::RttMs).expect("the matrix is sound"))
}

fn skype() -> Option<Trace> {
    let text = text("skype-2005/availability.csv.gz")?;
    Some(files::trace(&text).expect("the trace is sound"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The figures that the data set's description gives.
#[test]
fn the_measured_matrix_loads() {
    let Some(matrix) = rtts() else { return };
    assert_eq!(matrix.size, 490);
    let pairs = (0..490).flat_map(|a| (a + 1..490).map(move |b| (a, b)));
    let all: Vec<f64> =
        pairs.map(|(a, b)| f64::from(matrix.one_way_ms[a * 490 + b]) * 2.0).collect();
    assert_eq!(all.len(), 119_805);
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    assert!((mean - 145.1).abs() < 0.06, "{mean}");
    assert!((median(all) - 133.9).abs() < 0.06);
    assert!((0..490 * 490).all(|i| {
        matrix.one_way_ms[i].to_bits() == matrix.one_way_ms[i % 490 * 490 + i / 490].to_bits()
    }));
}

#[test]
fn the_measured_matrix_serves_as_a_network() {
    let Some(matrix) = rtts() else { return };
    let config = NetworkConfig { latency: Latency::Matrix(Arc::new(matrix)), ..Default::default() };
    let network = Network::new(&config, 2_000, 1);
    // The least round trip is 0.087 ms.
    assert_eq!(network.least_delay(), Span::from_nanos(43_500));
    let sample = (1..2_000).map(|a| network.nearness(NodeId(a), NodeId(a + 1)).millis());
    let got = median(sample.collect());
    assert!((got - 66.95).abs() < 5.0, "{got}");
}

/// The shipped embedding against the measurement, without its residual: the description gives 0.081
/// for the median relative error, and 0.03 and 0.23 for mean and deviation of ln(measured /
/// predicted).
#[test]
fn the_embedding_is_as_good_as_described() {
    let Some(matrix) = rtts() else { return };
    let predicted = embedded_rtts_ms();
    let (mut errors, mut logs) = (Vec::new(), Vec::new());
    for a in 0..HOSTS {
        for b in a + 1..HOSTS {
            let predicted = predicted[a * HOSTS + b];
            let measured = f64::from(matrix.one_way_ms[a * HOSTS + b]) * 2.0;
            errors.push((predicted - measured).abs() / measured);
            logs.push(libm::log(measured / predicted));
        }
    }
    let error = median(errors);
    assert!((error - 0.081).abs() < 0.002, "{error}");
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    let deviation = libm::sqrt(squares / logs.len() as f64);
    assert!((mean - 0.03).abs() < 0.005 && (deviation - 0.23).abs() < 0.005, "{mean} {deviation}");
}

#[test]
fn the_skype_trace_loads() {
    let Some(trace) = skype() else { return };
    assert_eq!(trace.nodes.len(), 2_081);
    assert_eq!(trace.nodes.iter().map(Vec::len).sum::<usize>(), 29_217);
    assert_eq!(trace.end, Span::from_secs(2_478_200));
}

/// From the seventh day on, for a day: as many of our nodes are online as the trace says, at every
/// hour.
#[test]
fn the_skype_trace_is_played_back() {
    let Some(trace) = skype() else { return };
    let start = Span::from_secs(7 * 86_400);
    let trace = Arc::new(trace);
    let config = ChurnConfig::Trace { trace: Arc::clone(&trace), start, crash: 0.5 };
    let count = Churn::identities(&config, u32::MAX);
    let churn = Churn::new(&config, NodeId(1), count, 1);
    for hour in 0..24 {
        let at = Span::from_secs(hour * 3_600);
        let in_trace = Span::from_secs(7 * 86_400 + hour * 3_600);
        let online = |sessions: &[(Span, Span)]| {
            sessions.iter().any(|&(begin, end)| begin <= in_trace && in_trace < end)
        };
        let want = trace.nodes.iter().filter(|sessions| online(sessions)).count();
        let got = (1..=count).filter(|&node| is_up(&churn, NodeId(node), Time::ZERO + at)).count();
        assert_eq!(got, want, "{hour} h");
        assert!((500..=931).contains(&got), "{got}");
    }
}

/// Whether `node` is up at `at`, by walking its phases.
fn is_up(churn: &Churn, node: NodeId, at: Time) -> bool {
    let mut began = Time::ZERO;
    let mut phases = 0;
    while let Some(end) = churn.phase_end(node, phases, began).filter(|end| end.at <= at) {
        (phases, began) = (phases + 1, end.at);
    }
    churn.is_up_at_start(node) == phases.is_multiple_of(2)
}

/// The other matrices that lie there: with a header and names, and a triangle with its diagonal.
#[test]
fn region_matrices_load() {
    if let Some(text) = text("aws-cloudping/rtt-p50-ms.csv") {
        let matrix = files::matrix(&text, None, Unit::RttMs).expect("the matrix is sound");
        assert_eq!(matrix.size, 33);
        assert!((matrix.one_way_ms[1] - 347.552 / 2.0).abs() < 1e-4);
    }
    if let Some(text) = text("shadow-2013/plab303-latency-ms.csv.gz") {
        let format = Some(files::MatrixFormat::TriangularDiagonal);
        let matrix = files::matrix(&text, format, Unit::OneWayMs).expect("the matrix is sound");
        assert_eq!(matrix.size, 303);
        assert!((matrix.one_way_ms[1] - 77.0).abs() < 1e-4);
    }
}

//! W1 as a protocol.

use crate::Engine;
use crate::rounds::Run;
use clippee_sim::node::*;
use clippee_sim::sim::network::{Latency, NetworkConfig};

/// A node that passes on what comes.
pub struct Phold {
    nodes: u32,
}

/// It says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Ball;

impl WireSize for Ball {
    fn wire_size(&self) -> u32 {
        HEADER_BYTES
    }
}

impl MessageKind for Ball {
    const KINDS: &'static [&'static str] = &["ball"];
    fn kind(&self) -> usize {
        0
    }
    fn is_background(_: usize) -> bool {
        false
    }
}

impl Digestible for Ball {
    fn digest(&self, hasher: &mut Hasher) {
        hasher.word(0);
    }
}

impl Phold {
    fn pass(&self, cx: &mut Context<'_, Self>) {
        let others = u64::from(self.nodes) - 1;
        let drawn = 1 + cx.rng().below(others) as u32;
        // Everybody but itself: the loopback takes no time to speak of.
        let to = NodeId(drawn + u32::from(drawn >= cx.id().0));
        cx.send(to, Ball);
    }
}

impl Protocol for Phold {
    const NAME: &'static str = "phold";
    type Config = u32;
    type Message = Ball;
    type Timer = u32;
    type World = ();
    type Record = ();
    type Durable = ();

    fn fold(_: &mut (), (): ()) {}

    fn boot(setup: Setup<'_, Self>, cx: &mut Context<'_, Self>) -> Self {
        let node = Self { nodes: *setup.config };
        node.pass(cx);
        node
    }

    #[inline]
    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        if let Input::Message { .. } = input {
            self.pass(cx);
        }
    }
}

/// W1 on the engine.
pub fn engine(nodes: u32, threads: u32) -> Box<dyn Engine> {
    let second = Span::from_secs(1);
    let latency = Latency::Exponential { mean: second, least: second };
    let network = NetworkConfig { latency, ..NetworkConfig::default() };
    Box::new(Run::<Phold>::new(nodes, nodes, &network, threads))
}

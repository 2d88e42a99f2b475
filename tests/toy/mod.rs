//! A toy protocol for tests of the engine.

use clippee_sim::node::*;

/// Clients send each operation to peer 1 as a message with its send time; nobody answers.
pub struct Toy;

#[derive(Clone, Debug)]
pub struct Sent(pub Time);

impl WireSize for Sent {
    fn wire_size(&self) -> u32 {
        1000
    }
}

impl MessageKind for Sent {
    const KINDS: &'static [&'static str] = &["sent"];
    fn kind(&self) -> usize {
        0
    }
    fn is_background(_: usize) -> bool {
        false
    }
}

impl Digestible for Sent {
    fn digest(&self, hasher: &mut Hasher) {
        self.0.digest(hasher);
    }
}

impl Protocol for Toy {
    const NAME: &'static str = "toy";
    type Config = ();
    type Message = Sent;
    type Timer = u32;
    type World = ();
    type Record = ();
    type Durable = ();

    fn fold(_: &mut (), _: ()) {}

    fn boot(_: Setup<'_, Self>, _: &mut Context<'_, Self>) -> Self {
        Self
    }

    fn step(&mut self, input: Input<Self>, cx: &mut Context<'_, Self>) {
        if let Input::Operation { .. } = input {
            cx.send(NodeId(1), Sent(cx.now()));
        }
    }
}

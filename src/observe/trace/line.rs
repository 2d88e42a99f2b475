//! A line of `trace.jsonl`. Written here and read by exporters, so that the two can't differ.

use crate::observe::causes::Origin;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version of the names and meanings here.
pub const SCHEMA: u32 = 1;

/// A word that is known when the program is built, or was read from a file.
pub type Word = Cow<'static, str>;

/// One line. Times are nanoseconds since the start of the run, nodes are numbers (1 to `peers` are
/// peers, then come clients), names of operations and attempts are texts such as `n6#3`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Run(Run),
    /// A step, in canonical order: by time, then by node.
    Step(StepLine),
    /// The network made a second copy of a message.
    Copy(Sending),
    /// A message came to nothing.
    Drop(Dropped),
}

/// What the trace is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// [`SCHEMA`]
    pub schema: u32,
    /// The scenario's name.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The protocol's name.
    pub protocol: Word,
    /// Peers: the nodes from 1 on.
    pub peers: u32,
    /// Clients: the nodes after them.
    pub clients: u32,
}

/// One step of one node, and what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// When.
    pub at: u64,
    /// Where.
    pub node: u32,
    /// The node's incarnation.
    pub incarnation: u32,
    /// The node's step count, from 0 over all incarnations.
    pub number: u32,
    /// What happened.
    pub input: Input,
    /// The step that sent the message or armed the timer; absent: the world caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Origin>,
    /// What the step adds to the run's digest: it stands for all of the content, which is cut off
    /// where it is long.
    pub digest: String,
    /// What the step did, in its order. Timers that it armed and state that it saved aren't shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// The node started.
    Boot,
    /// A message was handled.
    Message {
        /// Who sent it.
        from: u32,
        /// Its kind.
        kind: Word,
        /// Its size.
        bytes: u32,
        /// What it says.
        content: String,
    },
    /// A timer fired.
    Timer {
        /// What it says.
        content: String,
    },
    /// The application asked for something.
    Operation {
        /// The operation's name.
        id: String,
        /// Its kind.
        kind: Word,
        /// The object or group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<u32>,
        /// What is asked.
        content: String,
    },
    /// The node was asked to leave.
    Leave,
    /// The node stopped.
    Stop {
        /// Whether it crashed.
        crash: bool,
    },
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It sent a message.
    Send {
        /// To whom.
        to: u32,
        /// Its kind.
        kind: Word,
        /// Its size.
        bytes: u32,
    },
    /// It told observers something.
    Tell(Told),
}

/// An observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its name.
    pub what: Word,
    /// The object or group concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u32>,
    /// The operation concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The attempt concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// All of it.
    pub content: String,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// When.
    pub at: u64,
    /// Who sent it.
    pub from: u32,
    /// To whom.
    pub to: u32,
    /// Its kind.
    pub kind: Word,
    /// Its size.
    pub bytes: u32,
}

/// A message that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The message, and when it ended.
    #[serde(flatten)]
    pub message: Sending,
    /// Why.
    pub why: Word,
}

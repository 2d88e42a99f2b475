//! Inputs and observations as what a trace shows of them.

use super::line::{Input, Told, Word};
use crate::node::{
    AttemptId, Happening, MessageKind, ObjectId, Observation, OperationId, Protocol, WireSize,
};
use std::fmt::{self, Debug, Write};

/// Content is cut off after so many bytes.
const LONGEST: usize = 240;

/// Takes text until there is enough of it.
struct Short {
    text: String,
}

impl Write for Short {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let left = LONGEST.saturating_sub(self.text.len());
        let fits = (0..=left.min(more.len())).rev().find(|&end| more.is_char_boundary(end));
        self.text.push_str(&more[..fits.unwrap_or(0)]);
        // The error ends the formatting: what is long isn't written for nothing.
        if more.len() > left { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The beginning of what a value says of itself, in one line.
pub fn short(value: &impl Debug) -> String {
    let mut short = Short { text: String::new() };
    if write!(short, "{value:?}").is_err() {
        short.text.push('…');
    }
    short.text
}

/// What happened in a step.
pub fn input<P: Protocol>(happening: &Happening<'_, P>) -> Input {
    match happening {
        Happening::Boot => Input::Boot,
        Happening::Message { from, message } => Input::Message {
            from: from.0,
            kind: P::Message::KINDS[message.kind()].into(),
            bytes: message.wire_size(),
            content: short(message),
        },
        Happening::Timer(timer) => Input::Timer { content: short(timer) },
        Happening::Operation { id, operation } => Input::Operation {
            id: id.to_string(),
            kind: operation.kind().name().into(),
            object: operation.object().map(|object| object.0),
            content: short(operation),
        },
        Happening::Leave => Input::Leave,
        Happening::Stop { crash } => Input::Stop { crash: *crash },
    }
}

/// What a node told.
pub fn told(observation: &Observation) -> Told {
    let (what, object, operation, attempt) = names(observation);
    Told {
        what: Word::Borrowed(what),
        object: object.map(|object| object.0),
        operation: operation.map(|id| id.to_string()),
        attempt: attempt.map(|attempt| attempt.to_string()),
        content: short(observation),
    }
}

type Names = (&'static str, Option<ObjectId>, Option<OperationId>, Option<AttemptId>);

/// The name of an observation, and the names in it.
const fn names(observation: &Observation) -> Names {
    match *observation {
        Observation::Ended { id, .. } => ("ended", None, Some(id), None),
        Observation::Attached { .. } => ("attached", None, None, None),
        Observation::Joined => ("joined", None, None, None),
        Observation::RoundBegan { id, object, attempt } => {
            ("round_began", Some(object), Some(id), Some(attempt))
        }
        Observation::RoundEnded { id, object, attempt, .. } => {
            ("round_ended", Some(object), Some(id), Some(attempt))
        }
        Observation::Retried { id } => ("retried", None, Some(id), None),
        Observation::Made { id, object, version, .. } => {
            ("made", Some(object), Some(id), Some(version.attempt))
        }
        Observation::Counted { id, object, version, .. } => {
            ("counted", Some(object), Some(id), Some(version.attempt))
        }
        Observation::Locked { object, attempt, .. } => {
            ("locked", Some(object), None, Some(attempt))
        }
        Observation::LockEnded { object, attempt, .. } => {
            ("lock_ended", Some(object), None, Some(attempt))
        }
        Observation::Applied { object, version, .. } => {
            ("applied", Some(object), None, Some(version.attempt))
        }
        Observation::Forgot { object, version } => {
            ("forgot", Some(object), None, Some(version.attempt))
        }
        Observation::Accepted { id, group, .. } => ("accepted", Some(group), Some(id), None),
        Observation::Numbered { id, group, .. } => ("numbered", Some(group), Some(id), None),
        Observation::Delivered { group, id, .. } => ("delivered", Some(group), Some(id), None),
        Observation::Gap { group, .. } => ("gap", Some(group), None, None),
        Observation::Registered { group, .. } => ("registered", Some(group), None, None),
        Observation::Held { .. } => ("held", None, None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_content_is_cut_off_between_characters() {
        assert_eq!(short(&[1, 2]), "[1, 2]");
        let long = short(&"ä".repeat(500));
        assert!(long.len() <= LONGEST + '…'.len_utf8() && long.ends_with("ä…"), "{long}");
        let exact = "x".repeat(LONGEST - 2);
        assert_eq!(short(&exact), format!("\"{exact}\""));
    }
}

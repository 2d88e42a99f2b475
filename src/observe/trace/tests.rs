//! What a hand-written history looks like in a trace.

use super::{Effect, Input, Line, Run, SCHEMA, Tracer};
use crate::node::{DropCause, Version};
use crate::observe::consistency::script::{Script, attempt, op};
use std::io;

fn run() -> Run {
    let (name, protocol) = ("story".to_owned(), "fake".into());
    Run { schema: SCHEMA, name, seed: 7, protocol, peers: 5, clients: 3 }
}

fn lines(story: impl FnOnce(&mut Script<Tracer<Vec<u8>>>)) -> Vec<Line> {
    let mut script = Script::new(Tracer::new(Vec::new(), run()));
    story(&mut script);
    let text = String::from_utf8(script.observer.finish().unwrap()).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_step_is_a_line_with_what_it_did() {
    let lines = lines(|run| {
        run.boot(1);
        run.at(5).ask_read(op(6, 0));
        run.sent(6, 1, 50);
        run.at(9).delivered(6, 1, 50);
        run.locked(1, attempt(3, 4));
        run.dropped(1, 2, 70, DropCause::Loss);
        run.sent(1, 6, 90);
        run.at(12).read(op(6, 0), Version::ZERO);
        run.at(13).stop(6);
    });
    let [Line::Run(header), steps @ ..] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(*header, run());
    let [boot, ask, message, Line::Drop(dropped), stop] = steps else { panic!("{steps:?}") };
    let step = |line: &Line| match line {
        Line::Step(step) => step.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((step(boot).node, step(boot).input), (1, Input::Boot));
    let Input::Operation { id, kind, object, .. } = step(ask).input else { panic!() };
    assert_eq!((id.as_str(), kind.as_ref(), object), ("n6#0", "read", Some(0)));
    assert_eq!(step(ask).effects, [Effect::Send { to: 1, kind: "work".into(), bytes: 50 }]);
    let message = step(message);
    assert_eq!((message.at, message.number), (9_000_000, 1));
    let Input::Message { from: 6, bytes: 50, content, .. } = &message.input else { panic!() };
    assert_eq!(content, "Work(50)");
    let [Effect::Tell(lock), Effect::Send { to: 6, .. }, Effect::Tell(end)] =
        message.effects.as_slice()
    else {
        panic!("{message:?}")
    };
    assert_eq!((lock.what.as_ref(), lock.attempt.as_deref()), ("locked", Some("n3.1.4")));
    assert_eq!((end.what.as_ref(), end.operation.as_deref()), ("ended", Some("n6#0")));
    assert_eq!((dropped.message.to, dropped.why.as_ref()), (2, "loss"));
    assert_eq!(step(stop).input, Input::Stop { crash: true });
}

#[test]
fn the_first_failure_to_write_is_told_and_ends_the_writing() {
    struct Full(u32);
    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 3 {
                return Err(io::Error::other(format!("full after {}", self.0)));
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut script = Script::new(Tracer::new(Full(0), run()));
    (1..=8).for_each(|node| script.boot(node));
    assert!(script.observer.has_failed());
    assert_eq!(script.observer.finish().err().unwrap().to_string(), "full after 4");
}

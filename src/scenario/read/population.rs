//! `[peers]` and `[clients]`.

use super::churn::{self, TraceUse};
use crate::node::Span;
use crate::scenario::kind::{Count32, Time};
use crate::scenario::reader::{Mark, Session, Table};
use crate::sim::population::Population;
use serde_json::Value as Json;

/// More identities than this don't fit into one machine's memory.
const MOST: u32 = 10_000_000;

/// One role's nodes, and where that is written.
pub(super) struct People {
    /// The nodes.
    pub population: Population,
    /// Where the number is from: `count`, or the trace.
    pub count: Mark,
    /// The trace that they follow.
    pub trace: Option<TraceUse>,
}

struct Defaults {
    least: u32,
    count: u32,
    shown: &'static str,
    service_time: Span,
    /// `None`: there is no such key, they boot at once.
    boot_within: Option<Span>,
}

/// `[peers]`
pub(super) fn peers(t: &mut Table<'_>, s: &mut Session<'_>) -> People {
    let shown = "200; with a trace, all its identities";
    let service_time = Span::from_micros(50);
    read(t, s, &Defaults { least: 1, count: 200, shown, service_time, boot_within: None })
}

/// `[clients]`; `none`: by default there aren't any.
pub(super) fn clients(t: &mut Table<'_>, s: &mut Session<'_>, none: bool) -> People {
    let shown = "1000; 0 with `[protocol.overlay]`; with a trace, all its identities";
    let count = if none { 0 } else { 1_000 };
    let boot_within = Some(Span::from_secs(1));
    read(t, s, &Defaults { least: 0, count, shown, service_time: Span::ZERO, boot_within })
}

fn read(t: &mut Table<'_>, s: &mut Session<'_>, defaults: &Defaults) -> People {
    // The default count follows from the churn, but comes first in the resolved scenario.
    t.know("count");
    t.put("count", Json::Null);
    let grace = t.take(s, "leave_grace", Time::from(Span::ZERO), Span::from_secs(5));
    let service = t.take(s, "service_time", Time::from(Span::ZERO), defaults.service_time);
    let within = |default| t.take(s, "boot_within", Time::from(Span::ZERO), default).value;
    let boot_within = defaults.boot_within.map_or(Span::ZERO, within);
    let churn = t.choice(s, "churn", &churn::CHURN).value;
    let identities = churn.trace.as_ref().map(|trace| trace.identities);
    let kind = Count32::of(defaults.least, MOST);
    let default = identities.unwrap_or(defaults.count);
    let count = t.take_derived(s, "count", kind, default, defaults.shown.into());
    if let (Some(trace), Some(identities)) = (&churn.trace, identities)
        && count.value > identities
    {
        let message = format!(
            "`{}` is {}, but the trace has {identities} identities",
            t.path("count"),
            count.value
        );
        let marks =
            [(count.mark, "expected no more than the trace has"), (trace.file, "the trace")];
        s.conflict(message, Some(format!("write {identities} or less")), &marks);
    }
    let population = Population {
        count: count.value,
        leave_grace: grace.value,
        service_time: service.value,
        boot_within,
        churn: churn.config,
    };
    let from_trace = churn.trace.as_ref().map(|trace| trace.file);
    let mark = from_trace.filter(|_| count.mark.at.is_none()).unwrap_or(count.mark);
    People { population, count: mark, trace: churn.trace }
}

//! The observer: takes observations in, gives a [`DeliveryReport`] out.

use super::arrivals::Arrivals;
use super::cost::Cost;
use super::ledger::Ledger;
use super::message::{Message, Numbering};
use super::report::{DeliveryReport, Detail};
use super::tally::Tally;
use super::views::Views;
use crate::node::{
    Happening, MessageKind, NodeId, ObjectId, Observation, Observer, Operation, OperationId,
    Outcome, Protocol, Step, Time,
};
use crate::observe::consistency::Census;
use crate::observe::metrics::{Grid, LatencySummary, Series, Window, ratio};

/// Measures delivery to groups from what nodes do and tell (CLIPPEE 8, M10). Takes a constant time
/// for a delivery, but for the search of the message.
#[derive(Clone, Debug)]
pub struct Delivery {
    window: Window,
    grid: Grid,
    end: Time,
    ledger: Ledger,
    arrivals: Arrivals,
    views: Views,
    cost: Cost,
    stray: u64,
    gaps: u64,
    gap_messages: u64,
    joins: u64,
}

impl Delivery {
    /// An observer for a run that hasn't begun.
    #[must_use]
    pub fn new(census: &Census) -> Self {
        let window = Window { start: census.warmup, end: census.duration };
        let grid = Grid::new(census.duration, census.end);
        Self {
            window,
            grid,
            end: census.end,
            ledger: Ledger::default(),
            arrivals: Arrivals::new(),
            views: Views::new(census, window),
            cost: Cost::new(window, grid),
            stray: 0,
            gaps: 0,
            gap_messages: 0,
            joins: 0,
        }
    }

    /// What was found, after the run's last event.
    #[must_use]
    pub fn finish(mut self) -> DeliveryReport {
        self.arrivals.advance(Time::NEVER, self.ledger.messages());
        let largest = self.largest();
        self.cost.advance(self.end, || largest);
        let mut series = Series::new(self.grid);
        self.cost.series(self.end, largest, &mut series);
        let tally = Tally::of(self.ledger.messages(), self.window);
        let Tally { expected, delivered, .. } = tally;
        let (distributions, by_size) = tally.by_size(&self.arrivals, &self.cost);
        let copies = self.cost.copies.iter().sum();
        let member_seconds = self.cost.member_seconds();
        let per_member = (member_seconds > 0.0).then(|| self.cost.sent as f64 / member_seconds);
        DeliveryReport {
            expected,
            delivered,
            missing: expected - delivered,
            duplicate: tally.duplicate,
            out_of_order: tally.out_of_order,
            latency_ms: self.arrivals.all.summary(),
            detail: Detail {
                messages: tally.messages,
                not_numbered: tally.not_numbered,
                ratio: ratio(delivered, expected),
                recovered: self.arrivals.recovered,
                incomplete: tally.incomplete,
                unexpected: tally.copies - delivered,
                stray: self.stray,
                gaps: self.gaps,
                gap_messages: self.gap_messages,
                joins: self.joins,
                largest_group: self.cost.largest,
                latency_to_median_ms: self.arrivals.to_median.summary(),
                latency_to_last_ms: self.arrivals.to_last.summary(),
                messages_sent: self.cost.sent,
                copies,
                messages_per_copy: ratio(self.cost.sent, copies),
                messages_per_member_s: per_member,
                view_lag_s: seconds(&self.views.lags.summary()),
                view_changes_open: self.views.pending(),
                by_size,
            },
            series: series.finish(),
            distributions,
        }
    }

    fn largest(&self) -> u32 {
        self.ledger.sizes().max().unwrap_or(0)
    }

    /// To be called before a membership begins or ends.
    fn advance(&mut self, at: Time) {
        let Self { cost, ledger, .. } = self;
        cost.advance(at, || ledger.sizes().max().unwrap_or(0));
    }

    fn asked(&mut self, at: Time, id: OperationId, operation: &Operation) {
        if let Operation::Leave { .. } = operation {
            self.advance(at);
        }
        if let Some(group) = self.ledger.asked(at, id, operation) {
            self.left(at, id.client, group);
        }
    }

    fn ended(&mut self, at: Time, id: OperationId, outcome: Outcome) {
        self.advance(at);
        let Some(entered) = self.ledger.ended(id, outcome) else { return };
        self.joins += u64::from(self.window.contains(entered.asked));
        self.cost.changed(self.ledger.members(entered.group), true);
        self.views.entered(at, entered.asked, id.client, entered.group);
    }

    fn left(&mut self, at: Time, client: NodeId, group: ObjectId) {
        self.cost.changed(self.ledger.members(group), false);
        self.views.left(at, client, group);
    }

    fn stopped(&mut self, at: Time, node: NodeId) {
        self.advance(at);
        for group in self.ledger.stopped(at, node) {
            self.left(at, node, group);
        }
        self.views.stopped(at, node);
    }

    fn numbered(&mut self, at: Time, numbering: Numbering) {
        let Some(index) = self.ledger.numbered(at, numbering) else { return };
        let message = &self.ledger.messages()[index.place()];
        if counts(message, self.window) {
            self.arrivals.numbered(index);
        }
    }

    fn delivered(&mut self, at: Time, node: NodeId, numbering: Numbering) {
        self.arrivals.advance(at, self.ledger.messages());
        // Whoever told of its number may have been lost, and the message not.
        self.numbered(at, numbering);
        let Some(arrival) = self.ledger.delivered(node, numbering) else {
            self.stray += 1;
            return;
        };
        let message = &self.ledger.messages()[arrival.index.place()];
        let Some(asked) = message.asked else {
            self.stray += 1;
            return;
        };
        if arrival.judgement.duplicate {
            return;
        }
        self.cost.delivered(at, self.ledger.members(numbering.group));
        if arrival.early {
            self.arrivals.arrived(arrival.index, arrival.slot, at.since(asked), message);
        }
    }
}

/// Whether a message belongs to the window.
pub(super) fn counts(message: &Message, window: Window) -> bool {
    message.asked.is_some_and(|asked| window.contains(asked))
}

/// A summary in seconds.
fn seconds(summary: &LatencySummary) -> LatencySummary {
    let LatencySummary { mean, p50, p90, p99, p999, max } = *summary;
    let [mean, p50, p90, p99, p999, max] =
        [mean, p50, p90, p99, p999, max].map(|ms| ms.map(|ms| ms / 1e3));
    LatencySummary { mean, p50, p90, p99, p999, max }
}

impl<P: Protocol> Observer<P> for Delivery {
    fn step(&mut self, step: &Step<'_, P>) {
        match step.happening {
            Happening::Message { message, .. } => {
                if P::Message::is_dissemination(message.kind()) {
                    let members = message.group().map(|group| self.ledger.members(group));
                    members.into_iter().for_each(|members| self.cost.handled(step.at, members));
                }
            }
            Happening::Boot => self.views.booted(step.node, step.incarnation),
            Happening::Operation { id, operation } => self.asked(step.at, id, operation),
            Happening::Stop { .. } => self.stopped(step.at, step.node),
            Happening::Timer(_) | Happening::Leave => {}
        }
    }

    fn observation(&mut self, at: Time, node: NodeId, observation: &Observation) {
        match *observation {
            Observation::Ended { id, outcome } => self.ended(at, id, outcome),
            Observation::Attached { peer } => {
                self.views.attached(at, node, peer, self.ledger.groups_of(node));
            }
            Observation::Made { id, version, .. } => self.ledger.made(at, id, version.counter),
            Observation::Accepted { id, number, .. } => self.ledger.made(at, id, number),
            Observation::Numbered { id, group, order, number, .. } => {
                self.arrivals.advance(at, self.ledger.messages());
                self.numbered(at, Numbering { id, group, order, number });
            }
            Observation::Delivered { group, id, order, number } => {
                self.delivered(at, node, Numbering { id, group, order, number });
            }
            Observation::Gap { missing, .. } if at >= self.window.start => {
                self.gaps += 1;
                self.gap_messages += u64::from(missing);
            }
            Observation::Registered { group, peer, members } => {
                self.views.registered(at, node, (group, peer), members);
            }
            _ => {}
        }
    }

    fn sent(&mut self, at: Time, _: NodeId, _: NodeId, kind: usize, _: u32) {
        if P::Message::is_dissemination(kind) {
            self.cost.sent(at);
        }
    }
}

//! Sums over the messages of the window, once the run is over.

use super::agreement::out_of_order;
use super::arrivals::Arrivals;
use super::cost::Cost;
use super::message::Message;
use super::observer::counts;
use super::report::SizeReport;
use super::size::{self, SIZES};
use crate::observe::metrics::{DistributionPoint, Named, Window, ratio};

/// Messages to groups of one class of sizes.
#[derive(Clone, Copy, Debug, Default)]
struct OfSize {
    messages: u64,
    members: u64,
    expected: u64,
    delivered: u64,
}

/// The sums.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Messages with a number.
    pub messages: u64,
    /// Messages without.
    pub not_numbered: u64,
    /// Copies that members must get.
    pub expected: u64,
    /// Those that they got.
    pub delivered: u64,
    /// Copies to anybody, without repeats.
    pub copies: u64,
    /// Repeats.
    pub duplicate: u64,
    /// Copies out of order.
    pub out_of_order: u64,
    /// Messages that not all got.
    pub incomplete: u64,
    sizes: [OfSize; SIZES.len()],
}

impl Tally {
    /// Sums over the messages that belong to the window.
    #[must_use]
    pub fn of(messages: &[Message], window: Window) -> Self {
        let mut sums = Self::default();
        let disorder = out_of_order(messages);
        let counted = messages.iter().zip(disorder).filter(|(message, _)| counts(message, window));
        for (message, disorder) in counted {
            let Some(start) = message.start else {
                sums.not_numbered += 1;
                continue;
            };
            let (expected, delivered) = (message.expected.count(), message.delivered());
            sums.messages += 1;
            sums.expected += expected;
            sums.delivered += delivered;
            sums.copies += message.copies.iter().map(|copies| copies.count).sum::<u64>();
            sums.duplicate += message.duplicates;
            sums.out_of_order += disorder;
            sums.incomplete += u64::from(delivered < expected);
            let of_size = &mut sums.sizes[size::class(start.members)];
            of_size.messages += 1;
            of_size.members += u64::from(start.members);
            of_size.expected += expected;
            of_size.delivered += delivered;
        }
        sums
    }

    /// Distributions and reports by size, of the sizes that there were.
    #[must_use]
    pub fn by_size(
        &self,
        arrivals: &Arrivals,
        cost: &Cost,
    ) -> (Vec<DistributionPoint>, Named<SizeReport>) {
        let (mut points, mut reports) = (Vec::new(), Vec::new());
        for (class, label) in SIZES.into_iter().enumerate() {
            let of_size = self.sizes[class];
            let (handled, copies) = (cost.handled[class], cost.copies[class]);
            if of_size.messages == 0 && copies == 0 {
                continue;
            }
            let latencies = arrivals.by_size[class].as_deref();
            let curve = latencies.map(|latencies| latencies.cdf()).unwrap_or_default();
            points.extend(curve.into_iter().map(|(x, share)| DistributionPoint {
                quantity: "delivery_ms",
                label,
                x,
                share,
            }));
            reports.push((
                label,
                SizeReport {
                    messages: of_size.messages,
                    members_mean: ratio(of_size.members, of_size.messages),
                    expected: of_size.expected,
                    delivered: of_size.delivered,
                    latency_ms: latencies.map(|all| all.summary()).unwrap_or_default(),
                    messages_per_copy: ratio(handled, copies),
                },
            ));
        }
        (points, Named(reports))
    }
}

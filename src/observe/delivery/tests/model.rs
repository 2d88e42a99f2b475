//! Random histories against a plain model: lists of memberships and deliveries, and the definitions
//! applied to them one by one.

use super::{figures, measured};
use crate::node::{OperationId, Order};
use crate::observe::consistency::script::op;
use proptest::prelude::*;

const STAY_MS: u64 = 30_000;

/// A stretch of time as a member: event numbers, and the time of its end.
#[derive(Clone, Debug)]
struct Membership {
    client: u32,
    began: usize,
    ended: u64,
    got: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    id: OperationId,
    order: Order,
    number: u32,
    asked: u64,
    event: usize,
}

#[derive(Default)]
struct Model {
    memberships: Vec<Membership>,
    sent: Vec<Sent>,
    latencies: Vec<(usize, usize, u64)>,
    duplicate: u64,
    out_of_order: u64,
}

impl Model {
    fn current(&mut self, client: u32) -> Option<usize> {
        self.memberships.iter().rposition(|of| of.client == client && of.ended == u64::MAX)
    }

    fn gets(&mut self, at: u64, client: u32, which: usize) {
        let Some(place) = self.current(client) else { return };
        let (message, all) = (self.sent[which], self.sent.clone());
        let membership = &mut self.memberships[place];
        if membership.got.contains(&which) {
            self.duplicate += 1;
            return;
        }
        let above = |&other: &usize| {
            let other = all[other];
            let comparable = match message.order {
                Order::Total => other.order == Order::Total,
                Order::Fifo => other.order == Order::Fifo && other.id.client == message.id.client,
            };
            comparable && other.number >= message.number
        };
        self.out_of_order += u64::from(membership.got.iter().any(above));
        membership.got.push(which);
        if membership.began < message.event {
            self.latencies.push((place, which, at - message.asked));
        }
    }

    fn expects(&self, place: usize, which: usize) -> bool {
        let (membership, message) = (&self.memberships[place], self.sent[which]);
        membership.began < message.event && membership.ended >= message.asked + STAY_MS
    }
}

proptest! {
    #[test]
    fn it_counts_what_the_definitions_say(
        steps in prop::collection::vec((0_u32..12, 0_u32..3, 0_usize..6, 0_u64..9_000), 1..120)
    ) {
        let mut model = Model::default();
        let mut at = 1_000;
        let report = measured(|run| {
            let mut count = [0; 9];
            for (event, (what, client, pick, pause)) in steps.into_iter().enumerate() {
                at = (at + pause * pause / 30_000).min(99_000);
                let client = 6 + client;
                let id = op(client, count[client as usize]);
                run.at(at);
                match what {
                    0 | 1 => {
                        run.join(id, 0);
                        if model.current(client).is_none() {
                            let (ended, got) = (u64::MAX, Vec::new());
                            model.memberships.push(Membership { client, began: event, ended, got });
                        }
                    }
                    2 => {
                        if pick == 0 {
                            run.stop(client);
                            run.boot(client);
                        } else {
                            run.leave(id);
                        }
                        if let Some(place) = model.current(client) {
                            model.memberships[place].ended = at;
                        }
                    }
                    3 | 4 => {
                        let order = if pick < 3 { Order::Total } else { Order::Fifo };
                        let number = model.sent.len() as u32 + 1;
                        run.ask_multicast(id, order);
                        run.numbered(id, order, number);
                        model.sent.push(Sent { id, order, number, asked: at, event });
                    }
                    _ => {
                        let last = model.sent.len();
                        if last > 0 {
                            let which = last - 1 - pick.min(last - 1);
                            let sent = model.sent[which];
                            run.gets(client, sent.id, sent.order, sent.number);
                            model.gets(at, client, which);
                        }
                    }
                }
                count[client as usize] += 1;
            }
        });
        let places = 0..model.memberships.len();
        let pairs: Vec<_> =
            places.flat_map(|place| (0..model.sent.len()).map(move |which| (place, which)))
                .filter(|&(place, which)| model.expects(place, which)).collect();
        let expected = pairs.len() as u64;
        let counted: Vec<u64> = model.latencies.iter()
            .filter(|of| model.expects(of.0, of.1)).map(|of| of.2).collect();
        let delivered = counted.len() as u64;
        prop_assert_eq!(
            figures(&report),
            [expected, delivered, expected - delivered, model.duplicate, model.out_of_order]
        );
        let mean = (delivered > 0).then(|| {
            (counted.iter().sum::<u64>() as f64 / delivered as f64 * 1e3).round()
        });
        prop_assert_eq!(report.latency_ms.mean.map(|mean| (mean * 1e3).round()), mean);
        let slow = counted.iter().filter(|&&latency| latency > 5_000).count() as u64;
        prop_assert_eq!(report.detail.recovered, slow);
        let lasts: Vec<u64> = (0..model.sent.len()).filter_map(|which| {
            let wanted = pairs.iter().filter(|pair| pair.1 == which).count();
            let got: Vec<u64> = model.latencies.iter()
                .filter(|of| of.1 == which && model.expects(of.0, which))
                .map(|of| of.2).collect();
            (wanted == got.len()).then(|| got.into_iter().max()).flatten()
        }).collect();
        let max = report.detail.latency_to_last_ms.max;
        prop_assert_eq!(max, lasts.into_iter().max().map(|ms| ms as f64));
    }
}

//! Checks of a run (CLIPPEE 8): what may never happen (H1 to H12), what must hold under conditions
//! (C1 to C7), and which guarantees of strong systems it kept (G1 to G6), of which a scenario says
//! whether they must hold.
//!
//! Each rule lives in a file of its own and sees what observers see: steps, observations, messages.
//! What is known of the run so far (who is up, who holds what, which locks and operations are open)
//! is kept once, and shared; the tree of versions and the holdings are those of
//! [`crate::observe::consistency`]. All is judged while the run goes on, in memory that is bounded
//! but for the versions themselves; of each rule's violations the first is kept, for a person to
//! read, and the others are counted.
//!
//! What it does not do: measure (that is `observe`), stop the run, or change it. Definitions, rule
//! by rule, with what each reads, costs and can't decide: `docs/checks.md`.

mod c1_sequential;
mod c2_convergence;
mod c3_physics;
mod c3_probes;
mod c3_slow_rounds;
mod c4_locks_freed;
mod c5_delivery;
mod c6_one_line;
mod c7_rolls;
mod checks;
mod facts;
mod h10_responsible;
mod h11_bound;
mod h12_rising;
mod h1_one_holder;
mod h2_lock_end;
mod h3_tenure;
mod h4_value;
mod h5_once;
mod h6_acknowledgement;
mod h7_balance;
mod h8_stopped;
mod h9_ending;
mod history;
mod rule;
mod skews;
#[cfg(test)]
mod tests;
mod verdict;

pub use checks::Checks;
pub use verdict::{Report, Verdict, Witness};

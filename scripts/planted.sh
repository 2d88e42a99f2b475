#!/usr/bin/env bash
# Are the checks blind? Plants each bug of `src/node/planted.rs` in runs drawn from so many seeds, and prints in how many
# of them the checks see it. The argument: how many seeds (about 10 ms a run, times 47 bugs). `PLANTED_BUGS=a,b`: only these;
# `PLANTED_FIRST=1001`: from this seed on.
set -euo pipefail
cd "$(dirname "$0")/.."
export PLANTED_SEEDS="${1:-1000}" RUST_BACKTRACE=0
cargo test --locked --lib -- --ignored --exact experiment::tests::planted::explore --nocapture

#!/usr/bin/env bash
# The oracles of docs/protocols/clippee.md at full length: four simulated hours a point, with the tolerances that this
# length allows. Takes about half an hour; `cargo test --test oracles` runs the same points for nine minutes each.
set -euo pipefail
cd "$(dirname "$0")/.."
ORACLE_HOURS="${1:-4}" cargo test --locked --release --test oracles -- --nocapture

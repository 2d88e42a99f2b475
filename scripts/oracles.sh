#!/usr/bin/env bash
# The oracles at full length: the lock against theory and an independent prototype (four simulated hours a point, with
# the tolerances that this length allows), and the published histogram of overlay hops (100,000 peers, 200,000
# lookups). A few minutes; `cargo test` runs half an hour a point and a smaller overlay. The argument: hours a point.
set -euo pipefail
cd "$(dirname "$0")/.."
export ORACLE_HOURS="${1:-4}"
cargo test --locked --release --test oracles --test overlay --test waiting --test engine -- \
  --include-ignored --nocapture

#!/usr/bin/env bash
# Rewrites the pinned digests, tables and transcripts, and the table in the README, from what the code does now. Look at
# `git diff` afterwards, and say in CHANGELOG.md under "Changed behaviour" why they moved.
set -euo pipefail
cd "$(dirname "$0")/.."
BLESS=1 cargo test --locked

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cargo run --locked --release -- run scenarios/churn.toml --quiet --out "$scratch" \
  | sed 's|^results .*|results  results/churn/seed-1|' >"$scratch/table.txt"
# The table is the README's block that opens with the name of the scenario.
awk -v table="$scratch/table.txt" '
  /^churn +clippee +seed 1$/ { while ((getline line < table) > 0) print line; inside = 1 }
  inside && /^```$/ { inside = 0 }
  !inside' README.md >"$scratch/README.md"
cat "$scratch/README.md" >README.md

git status --short tests README.md

#!/usr/bin/env bash
# Rewrites the pinned digests, tables and transcripts from what the code does now. Look at `git diff` afterwards, and
# say in CHANGELOG.md under "Changed behaviour" why they moved.
set -euo pipefail
cd "$(dirname "$0")/.."
BLESS=1 cargo test --locked
git status --short tests

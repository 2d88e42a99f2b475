#!/usr/bin/env bash
# The one command of the house: formatting, lints, tests, docs, and a smoke run compared byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "format"
cargo fmt --check

step "lints"
cargo clippy --locked --all-targets -- -D warnings

step "tests"
cargo test --locked

step "docs"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

step "smoke runs: debug and release, here and elsewhere, checked and not, give the same bytes"
cargo build --locked
cargo build --locked --release
top=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$top/target/release/clippee-sim" run scenarios/smoke.toml --quiet --out "$scratch/release" >"$scratch/release.txt"
(cd "$scratch" && "$top/target/debug/clippee-sim" run "$top/scenarios/smoke.toml" --out debug) \
  >"$scratch/debug.txt" 2>/dev/null
"$top/target/release/clippee-sim" run scenarios/smoke.toml --check --out "$scratch/checked" \
  >"$scratch/checked.txt" 2>/dev/null
same() { # all files of two results, but those that may differ
  diff -r --exclude=timing.json --exclude=checks.json "$1" "$2"
}
same "$scratch/release" "$scratch/debug"
same "$scratch/release" "$scratch/checked"
# The last line of a table says where the results are.
diff <(grep -v "^results " "$scratch/release.txt") <(grep -v "^results " "$scratch/debug.txt")

step "every scenario is the same twice, watched closely or not, in debug and in release"
verify() {
  set -- "$1" "$2" # One is too long for this: a hundredth of it must do.
  if [ "$2" = scenarios/million.toml ]; then
    set -- "$@" --set clients.count=10000 --set peers.count=200 --set workload.objects.count=10000
  fi
  build=$1
  shift
  "target/$build/clippee-sim" verify "$@" --quiet || exit 255 # which xargs stops at
}
export -f verify
for build in debug release; do
  printf "$build %s\n" scenarios/*.toml
done | sort -r | xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 bash -c 'verify "$@"' verify

step "the README shows what churn.toml gives"
"$top/target/release/clippee-sim" run scenarios/churn.toml --quiet --out "$scratch/readme" \
  | grep -v "^results " | while IFS= read -r line; do
  grep -qxF -- "$line" README.md || { printf 'not in README.md: %s\n' "$line"; exit 1; }
done

printf '\nAll checks passed.\n'

#!/usr/bin/env bash
# Runs the experiments E1 to E9 of scenarios/paper and leaves their tables, verdicts and figures in results/paper; with --quick,
# smaller grids and fewer seeds, in results/quick. Names of experiments choose some of them: `scripts/reproduce.sh --quick e3 e6`.
# What has been run is kept, and not run again: after a kill the same command goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

out=results/paper
if [[ ${1:-} == --quick ]]; then
  out=results/quick
  shift
fi
all=(e1 e2 e3 e4 e5 e6 e7 e8 e9)
chosen=("$@")
[[ $# -gt 0 ]] || chosen=("${all[@]}")

# What the quick form sweeps instead; no claim loses a point of its own.
grid() {
  case $1 in
    e1) echo 'clients.count=[1000, 3000, 9000, 11000, 30000]' ;;
    e2) echo 'zip.1={ clients.count = [1000, 3000, 10000, 30000], peers.count = [20, 60, 200, 600],
              workload.objects.count = [1000, 3000, 10000, 30000] }' ;;
    e7) echo 'zip.1={ clients.count = [10, 100, 1000, 10000], peers.count = [20, 20, 20, 200],
              workload.groups.sizes.fixed = [10, 100, 1000, 10000] }' ;;
  esac
}

cargo build --release --locked
for name in "${chosen[@]}"; do
  printf '\n== %s\n' "$name"
  options=(--out "$out")
  if [[ $out == results/quick ]]; then
    options+=(--set sweep.repeat=3 --set 'sweep.note=quick: 3 seeds, smaller grid')
    [[ -z $(grid "$name") ]] || options+=(--set "sweep.$(grid "$name")")
  fi
  target/release/clippee-sim sweep "scenarios/paper/$name.toml" "${options[@]}"
done

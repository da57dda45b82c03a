#!/bin/bash
# bench.sh: the load probe against `skeg apiserver` and, with UPSTREAM=DIR (a folder with bin/kube-apiserver and bin/etcd), against the
# real pair, turn about, each time with fresh data; prints medians, CPU of all server processes, and the ratio of the two.
# JUDGES names the folder that holds perf/ and upstream/; BENCH_RUNS (3) runs of each; more arguments for the probe: JUDGE_ARGS;
# BENCH_KEEP=DIR keeps what the probe printed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
JUDGES=${JUDGES:-$PWD/../shared}
UPSTREAM=${UPSTREAM:-}
runs=${BENCH_RUNS:-3}
[ -d "$JUDGES/perf" ] || { echo "make bench: there is no $JUDGES/perf: give the folder that holds it by JUDGES=DIR" >&2; exit 1; }
if [ -n "$UPSTREAM" ]; then
  for program in kube-apiserver etcd; do
    [ -x "$UPSTREAM/bin/$program" ] || { echo "make bench: there is no $UPSTREAM/bin/$program ($JUDGES/upstream/build.sh builds it)" >&2; exit 1; }
  done
  UPSTREAM=$(cd "$UPSTREAM" && pwd)
fi
build_skeg
CARGO_TARGET_DIR=$PWD/build/probe cargo build --quiet --release --manifest-path "$JUDGES/perf/probe/Cargo.toml"

state=$(mktemp -d)
out=${BENCH_KEEP:-$state/out}
mkdir -p "$out"
base=$((21000 + RANDOM % 8000))
url=https://127.0.0.1:$((base + 1))
server=
stop_skeg() {
  [ -z "$server" ] || { kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; }
  server=
}
stop_upstream() { [ ! -d "$state/upstream/run" ] || STATE=$state/upstream bash "$JUDGES/upstream/cp/down.sh"; }
finish() { stop_skeg; stop_upstream; rm -rf "$state"; }
trap finish EXIT

probe() { # SERVER CERTS PIDS
  # shellcheck disable=SC2086
  build/probe/release/probe --server "$1" --ca "$2/ca.crt" --cert "$2/admin.crt" --key "$2/admin.key" --pids "$3" ${JUDGE_ARGS:-}
}

milliseconds() { date +%s%3N; }
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
resident() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

start_skeg() { # leaves the time to /readyz, in ms, in $ready
  rm -rf "$state/data" "$state/kubeconfig"
  local began
  began=$(milliseconds)
  "$SKEG" apiserver --data-dir "$state/data" --bind-address 127.0.0.1 --secure-port $((base + 1)) \
    --write-kubeconfig "$state/kubeconfig" > "$state/skeg.log" 2>&1 &
  server=$!
  until [ "$(curl -sk -m 2 "$url/readyz")" = ok ]; do
    kill -0 "$server" 2> /dev/null || { cat "$state/skeg.log" >&2; exit 1; }
    [ $(($(milliseconds) - began)) -lt 10000 ] || { echo "skeg was not ready within 10 s" >&2; exit 1; }
    sleep 0.01
  done
  ready=$(($(milliseconds) - began))
}

bench_skeg() {
  start_skeg
  probe "$url" "$state/data/pki" "skeg=$server" > "$out/skeg.$1"
  stop_skeg
}

bench_upstream() {
  local up=$state/upstream
  BIN=$UPSTREAM/bin STATE=$up bash "$JUDGES/upstream/cp/up.sh" api "$base" > "$state/up.log"
  probe "https://127.0.0.1:$((base + 443))" "$up/certs" "etcd=$(cat "$up/run/etcd.pid"),apiserver=$(cat "$up/run/kube-apiserver.pid")" \
    > "$out/upstream.$1"
  stop_upstream
}

# An empty server left alone for a minute.
bench_alone() {
  local before
  start_skeg
  sleep 5
  before=$(ticks "$server")
  sleep 60
  echo "ready_ms=$ready idle_ticks=$(($(ticks "$server") - before)) resident_mib=$(resident "$server")" > "$out/alone.$1"
  stop_skeg
}

bench_alone 1
for run in $(seq "$runs"); do
  say "run $run of $runs"
  bench_skeg "$run"
  [ -z "$UPSTREAM" ] || bench_upstream "$run"
done
scripts/bench-table.py "$out"

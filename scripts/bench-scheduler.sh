#!/bin/bash
# bench-scheduler.sh: pods bound per second on simulated nodes by `skeg server` and, with UPSTREAM=DIR (a folder with bin/etcd,
# bin/kube-apiserver and bin/kube-scheduler), by the real API server and scheduler in the same run. JUDGES names the folder that holds
# upstream/cp; BENCH_NODES (500,5000), BENCH_CASES (basic,spreading,anti-affinity,affinity), BENCH_PODS (10000 for skeg) and
# BENCH_UPSTREAM_PODS (1000) say what is measured; BENCH_LIMIT (120) seconds are given to one measurement.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
JUDGES=${JUDGES:-$PWD/../shared}
UPSTREAM=${UPSTREAM:-}
if [ -n "$UPSTREAM" ]; then
  for program in etcd kube-apiserver kube-scheduler; do
    [ -x "$UPSTREAM/bin/$program" ] || { echo "bench-scheduler: there is no $UPSTREAM/bin/$program ($JUDGES/upstream/build.sh builds it)" >&2; exit 1; }
  done
  [ -f "$JUDGES/upstream/cp/up.sh" ] || { echo "bench-scheduler: there is no $JUDGES/upstream/cp/up.sh: give the folder that holds it by JUDGES=DIR" >&2; exit 1; }
  UPSTREAM=$(cd "$UPSTREAM" && pwd)
fi
build_skeg
exec scripts/bench-scheduler.py --skeg "$SKEG" --upstream "$UPSTREAM" --scripts "$JUDGES/upstream/cp" \
  --nodes "${BENCH_NODES:-500,5000}" --cases "${BENCH_CASES:-basic,spreading,anti-affinity,affinity}" \
  --pods "${BENCH_PODS:-10000}" --upstream-pods "${BENCH_UPSTREAM_PODS:-1000}" --limit "${BENCH_LIMIT:-120}"

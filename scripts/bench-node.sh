#!/bin/bash
# bench-node.sh: in a lab of its own (needs root and kubectl), as AT_REST and STARTING (yes) say:
# - what a node with PODS (30) running pods without probes costs while nothing happens: resident memory and CPU time a minute of
#   skeg's own process (containerd and the pods are not counted);
# - how long STARTS (100) pods of one container take that are created at once, beside the runtime's calls alone, and skeg's share
#   of the CPU time. BENCH_PODS names the program for it if it is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
PODS=${PODS:-30}
need_root
command -v kubectl > /dev/null || { echo "kubectl is missing: scripts/get-kubectl.sh fetches it" >&2; exit 1; }
build_skeg
if [ -z "${BENCH_PODS:-}" ] && [ "${STARTING:-yes}" = yes ]; then
  find_target
  RUSTFLAGS="-C target-feature=+crt-static ${RUSTFLAGS:-}" cargo build --quiet --release --locked -p skeg-node --example bench_pods --target "$TARGET"
  BENCH_PODS=${CARGO_TARGET_DIR:-$PWD/target}/$TARGET/release/examples/bench_pods
fi
export LAB=1 LAB_NAME=bench-$$
state=$(mktemp -d)
export DATA_DIR=$state/data KUBECONFIG=$state/kubeconfig
trap 'in_lab scripts/server.sh stop > /dev/null 2>&1 || true; lab_down > /dev/null; rm -rf "$state"' EXIT
lab_up > /dev/null
start() {
  in_lab scripts/server.sh start "$SKEG" server --data-dir "$DATA_DIR" --hostname-override bench \
    "--eviction-hard=memory.available<100Mi,nodefs.available<1%,imagefs.available<1%" --write-kubeconfig "$KUBECONFIG" > /dev/null
  for _ in $(seq 400); do [ ! -f "$KUBECONFIG" ] || break; sleep 0.05; done
  until in_lab kubectl get node bench > /dev/null 2>&1; do sleep 0.2; done
  in_lab kubectl wait --for=condition=Ready node/bench --timeout=60s > /dev/null
  # The images that Skeg brings along may come a moment after the node is ready.
  until in_lab ctr -a "$DATA_DIR/run/containerd.sock" -n k8s.io images ls -q | grep -q skeg.dev/pause:1; do sleep 0.1; done
}
start

if [ "${STARTING:-yes}" = yes ]; then
  starts=${STARTS:-100}
  # The runtime is asked while no kubelet looks on.
  in_lab scripts/server.sh stop > /dev/null
  in_lab "$BENCH_PODS" cri "$DATA_DIR/run/containerd.sock" "$starts" skeg.dev/pause:1 "$state/cri"
  start
  read -r inside _ < "$DATA_DIR/server.pid"
  in_lab "$BENCH_PODS" api "$KUBECONFIG" "$starts" skeg.dev/pause:1 "$inside"
  in_lab kubectl delete pods --all --wait > /dev/null
fi
[ "${AT_REST:-yes}" = yes ] || exit 0
in_lab kubectl create deployment idle --image=skeg.dev/pause:1 --replicas="$PODS" > /dev/null
in_lab kubectl rollout status deployment/idle --timeout=600s > /dev/null

# The server is the oldest process that runs this very program with this data directory.
server() {
  local process
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/exe" 2> /dev/null)" = "$(readlink -f "$SKEG")" ] || continue
    tr '\0' ' ' < "$process/cmdline" | grep -q "server --data-dir $DATA_DIR" && { echo "${process#/proc/}"; return; }
  done
}
pid=$(server)
ticks() { sed 's/.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}'; }
sleep 15
before=$(ticks); sleep 60; after=$(ticks)
awk -v pods="$PODS" -v ticks=$((after - before)) -v hertz="$(getconf CLK_TCK)" -v kib="$(awk '/VmRSS/ {print $2}' "/proc/$pid/status")" \
  'BEGIN { printf "%d pods at rest: %.1f MiB resident, %.2f CPU-seconds a minute\n", pods, kib / 1024, ticks / hertz }'

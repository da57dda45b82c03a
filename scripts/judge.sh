#!/bin/bash
# judge.sh fidelity|convergence|nodelife: runs a recorded corpus against a fresh server on loopback (the load probe: bench.sh).
# JUDGES names the folder that holds them (fidelity/, convergence/); more arguments for the runner: JUDGE_ARGS
# (NODELIFE_ARGS for nodelife, which needs root: its node runs in a lab with containerd 2.1 and runc 1.3 of Debian sid).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
JUDGES=${JUDGES:-$PWD/../shared}
what=${1:-}
case $what in fidelity | convergence | nodelife) ;; *) echo "usage: judge.sh fidelity|convergence|nodelife" >&2; exit 2 ;; esac
[ -d "$JUDGES/$what" ] || { echo "make $what: there is no $JUDGES/$what: give the folder that holds it by JUDGES=DIR" >&2; exit 1; }
build_skeg

state=$(mktemp -d)
server=
finish() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; rm -rf "$state"; }
trap finish EXIT
port=$((20000 + RANDOM % 10000))
url=https://127.0.0.1:$port

start() {
  "$SKEG" "$@" --data-dir "$state/data" --bind-address 127.0.0.1 --secure-port "$port" \
    --write-kubeconfig "$state/kubeconfig" > "$state/log" 2>&1 &
  server=$!
  for _ in $(seq 200); do
    [ ! -f "$state/kubeconfig" ] || return 0
    kill -0 "$server" 2>/dev/null || { cat "$state/log" >&2; exit 1; }
    sleep 0.05
  done
  echo "the server was not ready within 10 s" >&2; exit 1
}
pki() { echo "$state/data/pki/$1"; }

# A node with sid's runtime in a lab; the lab and all in it go when this ends.
nodelife() {
  need_root
  export LAB=1 LAB_NAME=nodelife-$$ DATA_DIR=$state/data SKEG_LAB_HOSTNAME=na
  # Containers with a user namespace of their own have to pass through it.
  chmod 711 "$state"
  [ -x build/sid/bin/containerd ] || LAB_HOME=$PWD/build bash "$JUDGES/upstream/lab/get.sh"
  [ -f build/busybox.tar ] || bash "$JUDGES/nodelife/image.sh" build/busybox.tar
  trap 'in_lab scripts/server.sh stop || true; lab_down; finish' EXIT
  lab_up
  # The settings that the recordings were made with.
  echo "nameserver 192.0.2.53" > "$state/resolv.conf"
  cat > "$state/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
resolvConf: $state/resolv.conf
serializeImagePulls: false
registryPullQPS: 0
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
EOF
  PATH=$PWD/build/sid/bin:$PATH in_lab scripts/server.sh start "$SKEG" server --data-dir "$DATA_DIR" --hostname-override na \
    --service-cluster-ip-range 10.96.0.0/12 --config "$state/kubelet.yaml" --write-kubeconfig "$state/kubeconfig"
  for _ in $(seq 1200); do [ -S "$DATA_DIR/run/containerd.sock" ] && [ -f "$state/kubeconfig" ] && break; sleep 0.05; done
  images() { in_lab build/sid/bin/ctr -a "$DATA_DIR/run/containerd.sock" -n k8s.io images "$@"; }
  images import build/busybox.tar > /dev/null
  # The nodes of the recordings had pulled it, which notes it by its digest too.
  images ls | awk '$1 ~ /busybox:/ { print $1, $3; exit }' | { read -r name digest; images tag "$name" "${name%:*}@$digest" > /dev/null; }
  # The node tells of its images in its own rhythm.
  for _ in $(seq 300); do
    in_lab curl -s --cacert "$(pki ca.crt)" --cert "$(pki admin.crt)" --key "$(pki admin.key)" \
      https://127.0.0.1:6443/api/v1/nodes/na | grep -q 'busybox@sha256' && break
    sleep 0.1
  done
  # shellcheck disable=SC2086
  in_lab python3 "$JUDGES/nodelife/run.py" --server https://127.0.0.1:6443 --ca "$(pki ca.crt)" --cert "$(pki admin.crt)" \
    --key "$(pki admin.key)" --have busybox ${NODELIFE_ARGS:---quiet} || true
}

case $what in
  nodelife) nodelife ;;
  fidelity)
    run() {
      start apiserver --token-auth-file "$JUDGES/fidelity/users.csv" --service-cluster-ip-range 10.96.0.0/16 \
        --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction
      # shellcheck disable=SC2086
      python3 "$JUDGES/fidelity/run.py" --server "$url" --ca "$(pki ca.crt)" "$@" ${JUDGE_ARGS:-} || true
      kill "$server"; wait "$server" 2>/dev/null || true
      rm -rf "$state/data" "$state/kubeconfig"
    }
    echo "The cases of slice-1:"; run --names "$JUDGES/fidelity/slice-1.txt"
    echo "All cases:"; run
    server=
    ;;
  convergence)
    start server --disable=kubelet,proxy,dns --advertise-address 127.0.0.1 --service-cluster-ip-range 10.96.0.0/12 \
      --node-monitor-period 1s --node-monitor-grace-period 10s --node-eviction-rate 5 \
      '--controllers=*,bootstrapsigner,tokencleaner'
    # shellcheck disable=SC2086
    python3 "$JUDGES/convergence/run.py" --server "$url" --ca "$(pki ca.crt)" --cert "$(pki admin.crt)" --key "$(pki admin.key)" \
      ${JUDGE_ARGS:---quiet} || true
    ;;
esac

#!/bin/bash
# make run: a one-node cluster in the background with a sample application that answers through its Service.
# LAB=1 runs it in network and mount namespaces of its own. DATA_DIR, PORT choose where.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

need_root
scripts/install-deps.sh
build_skeg
lab_up

if in_lab scripts/server.sh running; then
  say "The cluster is running already (data in $DATA_DIR)."
else
  say "Starting the cluster (data in $DATA_DIR, log in $LOG)"
  # shellcheck disable=SC2086
  in_lab scripts/server.sh start "$SKEG" server --data-dir "$DATA_DIR" --secure-port "$PORT" \
    --write-kubeconfig "$KUBECONFIG_FILE" --cgroup-root "$CGROUP_ROOT" ${SKEG_ARGS:-}
fi
if ! in_lab "$SKEG" sample --kubeconfig "$KUBECONFIG_FILE" --wait-for-server; then
  echo "make run: the sample did not come up; the last lines of $LOG:" >&2
  tail -n 15 "$LOG" >&2
  exit 1
fi
hints

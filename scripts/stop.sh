#!/bin/bash
# make stop: ends the cluster and removes everything that it started; PURGE=1 removes its data too.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

need_root
find_skeg
lab_is_up || { say "Nothing is running: the lab $LAB_NAME is not up."; exit 0; }
in_lab scripts/server.sh stop
purge=()
[ "${PURGE:-}" = 1 ] && purge=(--purge)
in_lab "$SKEG" cleanup --data-dir "$DATA_DIR" --cgroup-root "$CGROUP_ROOT" "${purge[@]}"
lab_down
say "Stopped."

#!/bin/bash
# make test: every test of the workspace. Those with kubectl use 1.36 (downloaded into build/) and 1.32 where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if kubectl=$(scripts/get-kubectl.sh); then
  export SKEG_KUBECTL_1_36=$kubectl
else
  echo "SKIPPED: tests with kubectl 1.36: its package could not be downloaded; check the network and run 'make test' again" >&2
fi
exec cargo test --workspace --locked --quiet --no-fail-fast ${TEST_ARGS:-}

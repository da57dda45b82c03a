#!/bin/bash
# make test: every test of the workspace. Those with kubectl use 1.36 (downloaded into build/) and 1.32 where it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if kubectl=$(scripts/get-kubectl.sh); then
  export SKEG_KUBECTL_1_36=$kubectl
else
  echo "SKIPPED: tests with kubectl 1.36: its package could not be downloaded; check the network and run 'make test' again" >&2
fi
# shellcheck disable=SC2086
cargo test --workspace --locked --quiet --no-fail-fast ${TEST_ARGS:-}
# Then every fuzzer for a minute, from a seed that is another one each day; a failure prints it.
if [ -z "${TEST_ARGS:-}" ]; then
  export SKEG_FUZZ_SECONDS=${SKEG_FUZZ_SECONDS:-60} SKEG_FUZZ_SEED=${SKEG_FUZZ_SEED:-$(date +%Y%m%d)}
  exec cargo test --locked --quiet -p skeg-model -p skeg-storage -p skeg-node --test fuzz -- --test-threads=7
fi

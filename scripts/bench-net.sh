#!/bin/bash
# make bench-net: the node's network on this machine's kernel, in a network namespace of its own: Services into nftables, and
# the DNS server on one thread. SERVICES and SECONDS_EACH choose how much; BENCH_NET names a program that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
need_root
if [ -z "${BENCH_NET:-}" ]; then
  find_target
  say "Building the measurement (optimised)"
  RUSTFLAGS="-C target-feature=+crt-static ${RUSTFLAGS:-}" cargo build --quiet --release --locked -p skeg-node --example bench_net --target "$TARGET"
  BENCH_NET=${CARGO_TARGET_DIR:-$PWD/target}/$TARGET/release/examples/bench_net
fi
own_network() { unshare --net -- bash -c 'ip link set lo up && exec "$@"' bash "$@"; }
own_network "$BENCH_NET" services "${SERVICES:-1000}"
own_network "$BENCH_NET" dns "${SECONDS_EACH:-5}"

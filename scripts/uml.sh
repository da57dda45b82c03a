#!/bin/bash
# make v2: a node under cgroup version 2, in a user-mode-linux guest of this machine's own files (read-only; all that it writes
# lies in its memory). A pod with limits runs, is throttled, is killed for memory and reported. SKEG_BIN names a static binary.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
skip() { say "SKIPPED: make v2: $*"; exit 0; }
need_root
[ "$(uname -m)" = x86_64 ] || skip "Debian has user-mode-linux for x86_64 alone"
build_skeg

# The guest's kernel: Debian's package, unpacked beside the build; nothing of it is installed.
uml=$PWD/build/uml
if [ ! -x "$uml/usr/bin/linux.uml" ]; then
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "the guest's kernel is Debian's package user-mode-linux: unpack it into $uml"
  mkdir -p "$uml"
  (cd "$uml" && apt-get download --quiet user-mode-linux >apt.log 2>&1) || skip "user-mode-linux cannot be downloaded ($(tail -n 1 "$uml/apt.log")): check apt's sources"
  dpkg-deb -x "$uml"/user-mode-linux_*.deb "$uml"
fi

preload=
if grep -qw amx_tile /proc/cpuinfo; then
  command -v cc >/dev/null || skip "on this processor the guest's kernel needs a helper that is compiled: apt-get install gcc libc6-dev"
  cc -O2 -shared -fPIC -o "$uml/ptrace.so" scripts/uml-ptrace.c
  preload=$uml/ptrace.so
fi

log=$(mktemp)
memory=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$log" "$memory"' EXIT
say "Booting a guest with cgroup version 2"
# The guest's physical memory is a file below TMPDIR.
TMPDIR=$memory timeout "${LIMIT:-300}" env LD_PRELOAD="$preload" "$uml/usr/bin/linux.uml" mem="${MEMORY:-2048M}" root=/dev/root rootfstype=hostfs rootflags=/ ro quiet \
  con=null con0=null,fd:1 init="$PWD/scripts/uml-init.sh" "SKEG_BIN=$(realpath "$SKEG")" "SKEG_UML=$uml" "SKEG_TRIES=${TRIES:-600}" </dev/null >"$log" 2>&1 || true
tr -d '\r' <"$log" | grep '^v2:' || true
if ! grep -q '^v2: PASSED' "$log"; then
  tail -n 40 "$log" >&2
  exit 1
fi

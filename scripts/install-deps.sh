#!/bin/bash
# Installs what a node needs and what is not there yet: containerd, runc, nftables and the tools of labs. Debian's packages.
# Prints one line per step; nothing when all is there. Ends with one line that says what to do when it cannot.
set -euo pipefail
fail() { echo "install-deps: $*" >&2; exit 1; }

# program:package
NEEDS="containerd:containerd containerd-shim-runc-v2:containerd ctr:containerd runc:runc nft:nftables ip:iproute2
unshare:util-linux nsenter:util-linux mount:mount find:findutils setsid:util-linux curl:curl"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing() {
    local need
    for need in $NEEDS; do
        command -v "${need%%:*}" >/dev/null || echo "${need##*:}"
    done | sort -u | tr '\n' ' '
}

packages=$(missing)
[ -n "$packages" ] || exit 0
names=${packages% }
[ "$(id -u)" = 0 ] || fail "$names must be installed: run this as root, or install them yourself"
command -v apt-get >/dev/null || fail "$names must be installed with this system's package manager (apt-get is not here)"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# A service manager must not start the distribution's own containerd or load its firewall: Skeg brings up its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$log" "$policy"' EXIT
fi
step() {
    echo "$1"
    shift
    "$@" >"$log" 2>&1 || fail "'$*' failed: $(grep -E '^(E|W):' "$log" | tail -n 1 || tail -n 1 "$log"); check the network and apt's sources, then run this again"
}
# The lists of a fresh system are empty; those of an older one may name packages that are gone.
# shellcheck disable=SC2086
if ! apt-get install --simulate --quiet $names >/dev/null 2>&1; then
    step "Reading package lists" apt-get update --quiet
fi
# shellcheck disable=SC2086
step "Installing $names" apt-get install --quiet --yes --no-install-recommends $names
packages=$(missing)
[ -z "$packages" ] || fail "${packages% } were installed but their programs are not on PATH"

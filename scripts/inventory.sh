#!/bin/bash
# inventory.sh FOLDER…: what exists in the namespaces that this runs in, one line each, sorted: processes with their start times,
# namespaces, mounts, cgroups, packet-filter tables and their elements, links, addresses, routes, and the files of FOLDERs.
# Two inventories that are the same say that nothing was left in between: things are told apart by identity, not by name.
set -euo pipefail
own=$$

processes() {
  local dir pid stat
  for dir in /proc/[0-9]*; do
    pid=${dir#/proc/}
    stat=$(cat "$dir/stat" 2>/dev/null) || continue
    # Neither this script nor those that started it or were started by it.
    [ "$pid" != "$own" ] && [ "$(parent "$stat")" != "$own" ] && ! is_above "$pid" || continue
    echo "process $pid born $(start "$stat"): $(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null | cut -c 1-120)"
    namespaces "$dir"
  done
}
parent() { local rest=${1##*) }; echo "$rest" | cut -d' ' -f2; }
start() { local rest=${1##*) }; echo "$rest" | cut -d' ' -f20; }
is_above() {
  local pid=$own stat
  while [ "$pid" -gt 1 ]; do
    stat=$(cat "/proc/$pid/stat") || return 1
    pid=$(parent "$stat")
    [ "$pid" != "$1" ] || return 0
  done
  return 1
}
namespaces() {
  local kind name
  for kind in net mnt pid uts ipc cgroup; do
    name=$(readlink "$1/ns/$kind" 2>/dev/null) && echo "namespace $name" || true
  done
}
mounts() { cut -d' ' -f4- /proc/self/mountinfo | sed 's/^/mount /'; }
cgroups() { find /sys/fs/cgroup -type d -printf 'cgroup %p %i\n'; }
filters() {
  local table
  nft list tables 2>/dev/null | while read -r _ family name; do
    echo "table $family $name"
    # The kernel lists a set's elements in no order: each has a line.
    nft list table "$family" "$name" | sed 's/elements = {//; s/}$//' | tr ',' '\n' | sed "s/^[ \t]*/table $name: /"
  done
}
network() {
  ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/link \1/'
  ip -o -4 addr | awk '{print "address", $2, $4}'
  ip -4 route show table all | sed 's/^/route /'
  find /run/netns /var/run/netns -maxdepth 1 -type f -printf 'file %p\n' 2>/dev/null || true
}
files() { local dir; for dir in "$@"; do [ ! -e "$dir" ] || find "$dir" -xdev -printf 'file %p\n'; done; }

{
  processes
  mounts
  cgroups
  filters
  network
  files "$@" /run/containerd /var/lib/containerd /var/lib/kubelet /var/lib/cni /etc/cni/net.d /var/log/pods /var/log/containers
} | sort -u

#!/bin/bash
# First process of the guest that uml.sh boots: the machine's own files, read-only, with cgroup version 2 alone; a skeg server
# whose pods have limits. Prints one line per thing that was seen, starting with `v2:`, and powers the guest off.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
say() { echo "v2: $*"; }
power_off() {
  sync
  perl -e 'syscall(169, 0xfee1dead, 672274793, 0x4321fedc)'
}
trap power_off EXIT
failed() {
  say "FAILED: $*"
  tail -n 30 /tmp/skeg.log 2>/dev/null
  exit 1
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm && mount -t devpts devpts /dev/pts && mount -t tmpfs tmpfs /dev/shm
for dir in /tmp /run /var/lib /var/log /opt /mnt; do mount -t tmpfs -o mode=755 tmpfs "$dir"; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup || failed "no unified hierarchy"
mount --make-rshared /

# A module with those that it needs, listed first in reverse order: kmod may not be installed.
load() {
  local modules line file
  modules=$SKEG_UML/usr/lib/uml/modules/$(uname -r)
  line=$(grep "/$1\.ko:" "$modules/modules.dep") || { say "no module $1"; return; }
  for file in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do
    perl -e 'open(my $f, "<", $ARGV[0]) or exit 1; my $none = ""; syscall(313, fileno($f), $none, 0)' "$modules/$file"
  done
}
for module in overlay veth dummy nf_tables; do load "$module"; done
# The server's processes are not the root's: a cgroup with processes hands no controllers down.
mkdir /sys/fs/cgroup/server && echo $$ >/sys/fs/cgroup/server/cgroup.procs
hostname guest
ip link set lo up
ip link add eth0 type dummy && ip addr add 172.31.255.2/24 dev eth0 && ip link set eth0 up && ip route add default dev eth0
say "kernel $(uname -r), controllers: $(cat /sys/fs/cgroup/cgroup.controllers), $(containerd --version | cut -d' ' -f3), $(runc --version | head -1)"

# Without network translation in this kernel there are no Services and no pod network; pods share the node's.
setsid "$SKEG_BIN" server --data-dir /tmp/data --hostname-override guest --disable=proxy,dns --write-kubeconfig /tmp/kubeconfig >/tmp/skeg.log 2>&1 </dev/null &
api() {
  local method=$1 path=$2
  shift 2
  curl -sk --max-time 10 -X "$method" --cert /tmp/data/pki/admin.crt --key /tmp/data/pki/admin.key \
    -H 'Content-Type: application/yaml' "https://127.0.0.1:6443$path" "$@"
}
# Waits for up to two minutes until a command's output has a text.
await() {
  local wanted=$1 n
  shift
  for n in $(seq ${SKEG_TRIES:-600}); do
    "$@" 2>/dev/null | tr -d ' \n' | grep -q -- "$wanted" && return 0
    sleep 0.2
  done
  return 1
}
await ok api GET /readyz || failed "the API server does not answer"
await '"uid"' api GET /api/v1/nodes/guest || failed "the node does not register"
await '"uid"' api GET /api/v1/namespaces/default/serviceaccounts/default || failed "there is no service account"

pod() {
  local name=$1 command=$2 limits=$3
  api POST /api/v1/namespaces/default/pods --data-binary @- >/tmp/"$name".json <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $name}
spec:
  nodeName: guest
  hostNetwork: true
  restartPolicy: Never
  automountServiceAccountToken: false
  tolerations: [{operator: Exists}]
  containers:
  - name: c
    image: skeg.dev/web:1
    imagePullPolicy: IfNotPresent
    command: $command
    resources: {limits: $limits}
    volumeMounts:
    - {name: usr, mountPath: /usr, readOnly: true}
    - {name: lib, mountPath: /lib, readOnly: true}
    - {name: lib64, mountPath: /lib64, readOnly: true}
  volumes:
  - {name: usr, hostPath: {path: /usr}}
  - {name: lib, hostPath: {path: /lib}}
  - {name: lib64, hostPath: {path: /lib64}}
YAML
  grep -q '"uid"' /tmp/"$name".json || failed "pod $name is refused: $(cat /tmp/"$name".json)"
}
status() { api GET "/api/v1/namespaces/default/pods/$1"; }
uid() { status "$1" | tr -d ' \n' | sed 's/.*"uid":"\([^"]*\)".*/\1/'; }

pod busy '[/usr/bin/sha256sum, /dev/zero]' '{cpu: 200m, memory: 64Mi}'
await '"phase":"Running"' status busy || failed "the pod with limits does not run: $(status busy | tail -c 1500)"
group=/sys/fs/cgroup/kubepods/pod$(uid busy)
container=$(find "$group" -mindepth 1 -maxdepth 1 -type d -exec sh -c 'grep -q . "$1/cgroup.procs" && grep -qs sha256sum "/proc/$(head -n 1 "$1/cgroup.procs")/comm" && echo "$1"' sh {} \;)
[ -n "$container" ] || failed "the container has no cgroup below $group"
say "pod: cpu.max $(cat "$group/cpu.max"), memory.max $(cat "$group/memory.max"), cpu.weight $(cat "$group/cpu.weight")"
say "container: cpu.max $(cat "$container/cpu.max"), memory.max $(cat "$container/memory.max")"
[ "$(cat "$group/cpu.max") $(cat "$group/memory.max")" = "20000 100000 67108864" ] || failed "those are not the pod's limits"
throttled() { awk '/^nr_throttled/ {print $2}' "$container/cpu.stat"; }
for _ in $(seq 100); do [ "$(throttled)" -gt 10 ] && break; sleep 0.2; done
[ "$(throttled)" -gt 10 ] || failed "the container is not throttled"
say "throttled in $(throttled) of $(awk '/^nr_periods/ {print $2}' "$container/cpu.stat") periods"

# What the node's server tells of the container, read from this hierarchy.
api GET /api/v1/nodes/guest/proxy/metrics/cadvisor >/tmp/cadvisor
series() { awk -v name="$1" 'index($0, name "{") == 1 && /container="c"/ && /pod="busy"/ { print $(NF - ($NF > 1e11)); exit }' /tmp/cadvisor; }
for name in container_cpu_usage_seconds_total container_cpu_cfs_throttled_periods_total container_cpu_cfs_periods_total \
  container_memory_working_set_bytes container_memory_usage_bytes container_processes container_threads; do
  awk -v value="$(series $name)" 'BEGIN { exit !(value > 0) }' || failed "$name of the container is \"$(series $name)\": $(grep -c . /tmp/cadvisor) lines, $(grep "^$name" /tmp/cadvisor | head -n 3)"
done
[ "$(series container_spec_memory_limit_bytes) $(series container_spec_cpu_quota)" = "67108864 20000" ] ||
  failed "its limits are told as $(series container_spec_memory_limit_bytes) bytes and a quota of $(series container_spec_cpu_quota)"
say "cAdvisor: $(series container_cpu_usage_seconds_total) s used, $(series container_cpu_cfs_throttled_periods_total) periods throttled, $(series container_memory_working_set_bytes) bytes of $(series container_spec_memory_limit_bytes), $(grep -c '^container_' /tmp/cadvisor) series"

pod hog '[/usr/bin/tail, /dev/zero]' '{memory: 32Mi}'
await '"reason":"OOMKilled"' status hog || failed "the out-of-memory kill is not reported: $(status hog | tail -c 1500)"
status hog | tr -d ' \n' | grep -q '"exitCode":137' || failed "the exit code is not 137"
await '"phase":"Failed"' status hog || failed "the pod has not failed"
say "out of memory: $(status hog | tr -d ' \n' | grep -o '"terminated":{[^}]*}')"

api DELETE '/api/v1/namespaces/default/pods/busy?gracePeriodSeconds=1' >/dev/null
api DELETE '/api/v1/namespaces/default/pods/hog?gracePeriodSeconds=1' >/dev/null
await '"code":404' status busy || failed "the pod does not go"
for _ in $(seq 50); do [ -d "$group" ] || break; sleep 0.2; done
[ ! -d "$group" ] || failed "the cgroup of the pod that is gone stays"
say "the pod's cgroup went with it"
say PASSED

#!/bin/bash
# A lab: network, mount and process namespaces in which a whole node runs without touching the machine's own network.
#   lab.sh up NAME          makes the lab (its only way out is a default route into a fabric namespace of its own)
#   lab.sh exec NAME CMD…   runs a command in it; SIGTERM and SIGHUP are passed on
#   lab.sh pid NAME         the process id of the lab's first process
#   lab.sh down NAME        ends every process in it and removes all that it left
# Its host name is the machine's, or $SKEG_LAB_HOSTNAME as it was when the lab came up.
# State lies in $SKEG_LAB_DIR (default /run/skeg-lab). Processes are recognised by id and start time, never by name.
set -eu
fail() { echo "lab: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "namespaces need root"
verb=${1:-}; name=${2:-}
case $verb in up | exec | pid | down) ;; *) fail "usage: lab.sh up|exec|pid|down NAME [COMMAND…]" ;; esac
[[ $name =~ ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "a lab's name is a short DNS label, not '$name'"
for program in unshare nsenter ip mount; do
    command -v "$program" >/dev/null || fail "$program is missing (Debian: apt-get install util-linux iproute2)"
done
dir=${SKEG_LAB_DIR:-/run/skeg-lab}/$name

started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() { [ -n "${1:-}" ] && [ -n "${2:-}" ] && [ "$(started "$1")" = "$2" ]; }
# The recorded process of a file, if it is still the same one.
recorded() { local pid start; read -r pid start 2>/dev/null <"$1" && alive "$pid" "$start" && echo "$pid"; }
record() { echo "$1 $(started "$1")" >"$2"; }

# Private folders over those that container runtimes use by fixed names.
PRIVATE="/run/containerd /var/lib/containerd /var/lib/kubelet /var/log/pods /var/log/containers /etc/cni/net.d /var/lib/cni"

# The machine's cgroup hierarchies: a folder each under version 1 and in the hybrid layout, one under version 2.
hierarchies() {
    local mount
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo /sys/fs/cgroup
    else
        for mount in /sys/fs/cgroup/*/; do
            [ ! -e "$mount/cgroup.procs" ] || [ -L "${mount%/}" ] || echo "${mount%/}"
        done
    fi
}

# The lab's own cgroup in each hierarchy is its root; its processes lie in `lab` below, as version 2 wants.
make_cgroups() {
    local hierarchy group file
    for hierarchy in $(hierarchies); do
        for group in "$hierarchy/skeg-lab-$name" "$hierarchy/skeg-lab-$name/lab"; do
            mkdir -p "$group"
            for file in cpuset.cpus cpuset.mems; do
                [ "${hierarchy##*/}" != cpuset ] || cat "$group/../$file" >"$group/$file"
            done
        done
    done
}
join_cgroups() { for hierarchy in $(hierarchies); do echo $$ >"$hierarchy/skeg-lab-$name/$1/cgroup.procs"; done; }

# Mounts the hierarchies anew, as the lab's cgroup namespace shows them.
mount_cgroups() {
    local names hierarchy controller
    names=$(hierarchies)
    # Programs look for the first mount of a hierarchy: the machine's must not lie hidden below the lab's.
    umount --recursive --lazy /sys
    mount -t sysfs sysfs /sys
    if [ "$names" = /sys/fs/cgroup ]; then
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        return
    fi
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    for hierarchy in $names; do
        mkdir "$hierarchy"
        controller=${hierarchy##*/}
        case $controller in
        unified) mount -t cgroup2 cgroup2 "$hierarchy" ;;
        systemd) mount -t cgroup -o none,name=systemd cgroup "$hierarchy" ;;
        *) mount -t cgroup -o "$controller" cgroup "$hierarchy" ;;
        esac
    done
}

inside() {
    # First process of the lab, in its new namespaces; waits for its network, then for its end.
    mount --make-rslave /
    mount_cgroups
    for path in $PRIVATE; do
        [ -d "$path" ] || continue
        mount -t tmpfs -o mode=755 lab "$path"
    done
    [ -d /run/containerd ] || { [ -w /run ] && mkdir -p /run/containerd && touch "$dir/made-run-containerd" && mount -t tmpfs lab /run/containerd; }
    mount --make-rshared /
    ip link set lo up
    [ -z "${SKEG_LAB_HOSTNAME:-}" ] || echo "$SKEG_LAB_HOSTNAME" >/proc/sys/kernel/hostname
    echo ready >"$dir/ready"
    # Reaps what is orphaned into the lab until it is ended from outside.
    trap '' HUP INT TERM
    while :; do sleep infinity & wait $! || true; done
}

up() {
    [ -z "$(recorded "$dir/fabric" || true)$(recorded "$dir/node" || true)" ] || fail "$name is up already"
    rm -rf "$dir"; mkdir -p "$dir"; chmod 700 "$dir"
    trap 'down >/dev/null 2>&1 || true' ERR
    mkfifo "$dir/ready"
    setsid unshare --net sleep infinity </dev/null >/dev/null 2>&1 &
    local fabric=$!
    record "$fabric" "$dir/fabric"
    make_cgroups
    setsid env "SKEG_LAB_INSIDE=$dir" bash "$0" exec "$name" </dev/null >"$dir/log" 2>&1 &
    local keeper=$!
    record "$keeper" "$dir/keeper"
    timeout 20 cat "$dir/ready" >/dev/null || { cat "$dir/log" >&2; fail "the lab did not come up"; }
    local node
    node=$(cat "/proc/$keeper/task/$keeper/children"); node=${node// /}
    record "$node" "$dir/node"
    # The fabric is the lab's outer world: a gateway that answers, and nothing beyond it.
    while [ "$(readlink "/proc/$fabric/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
    in_net() { nsenter --target "$1" --net "${@:2}"; }
    in_net "$fabric" ip link add gw0 type veth peer name eth0 netns "$node"
    in_net "$fabric" ip addr add 172.31.255.1/24 dev gw0
    in_net "$fabric" ip link set gw0 up
    in_net "$fabric" ip link set lo up
    in_net "$node" ip addr add 172.31.255.2/24 dev eth0
    in_net "$node" ip link set eth0 up
    in_net "$node" ip route add default via 172.31.255.1
    echo "lab $name is up"
}

enter() {
    local node nsenter code
    node=$(recorded "$dir/node") || fail "$name is not up"
    join_cgroups lab
    set -- nsenter --target "$node" --net --mount --pid --uts --cgroup --wd="$PWD" -- "$@"
    # At a terminal its keys reach the command anyway; elsewhere signals to this script are passed on into the lab.
    [ ! -t 0 ] || exec "$@"
    "$@" <&0 &
    nsenter=$!
    trap 'forward "$nsenter" TERM' TERM
    trap 'forward "$nsenter" HUP' HUP
    while :; do
        code=0
        wait "$nsenter" || code=$?
        kill -0 "$nsenter" 2>/dev/null || exit "$code"
    done
}

# Signals what a process started.
forward() {
    local child
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do kill -"$2" "$child" 2>/dev/null || true; done
}

end() {
    local pid
    pid=$(recorded "$1") || return 0
    kill -9 "$pid" 2>/dev/null || true
    for _ in $(seq 100); do recorded "$1" >/dev/null || return 0; sleep 0.05; done
    fail "process $pid does not end"
}

down() {
    [ -d "$dir" ] || { echo "lab $name is not there"; return 0; }
    # Everything in the lab's process namespace ends with its first process; mounts and links end with their namespaces.
    end "$dir/node"; end "$dir/keeper"; end "$dir/fabric"
    # Cgroups outlive their processes: a lab's lie under a root of their own.
    local root group
    for root in /sys/fs/cgroup/skeg-lab-"$name" /sys/fs/cgroup/*/skeg-lab-"$name"; do
        [ -d "$root" ] || continue
        for _ in $(seq 40); do
            find "$root" -depth -type d 2>/dev/null | while read -r group; do rmdir "$group" 2>/dev/null || true; done
            [ -d "$root" ] || break
            sleep 0.05
        done
        [ ! -d "$root" ] || fail "cgroup $root is still in use"
    done
    [ ! -e "$dir/made-run-containerd" ] || rmdir /run/containerd 2>/dev/null || true
    rm -rf "$dir"
    # The folder of labs goes with the last one.
    rmdir "${dir%/*}" 2>/dev/null || true
    echo "lab $name is gone"
}

case $verb in
up) up ;;
pid) recorded "$dir/node" || fail "$name is not up" ;;
down) down ;;
exec)
    if [ "${SKEG_LAB_INSIDE:-}" = "$dir" ] && [ $$ = 1 ]; then
        unset SKEG_LAB_INSIDE
        inside
    elif [ "${SKEG_LAB_INSIDE:-}" = "$dir" ]; then
        # The cgroup that a process is in becomes the root of the namespace that it makes.
        join_cgroups .
        exec unshare --cgroup bash -c "for h in $(hierarchies | tr '\n' ' '); do echo \$\$ >\$h/skeg-lab-$name/lab/cgroup.procs; done
            exec unshare --net --mount --pid --uts --fork --kill-child --mount-proc --propagation slave bash '$0' exec '$name'"
    else
        shift 2
        [ $# -gt 0 ] || fail "exec needs a command"
        enter "$@"
    fi
    ;;
esac

#!/bin/bash
# The server's life by process id and start time, as seen where this runs (in a lab: by the lab's own process ids).
#   server.sh start BIN ARGS…   starts it in a session of its own        server.sh stop      ends it, waits up to 12 s
#   server.sh running           exits 0 while it runs
# DATA_DIR says which; its record is $DATA_DIR/server.pid, its log $DATA_DIR/skeg.log.
set -euo pipefail
: "${DATA_DIR:?}"
record=$DATA_DIR/server.pid
log=$DATA_DIR/skeg.log

# Field 22 of /proc/PID/stat: a process id that was given out again has another start time.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
running() {
  local pid born
  [ -f "$record" ] || return 1
  read -r pid born < "$record" || return 1
  [ -n "$born" ] && [ "$(start_time "$pid")" = "$born" ] && grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null
}

case ${1:-} in
  start)
    shift
    mkdir -p "$DATA_DIR"
    # One that was killed holds its port until its last thread is gone.
    if [ -f "$record" ] && read -r pid born < "$record"; then
      for _ in $(seq 500); do [ "$(start_time "$pid")" = "$born" ] && ! running || break; sleep 0.02; done
    fi
    setsid "$@" >> "$log" 2>&1 < /dev/null &
    echo "$! $(start_time $!)" > "$record"
    ;;
  running) running ;;
  stop)
    running || { rm -f "$record"; exit 0; }
    read -r pid _ < "$record"
    echo "Stopping the server (process $pid)"
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 120); do running || break; sleep 0.1; done
    ! running || kill -KILL "$pid" 2>/dev/null || true
    rm -f "$record"
    ;;
  *) echo "usage: server.sh start BIN ARGS… | running | stop" >&2; exit 2 ;;
esac

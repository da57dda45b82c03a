# Shared by run.sh and stop.sh: where things are, and the server's life by pid and start time.
DATA_DIR=${DATA_DIR:-/var/lib/skeg}
PORT=${PORT:-6443}
LAB=${LAB:-}
LAB_NAME=${LAB_NAME:-skeg-lab}
[ -z "$LAB" ] || DATA_DIR=${LAB_DATA_DIR:-$DATA_DIR-lab}
LOG=$DATA_DIR/skeg.log
KUBECONFIG_FILE=$DATA_DIR/admin.kubeconfig
SERVER_RECORD=$DATA_DIR/server.pid
TARGET=$(rustc -vV 2>/dev/null | sed -n 's/^host: //p')

say() { printf '%s\n' "$*"; }

need_root() {
  [ "$(id -u)" = 0 ] || { echo "containers and networks need root: run this as root (sudo make ${MAKECMDGOALS:-run})" >&2; exit 1; }
}

# A static binary: names are resolved by skeg itself, so nothing of the C library is loaded at run time.
build_skeg() {
  say "Building skeg (the first build takes some minutes)"
  RUSTFLAGS="-C target-feature=+crt-static ${RUSTFLAGS:-}" cargo build --quiet --release --locked -p skeg --target "$TARGET"
  find_skeg
}

find_skeg() {
  SKEG=${SKEG_BIN:-${CARGO_TARGET_DIR:-$PWD/target}/$TARGET/release/skeg}
  [ -x "$SKEG" ] || { echo "there is no $SKEG: run 'make build' first" >&2; exit 1; }
}

lab_up() { [ -z "$LAB" ] || scripts/lab.sh up "$LAB_NAME"; }
lab_down() { [ -z "$LAB" ] || scripts/lab.sh down "$LAB_NAME"; }
in_lab() { if [ -n "$LAB" ]; then scripts/lab.sh exec "$LAB_NAME" "$@"; else "$@"; fi; }

# Field 22 of /proc/PID/stat: a pid that was given out again has another start time.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
record_server() { echo "$1 $(start_time "$1")" > "$SERVER_RECORD"; }
pid_of_server() { cut -d' ' -f1 "$SERVER_RECORD"; }

running() {
  local pid born
  [ -f "$SERVER_RECORD" ] || return 1
  read -r pid born < "$SERVER_RECORD"
  [ -n "$born" ] && [ "$(start_time "$pid")" = "$born" ]
}

stop_server() {
  running || { rm -f "$SERVER_RECORD"; return 0; }
  local pid
  pid=$(pid_of_server)
  say "Stopping the server (process $pid)"
  kill -TERM "$pid"
  for _ in $(seq 120); do
    running || break
    sleep 0.1
  done
  if running; then kill -KILL "$pid"; fi
  rm -f "$SERVER_RECORD"
}

hints() {
  local prefix=""
  [ -z "$LAB" ] || prefix="scripts/lab.sh exec $LAB_NAME "
  say ""
  say "Go on with kubectl:"
  say "  export KUBECONFIG=$KUBECONFIG_FILE"
  say "  ${prefix}kubectl get pods -A"
  say "  ${prefix}kubectl scale deployment web --replicas=5"
  say "make stop${LAB:+ LAB=1} ends it (PURGE=1 removes its data too)."
}

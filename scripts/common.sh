# Shared by run.sh and stop.sh: where things are, and the lab.
DATA_DIR=${DATA_DIR:-/var/lib/skeg}
PORT=${PORT:-6443}
LAB=${LAB:-}
LAB_NAME=${LAB_NAME:-skeg-lab}
[ -z "$LAB" ] || DATA_DIR=${LAB_DATA_DIR:-$DATA_DIR-lab}
CGROUP_ROOT=${LAB:+/skeg-$LAB_NAME}
LOG=$DATA_DIR/skeg.log
KUBECONFIG_FILE=$DATA_DIR/admin.kubeconfig
export DATA_DIR

# The machine's own target, named so that build scripts are not linked statically with the binary.
find_target() {
  command -v cargo > /dev/null && command -v rustc > /dev/null || { echo "Rust is missing: install it with rustup (stable, 1.95 or newer)" >&2; exit 1; }
  TARGET=$(rustc -vV | sed -n 's/^host: //p')
}

say() { printf '%s\n' "$*"; }

need_root() {
  [ "$(id -u)" = 0 ] || { echo "containers and networks need root: run this as root (sudo make ${MAKECMDGOALS:-run})" >&2; exit 1; }
}

# A static binary: names are resolved by skeg itself, so nothing of the C library is loaded at run time.
build_skeg() {
  if [ -n "${SKEG_BIN:-}" ]; then find_skeg; return; fi
  find_target
  say "Building skeg (the first build takes some minutes)"
  RUSTFLAGS="-C target-feature=+crt-static ${RUSTFLAGS:-}" cargo build --quiet --release --locked -p skeg --target "$TARGET"
  find_skeg
}

find_skeg() {
  [ -n "${SKEG_BIN:-}" ] || find_target
  SKEG=${SKEG_BIN:-${CARGO_TARGET_DIR:-$PWD/target}/${TARGET:-}/release/skeg}
  [ -x "$SKEG" ] || { echo "there is no $SKEG: run 'make build' first" >&2; exit 1; }
}

lab_up() { [ -z "$LAB" ] || scripts/lab.sh pid "$LAB_NAME" > /dev/null 2>&1 || scripts/lab.sh up "$LAB_NAME"; }
lab_is_up() { [ -z "$LAB" ] || scripts/lab.sh pid "$LAB_NAME" > /dev/null 2>&1; }
lab_down() { [ -z "$LAB" ] || scripts/lab.sh down "$LAB_NAME"; }
in_lab() { if [ -n "$LAB" ]; then scripts/lab.sh exec "$LAB_NAME" "$@"; else "$@"; fi; }

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

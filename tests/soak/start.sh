# shellcheck shell=sh
# Makes what a soak run needs and starts it. To be sourced by the programs beside it.

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$ROOT/apxs/lib.sh"

# soak NAME OPTION...
soak() {
    name=$1
    shift
    # The MPM and the module are facts of the site that Python reads from the environment.
    MPM=$(option_value --mpm event "$@")
    MOD_PYTHON_SO=${MOD_PYTHON_SO:-$ROOT/target/release/libmod_python.so}
    export MPM MOD_PYTHON_SO
    need_system_packages apache2-bin apache2-dev python3 wrk gcc
    choose_apxs
    if [ "$(option_value --module python "$@")" = python ] && [ ! -e "$MOD_PYTHON_SO" ]; then
        "$ROOT/apxs/build"
    fi
    PYTHONPATH="$ROOT/tests" exec /usr/bin/python3 -m "soak.$name" "$@"
}

# option_value NAME DEFAULT ARGUMENT...
option_value() {
    wanted=$1
    value=$2
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
            "$wanted") value=${2:-} ;;
            "$wanted"=*) value=${1#*=} ;;
        esac
        shift
    done
    printf '%s' "$value"
}

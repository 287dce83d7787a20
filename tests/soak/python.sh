# shellcheck shell=bash
# Another Python than the system's for a soak run. To be sourced after start.sh.

. "$ROOT/tests/pythons.sh"

# choose_python_of OPTION...   Reads --python; makes TEST_PYTHON and MOD_PYTHON_SO fit, and builds what is missing.
choose_python_of() {
    local version target
    version=$(option_value --python system "$@")
    [ "$version" != system ] || return 0
    TEST_PYTHON=$(find_python "$version")
    [ -n "$TEST_PYTHON" ] || fail "pyenv has no shared-library build of Python $version"
    target=$ROOT/target/cpython-$version
    MOD_PYTHON_SO=${MOD_PYTHON_SO:-$target/release/libmod_python.so}
    export TEST_PYTHON MOD_PYTHON_SO
    if [ ! -e "$MOD_PYTHON_SO" ]; then
        need_rust
        PYO3_PYTHON=$TEST_PYTHON "$CARGO" build --locked --release --target-dir "$target"
    fi
}

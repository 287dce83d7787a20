# shellcheck shell=sh
# What apxs/run-demo, apxs/install, tests/run and the Makefile share: finding the
# tools that a build needs, and installing the missing ones. To be sourced; POSIX sh.
#
# Read from the environment:
#   DRY_RUN=1        only say what would be installed
#   SKIP_PACKAGES=1  install nothing, trust what is there (other distributions)
#   PYO3_PYTHON, PYTHON, APXS, CARGO, RUSTC   the tools to use instead of the found ones

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_dry_run() {
    [ "${DRY_RUN:-0}" = 1 ]
}

has_command() {
    command -v "$1" >/dev/null 2>&1
}

# --- the distribution -------------------------------------------------------

# Sets DISTRIBUTION (its name for people) and DISTRIBUTION_FAMILY.
detect_distribution() {
    os_release=${OS_RELEASE:-/etc/os-release}
    [ -r "$os_release" ] || os_release=/dev/null
    # shellcheck disable=SC1090
    DISTRIBUTION=$(. "$os_release" && printf '%s' "${PRETTY_NAME:-${ID:-a system without /etc/os-release}}")
    # shellcheck disable=SC1090
    case " $(. "$os_release" && printf '%s' "${ID:-} ${ID_LIKE:-}") " in
        *' debian '* | *' ubuntu '*) DISTRIBUTION_FAMILY=debian ;;
        *' fedora '* | *' rhel '*) DISTRIBUTION_FAMILY=redhat ;;
        *' alpine '*) DISTRIBUTION_FAMILY=alpine ;;
        *) DISTRIBUTION_FAMILY=unknown ;;
    esac
}

# need_system_packages PACKAGE...   (Debian's names)
need_system_packages() {
    [ "${SKIP_PACKAGES:-0}" != 1 ] || return 0
    detect_distribution
    case $DISTRIBUTION_FAMILY in
        debian)
            install_debian_packages "$@" ;;
        redhat)
            fail "on $DISTRIBUTION, run 'dnf install httpd httpd-devel python3-devel clang-devel gcc make cargo' first, then repeat this with SKIP_PACKAGES=1" ;;
        alpine)
            fail "on $DISTRIBUTION, run 'apk add apache2 apache2-dev python3-dev clang-dev build-base cargo' first, then repeat this with SKIP_PACKAGES=1" ;;
        *)
            fail "$DISTRIBUTION is not a distribution this script can install packages on: install Apache httpd 2.4 with its headers and apxs, Python 3.10 or newer with its headers, libclang, a C compiler and cargo, then repeat this with SKIP_PACKAGES=1" ;;
    esac
}

# --- Debian and Ubuntu ------------------------------------------------------

install_debian_packages() {
    missing=$(missing_debian_packages "$@")
    [ -n "$missing" ] || return 0
    if is_dry_run; then
        say "Would install, as root: $missing"
        return 0
    fi
    say "Installing: $missing"
    refuse_without_root "$missing"
    update_package_lists
    # --no-remove: a demo or a test run must never cost an installed package.
    # shellcheck disable=SC2086
    output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 \
        install --yes --no-install-recommends --no-remove $missing 2>&1) || {
        say "$output" >&2
        fail "apt-get could not install: $missing"
    }
}

missing_debian_packages() {
    separator=''
    for package in "$@"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=absent
        [ "$status" = installed ] && continue
        printf '%s%s' "$separator" "$package"
        separator=' '
    done
}

update_package_lists() {
    [ -z "${PACKAGE_LISTS_ARE_FRESH:-}" ] || return 0
    # Without a network the packages may still be in apt's cache: go on.
    as_root apt-get -qq -o DPkg::Lock::Timeout=120 update >&2 ||
        say "apt-get update failed; going on with the old package lists" >&2
    PACKAGE_LISTS_ARE_FRESH=1
}

refuse_without_root() {
    if [ "$(id -u)" != 0 ] && ! has_command sudo; then
        fail "this needs root, and there is no sudo; run as root: apt-get install --no-install-recommends $1"
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# --- Rust -------------------------------------------------------------------

# Makes CARGO a cargo whose compiler is new enough; ROOT is the checkout.
need_rust() {
    minimum=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' "$ROOT/Cargo.toml")
    CARGO=${CARGO:-cargo}
    search_beyond_path
    if ! has_command "$CARGO" && [ "${SKIP_PACKAGES:-0}" != 1 ]; then
        install_debian_rust
        if is_dry_run; then return 0; fi
    fi
    has_command "$CARGO" || fail "no Rust compiler was found: $(rust_advice)"
    version=$("${RUSTC:-rustc}" --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
    [ -n "$version" ] || fail "'${RUSTC:-rustc} --version' does not answer: $(rust_advice)"
    version_at_least "$version" "$minimum" ||
        fail "the Rust compiler here is $version, which is too old: $(rust_advice)"
    export CARGO
}

rust_advice() {
    printf 'install Rust %s or newer, for example from https://rustup.rs, and put its bin folder first on PATH' "$minimum"
}

# Two places of a Rust that is installed and not on PATH: rustup's, which is there
# only after the next login, and that of Ubuntu's packages cargo-1.N.
search_beyond_path() {
    for folder in "${HOME:-}/.cargo/bin" "$(newest_folder /usr/lib/rust-1.*/bin)"; do
        if ! has_command "$CARGO" && [ -x "$folder/cargo" ]; then
            PATH="$folder:$PATH"
        fi
    done
}

newest_folder() {
    printf '%s\n' "$@" | sort -V | tail -n 1
}

# Installs the distribution's own Rust when one of its packages is new enough.
install_debian_rust() {
    detect_distribution
    [ "$DISTRIBUTION_FAMILY" = debian ] || return 0
    if ! is_dry_run; then
        refuse_without_root cargo
        update_package_lists
    fi
    rust_package=$(new_enough_cargo_package)
    if [ -n "$rust_package" ]; then
        install_debian_packages "$rust_package"
        search_beyond_path
    elif is_dry_run; then
        say "Would look for a package of cargo $minimum or newer, after apt-get update"
    fi
}

# Debian 12's cargo is too old, its cargo-web (made for browsers) is not; Ubuntu
# has cargo-1.N packages beside an old cargo.
new_enough_cargo_package() {
    newest_versioned=$(apt-cache pkgnames cargo-1. | grep -x 'cargo-1\.[0-9]*' | sort -V | tail -n 1)
    for package in cargo cargo-web $newest_versioned; do
        candidate=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: \([0-9.]*\).*/\1/p')
        if [ -n "$candidate" ] && version_at_least "$candidate" "$minimum"; then
            printf '%s' "$package"
            return 0
        fi
    done
}

# version_at_least 1.95.0 1.85: compares the first two numbers.
version_at_least() {
    printf '%s\n%s\n' "$1" "$2" | awk -F. '
        NR == 1 { major = $1; minor = $2 }
        NR == 2 { exit !(major > $1 || (major == $1 && minor >= $2)) }'
}

# --- Python and httpd -------------------------------------------------------

# Makes PYTHON and PYO3_PYTHON the absolute path of the Python to build for.
choose_python() {
    if [ -n "${PYO3_PYTHON:-}" ]; then
        wanted=$PYO3_PYTHON
    elif [ -n "${PYTHON:-}" ]; then
        wanted=$PYTHON
    elif [ -x /usr/bin/python3 ]; then
        wanted=/usr/bin/python3
    else
        wanted=python3
    fi
    # sys.executable: what stands behind a shim or a relative path.
    PYTHON=$("$wanted" -c 'import sys; print(sys.executable)' 2>/dev/null) ||
        fail "there is no Python at '$wanted'; name one with PYTHON=/path/to/python3"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$PYTHON is older than Python 3.10; name a newer one with PYTHON=/path/to/python3"
    PYO3_PYTHON=$PYTHON
    export PYTHON PYO3_PYTHON
}

# Makes APXS the apxs of the httpd to build for.
choose_apxs() {
    if [ -z "${APXS:-}" ]; then
        APXS=$(command -v apxs || command -v apxs2) ||
            fail "apxs is not on PATH: install apache2-dev (Debian, Ubuntu, Alpine) or httpd-devel (Fedora, RHEL), or name it with APXS=/path/to/apxs"
    fi
    has_command "$APXS" || fail "there is no apxs at '$APXS'"
    export APXS
}

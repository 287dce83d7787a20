# shellcheck shell=bash
# Which Pythons there are to test against. To be sourced by tests/run.

# Pythons that httpd's unprivileged user can read; pyenv's usually lie in a home folder.
READABLE_PYTHONS=/var/tmp/mod_python-pythons

# python_minor PYTHON  ->  3.11
python_minor() {
    "$1" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# find_python MINOR  ->  the path of a shared-library build of that version, or nothing.
find_python() {
    if [ "$(python_minor /usr/bin/python3)" = "$1" ]; then
        echo /usr/bin/python3
        return
    fi
    local prefix
    prefix=$(newest_pyenv_prefix "$1")
    [ -n "$prefix" ] || return 0
    echo "$(readable_copy "$prefix")/bin/python$1"
}

newest_pyenv_prefix() {
    local root library
    root=$(pyenv root 2>/dev/null) || return 0
    library=$(compgen -G "$root/versions/$1.*/lib/libpython$1.so" | sort -V | tail -n 1)
    [ -z "$library" ] || echo "${library%/lib/*}"
}

# readable_copy PREFIX  ->  where a copy of that Python is.
readable_copy() {
    local copy=$READABLE_PYTHONS/${1##*/}
    if [ ! -d "$copy" ]; then
        mkdir -p "$READABLE_PYTHONS"
        # /var/tmp is everybody's: what lies there under this name must be ours.
        [ -O "$READABLE_PYTHONS" ] || fail "$READABLE_PYTHONS belongs to somebody else"
        rm -rf "$copy.part"
        # Hard links cost no space; they need the same file system.
        cp -al "$1" "$copy.part" 2>/dev/null || {
            rm -rf "$copy.part"
            cp -a "$1" "$copy.part"
        }
        mv "$copy.part" "$copy"
    fi
    [ -O "$copy" ] || fail "$copy belongs to somebody else"
    echo "$copy"
}

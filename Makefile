# Thin fronts of apxs/ and tests/; the target names are mod_python's.
#
#   make                 build the module (needs no root)
#   sudo make install    install what was built; it never builds
#   make test            everything that tests/run does
#
# PYTHON=/path/to/python3   the Python to embed (default: /usr/bin/python3)
# APXS=/path/to/apxs        the httpd to build for (default: apxs on PATH)
# DESTDIR=/path             install below this folder, for making packages
# SO=/path/to/module.so     install a module that was built elsewhere

export PYTHON APXS DESTDIR SO

.PHONY: all install install_dso install_py_lib install_conf uninstall test clean

all:
	apxs/build

# One after the other, also under -j: the last line says what to do next.
install:
	apxs/install dso
	apxs/install py_lib
	apxs/install conf

install_dso:
	apxs/install dso

install_py_lib:
	apxs/install py_lib

install_conf:
	apxs/install conf

uninstall:
	apxs/install uninstall

test:
	tests/run

clean:
	rm -rf target
	find python apxs tests -name __pycache__ -type d -prune -exec rm -rf {} +

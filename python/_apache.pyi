"""The module that mod_python.so builds into each interpreter (stub)."""

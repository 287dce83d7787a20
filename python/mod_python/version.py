"""The version of this package; mod_python.so logs a warning if its own differs."""

version: str = "4.0.0"

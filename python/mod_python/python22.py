"""Empty, and importable: mod_python 3 kept names here that Python 2.2 lacked, and old handlers import all of it."""

__all__: list[str] = []

from . import picky  # noqa: F401

"""Tracebacks without the importer's own frames: what is left are a site's modules."""

from pathlib import Path
from types import TracebackType

_OWN = (f"{Path(__file__).parent}/", "<frozen importlib")


def outside(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from its first frame on that is neither the importer's nor importlib's;
    all of it, if there is no such frame."""
    rest = traceback
    while rest is not None and rest.tb_frame.f_code.co_filename.startswith(_OWN):
        rest = rest.tb_next
    return rest or traceback

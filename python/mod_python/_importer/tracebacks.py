"""Tracebacks without the importer's own frames: what is left are a site's modules."""

from pathlib import Path
from types import TracebackType

_OWN = (f"{Path(__file__).parent}/", "<frozen importlib")


def outside(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from its first frame on that is neither the importer's nor importlib's."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(_OWN):
        traceback = traceback.tb_next
    return traceback

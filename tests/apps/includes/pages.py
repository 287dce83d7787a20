"""Handlers around pages with include elements."""

import threading
import time
from pathlib import Path

from mod_python import apache


def presets(req):
    req.ssi_globals = {"answer": 42}
    return apache.OK


def writes_elements(req):
    req.content_type = "text/html"
    req.write('<!--#python eval="req_uri" -->'.replace("req_uri", repr(req.uri)))
    req.write("|")
    req.write('<!--#python exec="filter.write(filter.req.method)" -->')
    return apache.OK


inside = threading.Event()


def writes_in_a_thread(req):
    """Returns while another thread is in the middle of an element."""
    req.content_type = "text/html"
    inside.clear()
    page = "(<!--#python exec=\"import pages, time; pages.inside.set(); time.sleep(0.3); filter.write('late')\" -->)"
    threading.Thread(target=req.write, args=(page,)).start()
    inside.wait(20)
    return apache.OK


def keep(filter):
    globals()["kept"] = filter


def use_kept():
    try:
        kept.write("too late")  # noqa: F821
    except ReferenceError as error:
        return f"ReferenceError: {error}"


def wait_for(file):
    deadline = time.monotonic() + 20
    while not Path(file).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return Path(file).exists()

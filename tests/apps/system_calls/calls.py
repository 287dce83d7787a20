"""Calls that a guest in httpd's process must or must not make."""

import json
import os
import signal
import subprocess
import sys

from mod_python import apache


def _outcome(req, call):
    try:
        answer = {"result": call()}
    except Exception as error:
        answer = {"error": type(error).__name__, "text": str(error)}
    answer["pid"] = os.getpid()
    req.write(json.dumps(answer))
    return apache.OK


def _forked(fork):
    child = fork()
    pid = child[0] if isinstance(child, tuple) else child
    if pid == 0:
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def fork(req):
    return _outcome(req, lambda: _forked(os.fork))


def forkpty(req):
    return _outcome(req, lambda: _forked(os.forkpty))


def _output(*command):
    # A Python that was moved finds its shared library by this only.
    env = {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def runs_a_program(req):
    return _outcome(req, lambda: _output("/bin/echo", "hi"))


def runs_python(req):
    code = "import sys; print(*sys.version_info[:2])"
    python = "{}/bin/python{}.{}".format(sys.base_prefix, *sys.version_info)
    return _outcome(req, lambda: _output(python, "-c", code))


def sets_a_signal_handler(req):
    return _outcome(req, lambda: repr(signal.signal(signal.SIGUSR1, lambda *_: None)))

"""A session class of one's own, as it is written for mod_python 3.5."""

from mod_python.Session import BaseSession

_stored = {}


class Own(BaseSession):
    def __init__(self, req, sid=0, secret=None, timeout=0, lock=1):
        self.calls = []
        BaseSession.__init__(self, req, sid=sid, secret=secret, timeout=timeout, lock=lock)

    def init_lock(self):
        self.calls.append("init_lock")

    def do_load(self):
        self.calls.append("load")
        return _stored.get(self._sid)

    def do_save(self, dict):
        _stored[self._sid] = dict

    def do_delete(self):
        self.calls.append("delete")
        del _stored[self._sid]

    def do_cleanup(self):
        self.calls.append("cleanup")

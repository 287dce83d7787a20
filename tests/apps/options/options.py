"""The configuration in effect, as scripts see it."""

import json

from mod_python import apache


def _answer(req, table):
    req.content_type = "application/json"
    req.write(json.dumps(table.items()))
    return apache.OK


def handler(req):
    return _answer(req, req.get_options())


def config(req):
    return _answer(req, req.get_config())


def changes(req):
    options = req.get_options()
    seen = options.get("counter", "0")
    options["counter"] = str(int(seen) + 1)
    req.write(seen + " " + req.get_options()["counter"])
    return apache.OK


def looks_early(req):
    req.get_options()["early"] = "1"
    req.seen = [*getattr(req, "seen", []), req.get_options().items()]
    return apache.DECLINED


def looks(req):
    req.get_options()["later"] = "1"
    req.seen.append(req.get_options().items())
    return apache.OK


def looks_last(req):
    req.seen.append(req.get_options().items())
    req.write(json.dumps(req.seen))
    return apache.OK

"""Filters that a handler registers for its request."""

import contextlib
import json
from pathlib import Path

from mod_python import apache

_HERE = str(Path(__file__).parent)


def handler(req):
    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.add_output_filter("Mine")
    req.write("some text")
    return apache.OK


def default_object(req):
    req.register_output_filter("Mine", "filters")
    req.add_output_filter("Mine")
    req.write("some text")
    return apache.OK


def facts(req):
    req.register_output_filter("Mine", "filters::facts", _HERE)
    req.add_output_filter("Mine")
    req.write("some text")
    return apache.OK


def registered_only(req):
    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.write("some text")
    return apache.OK


def configured(req):
    req.add_output_filter(req.args)
    req.write("some text")
    return apache.OK


def exact_name(req):
    """Names of this request's filters are exact."""
    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.add_output_filter("mine")
    req.write("some text")
    return apache.OK


def two(req):
    req.register_output_filter("a", "filters::outputfilter", _HERE)
    req.register_output_filter("b", "filters::marks", _HERE)
    req.add_output_filter("a")
    req.add_output_filter("b")
    req.write("text")
    return apache.OK


def input(req):
    req.register_input_filter("Mine", "filters::inputfilter", _HERE)
    req.add_input_filter("Mine")
    req.write(req.read())
    return apache.OK


def same_name(req):
    """One name, two directions."""
    req.register_input_filter("Mine", "filters::inputfilter", _HERE)
    req.register_output_filter("Mine", "filters::marks", _HERE)
    req.add_input_filter("Mine")
    req.add_output_filter("Mine")
    req.write(req.read())
    return apache.OK


def replaced(req):
    """The last registration of a name counts, for what is placed after it."""
    req.register_output_filter("Mine", "no_such_module", _HERE)
    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.add_output_filter("Mine")
    req.write("some text")
    return apache.OK


def fixuphandler(req):
    """Placed before the file is sent."""
    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.add_output_filter("Mine")
    return apache.OK


def from_cleanup(req):
    """Writes when the request is over."""

    def late(data):
        with contextlib.suppress(OSError):
            req.write("late")

    req.register_output_filter("Mine", "filters::outputfilter", _HERE)
    req.add_output_filter("Mine")
    req.register_cleanup(late)
    req.write("some text")
    return apache.OK


def wrong(req):
    outcome = []
    for name, arguments in [
        ("add_output_filter", ()),
        ("add_output_filter", (1,)),
        ("add_output_filter", ("a\0b",)),
        ("add_input_filter", ("a", "b")),
        ("register_output_filter", ("a",)),
        ("register_output_filter", ("a", None)),
        ("register_output_filter", ("a", "b", "c", "d")),
        ("register_input_filter", ("a\0b", "c")),
        ("register_input_filter", ("a", "c\0d")),
        ("register_input_filter", ("a", "c", "d\0e")),
    ]:
        try:
            getattr(req, name)(*arguments)
            outcome.append("fine")
        except (TypeError, ValueError) as error:
            outcome.append(type(error).__name__)
    req.write(json.dumps(outcome))
    return apache.OK

"""`req.server`, `conn.base_server` and `apache.main_server`: mp_server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server

_ATTRIBUTES = [
    "next",
    "defn_name",
    "defn_line_number",
    "server_admin",
    "server_hostname",
    "port",
    "error_fname",
    "loglevel",
    "is_virtual",
    "timeout",
    "keep_alive_timeout",
    "keep_alive_max",
    "keep_alive",
    "path",
    "pathlen",
    "names",
    "wild_names",
    "limit_req_line",
    "limit_req_fieldsize",
    "limit_req_fields",
    "my_generation",
    "restart_time",
    "_server_rec",
]

_VHOST = """
    ServerAdmin admin@a.test
    ServerAlias b.test *.a.test c.test
    ServerPath "/some/path"
    ErrorLog "error_log"
    LogLevel debug
    Timeout 5
    KeepAliveTimeout 15
    MaxKeepAliveRequests 100
    KeepAlive On
    """


def _in_vhost(inside: Inside, expression: str, vhost: str = _VHOST) -> Any:
    inside.serve(vhosts={"a.test": vhost})
    return inside(f"result = {expression}", headers={"Host": "a.test"})


def test_its_class_prints_without_a_module(inside: Inside) -> None:
    """21.7: 89."""
    assert inside("result = str(type(req.server))") == "<class 'mp_server'>"


def test_it_cannot_be_made_by_a_script(inside: Inside) -> None:
    assert "TypeError" in inside.error("type(req.server)()")


def test_each_access_gives_the_same_object(inside: Inside) -> None:
    assert inside("result = [req.server is req.server, apache.main_server is apache.main_server]") == [True, True]


def test_what_a_virtual_host_says_of_itself(inside: Inside) -> None:
    """21.8: 116 to 119."""
    found = _in_vhost(
        inside,
        """{name: getattr(req.server, name) for name in (
            "server_admin", "server_hostname", "error_fname", "loglevel", "is_virtual", "timeout",
            "keep_alive_timeout", "keep_alive_max", "keep_alive", "path", "pathlen", "names", "wild_names",
            "limit_req_line", "limit_req_fieldsize", "limit_req_fields")}""",
    )
    assert found == {
        "server_admin": "admin@a.test",
        "server_hostname": "a.test",
        "error_fname": "error_log",
        "loglevel": 7,
        "is_virtual": 1,
        "timeout": 5.0,
        "keep_alive_timeout": 15.0,
        "keep_alive_max": 100,
        "keep_alive": 1,
        "path": "/some/path",
        "pathlen": 10,
        "names": ["b.test", "c.test"],
        "wild_names": ["*.a.test"],
        "limit_req_line": 8190,
        "limit_req_fieldsize": 8190,
        "limit_req_fields": 100,
    }


def test_aliases_are_tuples(inside: Inside) -> None:
    """21.8: 119."""
    assert inside("result = [repr(req.server.names), repr(req.server.wild_names)]") == ["()", "()"]


def test_a_virtual_host_knows_where_it_is_defined(inside: Inside) -> None:
    """21.8: 116."""
    name, line = _in_vhost(inside, "[req.server.defn_name, req.server.defn_line_number]")
    assert name.endswith("/httpd.conf")
    lines = (inside.server.root / "httpd.conf").read_text().splitlines()
    assert lines[line - 1].startswith("<VirtualHost")


def test_the_main_server_is_defined_nowhere_in_particular(inside: Inside) -> None:
    found = inside(
        "server = req.server\nresult = [server.defn_name, server.defn_line_number, server.is_virtual, server.path]"
    )
    assert found == [None, 0, 0, None]


def test_the_port_is_that_of_the_server_name(inside: Inside) -> None:
    inside.serve(server="ServerName main.test:8081")
    assert inside("result = req.server.port") == 8081


def test_the_generation_counts_restarts(inside: Inside) -> None:
    started = time.time()
    before = inside("result = [req.server.my_generation, req.server.restart_time]")
    inside.server.control("graceful")
    after = inside("result = [req.server.my_generation, req.server.restart_time]")
    assert after[0] == before[0] + 1
    # httpd sets the time when it is started, and at restarts that are not graceful.
    assert started <= before[1] <= after[1] <= time.time()


def test_next_walks_through_all_servers(inside: Inside) -> None:
    inside.serve(vhosts={"a.test": "", "b.test": ""})
    names = inside(
        """
        server, result = apache.main_server, []
        assert server.next is server.next
        while server is not None:
            result.append(server.server_hostname)
            server = server.next
        """
    )
    assert sorted(names) == ["a.test", "b.test", "main.test"]
    assert names[0] == "main.test"


@pytest.mark.parametrize("name", _ATTRIBUTES)
def test_what_httpd_says_cannot_be_set_or_deleted(inside: Inside, name: str) -> None:
    assert "AttributeError" in inside.error(f"req.server.{name} = 1")
    assert "AttributeError" in inside.error(f"del req.server.{name}")


def test_every_attribute_and_method_is_described(inside: Inside) -> None:
    missing = inside(
        """
        public = [name for name in dir(type(req.server)) if not name.startswith("__")]
        result = [name for name in public if not getattr(type(req.server), name).__doc__]
        """
    )
    assert missing == []


def test_the_server_rec_is_there_for_c_code(inside: Inside) -> None:
    assert inside("result = type(req.server._server_rec).__name__") == "PyCapsule"


def test_scripts_set_attributes_that_live_as_long_as_the_request(inside: Inside) -> None:
    """Section 4.12: one object for each request."""
    assert inside("req.server.mine = 1\nresult = req.server.mine") == 1
    assert inside("result = hasattr(req.server, 'mine')") is False


@pytest.mark.parametrize("holder", ["req.server", "req.server.next", "req.connection.base_server"])
def test_what_scripts_put_on_a_server_goes_with_the_request(serve: Serve, holder: str) -> None:
    server = serve.prepare(
        "evaluate", directory="SetHandler mod_python\nPythonHandler noted", vhosts={"a.test": "", "b.test": ""}
    )
    (server.htdocs / "noted.py").write_text(
        "from pathlib import Path\n\n"
        "class Noted:\n"
        "    def __del__(self):\n"
        "        (Path(__file__).parent.parent / 'spool' / 'gone').write_text('')\n\n"
        f"def handler(req):\n    {holder}.mine = Noted()\n    return 0\n"
    )
    server.start()
    # httpd's list begins with the main server and ends with the first virtual host.
    server.text(host="b.test")
    deadline = time.monotonic() + 10
    while not (server.spool / "gone").exists():
        assert time.monotonic() < deadline, "no other request is needed"
        time.sleep(0.01)


def test_an_attribute_that_nobody_set_is_missing(inside: Inside) -> None:
    assert "AttributeError" in inside.error("req.server.nothing")


def test_a_server_may_be_kept(inside: Inside) -> None:
    inside.serve(children=1)
    inside("import sys\nsys.kept = req.server\nsys.kept.mine = 'still'\nresult = None")
    found = inside("import sys\nresult = [sys.kept.server_hostname, sys.kept.mine, sys.kept is req.server]")
    assert found == ["main.test", "still", False]


def test_a_server_in_a_reference_cycle_is_collected(inside: Inside) -> None:
    collected = inside(
        """
        import gc, weakref
        server = req.connection.base_server
        server.connection = req.connection
        server.itself = server
        alive = weakref.ref(server)
        server = apache.main_server.next
        gc.collect()
        result = alive() is not None
        """
    )
    # The request still holds it.
    assert collected is True
    assert (
        inside("import gc\ngc.collect()\nresult = sum(type(o).__name__ == 'mp_server' for o in gc.get_objects())") <= 2
    )


# --- main_server ---


def test_the_main_server_is_known_in_every_interpreter(inside: Inside) -> None:
    """Section 13.1."""
    inside.serve(vhosts={"a.test": "", "b.test": "PythonInterpreter main_interpreter"})
    source = "result = [apache.interpreter, apache.main_server.server_hostname, apache.main_server.is_virtual]"
    assert inside(source, headers={"Host": "a.test"}) == ["a.test", "main.test", 0]
    assert inside(source, headers={"Host": "b.test"}) == ["main_interpreter", "main.test", 0]


def test_the_main_server_is_known_to_imports_at_start(serve: Serve) -> None:
    server = serve.prepare(
        "evaluate", server="PythonImport early main_interpreter\nPythonPath \"sys.path + ['{htdocs}']\""
    )
    (server.htdocs / "early.py").write_text(
        "from mod_python import apache\n"
        "apache.main_server.log_error('early ' + apache.main_server.server_hostname, apache.APLOG_NOTICE)\n"
    )
    server.start()
    server.log.wait_for("^early main.test$")


# --- configuration ---


def test_config_is_that_of_the_server_not_of_the_directory(inside: Inside) -> None:
    """21.2: 42."""
    inside.serve(vhosts={"a.test": "PythonDebug On"}, directory="PythonDebug Off")
    found = inside(
        "result = [req.server.get_config()['PythonDebug'], req.get_config()['PythonDebug']]", headers={"Host": "a.test"}
    )
    assert found == ["1", "0"]


def test_config_has_what_the_main_server_says_too(inside: Inside) -> None:
    inside.serve(server="PythonInterpreter one\nPythonAutoReload Off", vhosts={"a.test": "PythonInterpreter two"})
    found = inside("result = dict(req.server.get_config().items())", headers={"Host": "a.test"})
    assert found == {"PythonInterpreter": "two", "PythonAutoReload": "0"}


def test_config_has_the_interpreter_per_directory(inside: Inside) -> None:
    """Q8."""
    inside.serve(server="PythonInterpPerDirectory Off")
    assert inside("result = req.server.get_config()['PythonInterpPerDirectory']") == "0"


def test_options_are_those_of_the_server(inside: Inside) -> None:
    """21.2: 43."""
    inside.serve(
        server="PythonOption main here",
        vhosts={"a.test": "PythonOption own here"},
        directory="PythonOption directory here",
    )
    found = inside(
        """
        tables = [apache.main_server, req.connection.base_server, req.server]
        result = [table.get_options().keys() for table in tables]
        """,
        headers={"Host": "a.test"},
    )
    # The only virtual host of the address is its first one.
    assert found == [["main"], ["main", "own"], ["main", "own"]]


def test_the_base_server_of_a_named_host_is_the_first_of_its_address(inside: Inside) -> None:
    """21.2: 43."""
    inside.serve(vhosts={"first.test": "PythonOption first 1", "second.test": "PythonOption second 1"})
    found = inside(
        "result = [req.connection.base_server.get_options().keys(), req.server.get_options().keys()]",
        headers={"Host": "second.test"},
    )
    assert found == [["first"], ["second"]]


def test_options_show_removed_keys_as_empty(inside: Inside) -> None:
    """Section 9: unpruned."""
    inside.serve(server='PythonOption kept 1\nPythonOption removed ""')
    assert inside("result = req.server.get_options().items()") == [["kept", "1"], ["removed", ""]]


def test_an_option_set_at_import_is_there_in_later_requests(serve: Serve) -> None:
    """21.3: 55."""
    server = serve.prepare(
        "evaluate",
        directory="SetHandler mod_python\nPythonHandler evaluate",
        server="PythonImport early::set_option main.test\nPythonPath \"sys.path + ['{htdocs}']\"",
    )
    (server.htdocs / "early.py").write_text(
        "from mod_python import apache\n\ndef set_option():\n    apache.main_server.get_options()['testing'] = 'ok'\n"
    )
    server.start()
    for _ in range(2):
        assert _evaluate(server, "result = apache.main_server.get_options()['testing']") == "ok"


def test_an_option_set_in_one_interpreter_is_seen_in_another(inside: Inside) -> None:
    inside.serve(vhosts={"a.test": "", "b.test": ""}, children=1)
    inside("apache.main_server.get_options()['said'] = apache.interpreter\nresult = None", headers={"Host": "a.test"})
    found = inside(
        "result = [apache.interpreter, apache.main_server.get_options()['said']]", headers={"Host": "b.test"}
    )
    assert found == ["b.test", "a.test"]


def test_an_option_set_for_the_server_is_not_one_of_the_directory(inside: Inside) -> None:
    found = inside("req.server.get_options()['new'] = '1'\nresult = 'new' in req.get_options()")
    assert found is False


def test_many_threads_write_options_at_once(inside: Inside) -> None:
    found = inside(
        """
        import threading
        def write(name):
            table = apache.main_server.get_options()
            for number in range(200):
                table[f"{name}-{number}"] = str(number)
        threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        result = len(apache.main_server.get_options())
        """
    )
    assert found == 800


def test_the_tables_of_a_server_take_no_argument(inside: Inside) -> None:
    assert "TypeError" in inside.error("req.server.get_options(1)")
    assert "TypeError" in inside.error("req.server.get_config(1)")


# --- logging ---

_LEVELS = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]


@pytest.mark.parametrize(
    "call",
    [
        "apache.log_error(message, level, apache.main_server)",
        "apache.log_error(message, level, None)",
        "apache.log_error(message, level)",
        "apache.main_server.log_error(message, level)",
        "req.connection.log_error(message, level)",
    ],
)
def test_entries_of_all_levels_arrive_in_order(inside: Inside, call: str) -> None:
    """21.5: 73 to 75. Q21: 0 is APLOG_EMERG."""
    inside.serve(log_level="debug")
    inside.server.expect_log("^entry ")
    inside(f"for level in range(8):\n    message = f'entry {{level}}'\n    {call}\nresult = None")
    entries = inside.server.log.wait_for("^entry ", count=8)
    assert [(entry.message, entry.level) for entry in entries] == [
        (f"entry {number}", level) for number, level in enumerate(_LEVELS)
    ]


@pytest.mark.parametrize("of", ["apache", "req.server", "req.connection"])
def test_without_a_level_it_is_an_error(inside: Inside, of: str) -> None:
    """Q21."""
    inside.serve()
    inside.server.expect_log("^just this$")
    inside(f"{of}.log_error('just this')\nresult = None")
    (entry,) = inside.server.log.wait_for("^just this$")
    assert entry.level == "error"


def test_the_log_of_a_virtual_host_is_its_own(inside: Inside) -> None:
    inside.serve(vhosts={"a.test": 'ErrorLog "other_log"'})
    source = """
        req.server.log_error("by the method", apache.APLOG_NOTICE)
        apache.log_error("by the function", apache.APLOG_NOTICE, req.server)
        result = None
        """
    inside(source, headers={"Host": "a.test"})
    other = (inside.server.root / "other_log").read_text()
    assert "by the method" in other
    assert "by the function" in other
    assert inside.server.log.find("by the ") == []


@pytest.mark.parametrize("server", ["1", "'x'", "req", "req.connection"])
def test_what_is_no_server_is_refused(inside: Inside, server: str) -> None:
    assert "TypeError" in inside.error(f"apache.log_error('x', 3, {server})")


@pytest.mark.parametrize("arguments", ["", "'x', 3, None, 1"])
def test_a_wrong_number_of_arguments_is_refused(inside: Inside, arguments: str) -> None:
    assert "TypeError" in inside.error(f"apache.log_error({arguments})")


def _evaluate(server: Server, source: str) -> Any:
    answer = server.post("/", source.encode(), headers={"Host": "main.test"}).json()
    assert "error" not in answer, answer
    return answer["result"]

"""`log_error` and `mod_python.logging`: levels, LogLevel, sources, servers."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest
from harness.inside import Inside

# What a program does once: its logger writes to httpd's log, and lets everything through.
_SET_UP = """
import logging
from mod_python.logging import ApacheHandler
handler = ApacheHandler()
logger = logging.getLogger("shop")
logger.handlers[:] = [handler]
logger.setLevel(1)
result = None
"""

# Who asked, the virtual host, then the message.
_WHO = 'ErrorLogFormat "%-m|%-l|%-P|%-T|%-E|%-{X-Who}i %-v: %M"'
_GUEST = {"Host": "one.test", "X-Who": "a-guest"}


def _log(inside: Inside, code: str, **options: Any) -> None:
    inside(_SET_UP + textwrap.dedent(code), **options)


# --- ApacheHandler ---


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("logging.CRITICAL", "crit"),
        ("logging.ERROR", "error"),
        ("logging.WARNING", "warn"),
        ("logging.INFO", "info"),
        ("logging.DEBUG", "debug"),
        ("logging.CRITICAL + 10", "crit"),
        ("logging.INFO + 5", "info"),
        ("logging.DEBUG - 1", "trace1"),
        ("logging.DEBUG - 8", "trace8"),
        ("1", "trace8"),
    ],
)
def test_pythons_levels_become_httpds(inside: Inside, level: str, logged: str) -> None:
    server = inside.serve(server="LogLevel python:trace8")
    server.expect_log("^shop: said$")
    _log(inside, f"logger.log({level}, 'said')")
    (entry,) = server.log.find("^shop: said$")
    assert (entry.module, entry.level) == ("python", logged)


def test_log_level_decides_what_is_written(inside: Inside) -> None:
    server = inside.serve(log_level="warn")
    server.expect_log("^shop: a warning$")
    _log(inside, "logger.info('a remark'); logger.warning('a warning')")
    assert not server.log.find("a remark")


def test_log_level_for_this_module_alone(inside: Inside) -> None:
    server = inside.serve(server="LogLevel warn python:debug")
    _log(inside, "logger.debug('a detail')")
    assert server.log.find("^shop: a detail$")
    assert not [entry for entry in server.log if entry.module != "python" and entry.level == "debug"]


def test_log_level_of_a_directory(inside: Inside) -> None:
    server = inside.serve(server="LogLevel python:info", late="<Location /deep>\nLogLevel python:debug\n</Location>")
    for path in ("/", "/deep"):
        _log(inside, f"logger.debug('at {path}')", path=path)
    assert [entry.message for entry in server.log.find("^shop: ")] == ["shop: at /deep"]


def test_what_log_level_holds_back_is_not_formatted(inside: Inside) -> None:
    shown = inside(
        _SET_UP
        + textwrap.dedent(
            """
            shown = []
            class Shown:
                def __str__(self):
                    shown.append(1)
                    return "shown"
            logger.debug("%s", Shown())
            logger.info("%s", Shown())
            result = len(shown)
            """
        )
    )
    assert shown == 1


def test_the_handlers_own_level_holds_back_too(inside: Inside) -> None:
    _log(inside, "logger.handlers[:] = [ApacheHandler('INFO')]; logger.info('seen')")
    inside.server.expect_log("^shop: seen by both$")
    _log(inside, "handler.setLevel(logging.ERROR); logger.info('hidden'); logger.error('seen by both')")
    assert [entry.message for entry in inside.server.log.find("^shop: ")] == ["shop: seen", "shop: seen by both"]


def test_an_entry_has_the_records_file_and_line(inside: Inside) -> None:
    server = inside.serve(server='ErrorLogFormat "%-m|%-l|%-P|%-T|%-E|%F: %M"')
    _log(inside, "logger.info('said here')")
    (entry,) = server.log.find("said here")
    line = _SET_UP.count("\n") + 1
    assert entry.message == f"<test>({line}): shop: said here"


def test_a_file_name_cannot_forge_an_entry(inside: Inside) -> None:
    server = inside.serve(server='ErrorLogFormat "%-m|%-l|%-P|%-T|%-E|%F: %M"')
    _log(inside, "exec(compile('logger.info(\"said\")', 'a\\n[forged]' + 'x' * 20_000 + '.py', 'exec'))")
    (entry,) = server.log.find("said")
    assert entry.message.endswith("xx.py(1): shop: said")
    _log(inside, "exec(compile('logger.info(\"again\")', 'a\\n[forged]\\x1b.py', 'exec'))")
    assert [entry.message for entry in server.log.find("again")] == ["a?[forged]?.py(1): shop: again"]


def test_a_traceback_is_an_entry_for_each_line(inside: Inside) -> None:
    server = inside.server
    server.expect_log("^shop: it failed$", "^Traceback ", '^  File "<test>", line', "^ZeroDivisionError: ")
    server.tolerate_log("^    ")
    _log(
        inside,
        """
        try:
            1 / 0
        except ZeroDivisionError:
            logger.exception("it failed")
        """,
    )
    assert {entry.level for entry in server.log.find("shop|Traceback|File|Zero")} == {"error"}


def test_an_entry_has_the_requests_client_and_virtual_host(inside: Inside) -> None:
    server = inside.serve(server=_WHO, vhosts={"one.test": ""})
    _log(inside, "logger.info('said')", headers=_GUEST)
    assert server.log.find("^a-guest one.test: shop: said$")


def test_a_background_thread_logs_to_the_main_servers_log(inside: Inside) -> None:
    server = inside.serve(server=_WHO, vhosts={"one.test": ""})
    _log(
        inside,
        """
        import threading
        thread = threading.Thread(target=lambda: logger.info("said"))
        thread.start()
        thread.join()
        """,
        headers=_GUEST,
    )
    assert server.log.find("^- main.test: shop: said$")


def test_a_formatter_of_ones_own(inside: Inside) -> None:
    _log(inside, "handler.setFormatter(logging.Formatter('<%(message)s>')); logger.info('said')")
    assert inside.server.log.find("^<said>$")


def test_basic_config_may_give_the_format(inside: Inside) -> None:
    _log(
        inside,
        """
        logging.basicConfig(level=logging.INFO, format="{message}!", style="{", handlers=[ApacheHandler()], force=True)
        logging.info("said")
        """,
    )
    assert inside.server.log.find("^said!$")


def test_a_record_that_cannot_be_formatted_is_reported(inside: Inside) -> None:
    inside.server.expect_log("^--- Logging error ---$", "^TypeError: ", "^Message: 'twice %s %s'$")
    inside.server.tolerate_log("^Traceback", "^  ", "^Call stack:", "^Arguments:")
    _log(inside, "logger.info('twice %s %s', 'once')")


def test_any_text_can_be_logged(inside: Inside) -> None:
    _log(inside, "logger.info('lone \\udcff, a \\0, caf\\u00e9')")
    assert inside.server.log.find(r"^shop: lone \\\\udcff, a \\\\x00, caf\\xc3\\xa9$")


def test_a_long_message_is_split_and_complete(inside: Inside) -> None:
    _log(inside, "logger.info('y' * 20_000)")
    parts = [entry.message for entry in inside.server.log.find("^(shop: )?y+$")]
    assert "".join(parts) == "shop: " + "y" * 20_000


def test_the_server_must_be_a_server(inside: Inside) -> None:
    error = inside.error("from mod_python.logging import ApacheHandler; ApacheHandler(server='main')")
    assert error == "TypeError: the server must be an mp_server or None, not str"


# --- log_error ---


def test_an_omitted_level_is_not_emerg(inside: Inside) -> None:
    """Q21. Level 0 is APLOG_EMERG; no level is APLOG_ERR."""
    inside.server.expect_log("^none$", "^zero$")
    inside("apache.log_error('none'); apache.log_error('zero', 0); result = None")
    assert [entry.level for entry in inside.server.log.find("^(none|zero)$")] == ["error", "emerg"]


def test_apache_log_error_at_all_levels_keeps_the_order(inside: Inside) -> None:
    """21.5: 73. (The server argument has tests of its own.)"""
    server = inside.serve(server="LogLevel python:debug")
    server.expect_log("^level [0-4]$")
    inside("[apache.log_error(f'level {level}', level) for level in range(8)]; result = None")
    levels = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]
    assert [(entry.level, entry.message) for entry in server.log.find("^level ")] == [
        (name, f"level {level}") for level, name in enumerate(levels)
    ]


def test_apache_log_error_is_the_main_servers(inside: Inside) -> None:
    server = inside.serve(server=_WHO, vhosts={"one.test": ""})
    server.expect_log("^- main.test: said$")
    inside("apache.log_error('said'); apache.log_error('said', apache.APLOG_ERR, None); result = None", headers=_GUEST)
    assert len(server.log.find("^- main.test: said$")) == 2


@pytest.mark.parametrize("call", ["apache.log_error", "req.log_error"])
def test_a_notice_passes_at_any_log_level(inside: Inside, call: str) -> None:
    server = inside.serve(server="LogLevel python:crit")
    inside(f"{call}('note this', apache.APLOG_NOTICE); {call}('not this', apache.APLOG_ERR); result = None")
    assert [entry.level for entry in server.log.find("this$")] == ["notice"]


def test_log_error_takes_none_as_nothing(inside: Inside) -> None:
    inside("apache.log_error(None); apache.log_error(None, 0); apache.log_error(None, 0, None); result = None")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("b'bytes'", "log_error() takes a str, not bytes"),
        ("1", "log_error() takes a str, not int"),
        ("'m', 'high'", "an integer is required (got type str)"),
        ("'m', 3, 'main'", "the server must be an mp_server or None, not str"),
        ("", "log_error() takes 1 to 3 arguments (0 given)"),
        ("'m', 3, None, None", "log_error() takes 1 to 3 arguments (4 given)"),
    ],
)
def test_log_error_says_what_is_wrong(inside: Inside, arguments: str, error: str) -> None:
    assert inside.error(f"apache.log_error({arguments})") == f"TypeError: {error}"

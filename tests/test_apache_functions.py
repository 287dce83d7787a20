"""Functions and constants of `mod_python.apache` that ask httpd about itself."""

from __future__ import annotations

import pytest
from harness import site
from harness.inside import Inside

# --- functions ---


def test_server_root(inside: Inside) -> None:
    assert inside("result = apache.server_root()") == str(inside.server.root)


def test_config_tree_has_the_directives_in_order(inside: Inside) -> None:
    inside.serve(
        server='PythonOption one "a b"',
        late="<Location /x>\nPythonOption two 2\n<Limit GET>\nRequire all granted\n</Limit>\n</Location>",
    )
    tree = inside("result = apache.config_tree()")
    assert tree.index(["ServerName", "main.test"]) < tree.index(["PythonOption", 'one "a b"'])
    at = tree.index(["<Location", "/x>"])
    assert tree[at + 1] == [
        ["PythonOption", "two 2"],
        ["<Limit", "GET>"],
        [["Require", "all granted"]],
    ]


def test_config_tree_lacks_what_httpd_executes_while_it_reads(inside: Inside) -> None:
    inside.serve(htaccess="PythonOption from htaccess")
    names = inside("result = [item[0] for item in apache.config_tree() if isinstance(item, tuple)]")
    assert "LoadModule" not in names
    assert inside("result = 'htaccess' in repr(apache.config_tree())") is False


def test_config_tree_is_a_copy(inside: Inside) -> None:
    assert inside("apache.config_tree().clear()\nresult = len(apache.config_tree()) > 0") is True


def test_config_tree_shows_any_byte(inside: Inside) -> None:
    inside.serve(server="PythonOption caf\u00e9 \u20ac")
    assert ["PythonOption", "caf\u00e9 \u20ac"] in inside("result = apache.config_tree()")


def test_mpm_query(inside: Inside) -> None:
    source = """
        ask = apache.mpm_query
        result = [ask(apache.AP_MPMQ_IS_FORKED), ask(apache.AP_MPMQ_IS_THREADED), ask(apache.AP_MPMQ_MAX_THREADS)]
    """
    forked, threaded, threads = inside(source)
    if site.MPM == "prefork":
        assert (forked, threaded, threads) == (2, 0, 1)
    else:
        assert (forked, threaded, threads) == (2, 1, 8)


def test_mpm_query_without_an_answer_is_0(inside: Inside) -> None:
    """Q33. A code that the MPM does not know."""
    assert inside("result = [apache.mpm_query(code) for code in (0, 9999, -1)]") == [0, 0, 0]


def test_exists_config_define(inside: Inside) -> None:
    """21.1: 6."""
    inside.serve(server="Define FOOBAR")
    assert inside("result = [apache.exists_config_define(name) for name in ('FOOBAR', 'foobar', '')]") == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("call", "error"),
    {
        "server_root(1)": "TypeError: ",
        "config_tree(1)": "TypeError: ",
        "mpm_query()": "TypeError: ",
        "mpm_query('x')": "TypeError: ",
        "mpm_query(None)": "TypeError: ",
        "mpm_query(2**40)": "OverflowError: ",
        "exists_config_define()": "TypeError: ",
        "exists_config_define(1)": "TypeError: ",
        "exists_config_define('a\\0b')": "ValueError: ",
    }.items(),
)
def test_refused(inside: Inside, call: str, error: str) -> None:
    assert inside.error(f"apache.{call}").startswith(error)


def test_level_0_is_a_level(inside: Inside) -> None:
    """Q21. APLOG_EMERG is 0, which is not the same as no level."""
    inside("apache.log_error('as an emergency', apache.APLOG_EMERG)\napache.log_error('as an error')")
    (emergency,) = inside.server.log.find("^as an emergency")
    (error,) = inside.server.log.find("^as an error")
    assert (emergency.level, error.level) == ("emerg", "error")
    inside.server.expect_log("^as an emergency", "^as an error")


# --- constants ---


def _numbers(text: str, prefix: str) -> dict[str, int]:
    words = text.split()
    return {prefix + name: int(value, 0) for name, value in zip(words[::2], words[1::2], strict=True)}


CONSTANTS = {
    "OK": 0,
    "REQ_PROCEED": 0,
    "DECLINED": -1,
    "REQ_NOACTION": -1,
    "DONE": -2,
    "REQ_ABORTED": 500,
    **_numbers(
        """CONTINUE 100 SWITCHING_PROTOCOLS 101 PROCESSING 102 OK 200 CREATED 201 ACCEPTED 202 NON_AUTHORITATIVE 203
        NO_CONTENT 204 RESET_CONTENT 205 PARTIAL_CONTENT 206 MULTI_STATUS 207 MULTIPLE_CHOICES 300
        MOVED_PERMANENTLY 301 MOVED_TEMPORARILY 302 SEE_OTHER 303 NOT_MODIFIED 304 USE_PROXY 305
        TEMPORARY_REDIRECT 307 PERMANENT_REDIRECT 308 BAD_REQUEST 400 UNAUTHORIZED 401 PAYMENT_REQUIRED 402
        FORBIDDEN 403 NOT_FOUND 404 METHOD_NOT_ALLOWED 405 NOT_ACCEPTABLE 406 PROXY_AUTHENTICATION_REQUIRED 407
        REQUEST_TIME_OUT 408 CONFLICT 409 GONE 410 LENGTH_REQUIRED 411 PRECONDITION_FAILED 412
        REQUEST_ENTITY_TOO_LARGE 413 REQUEST_URI_TOO_LARGE 414 UNSUPPORTED_MEDIA_TYPE 415
        RANGE_NOT_SATISFIABLE 416 EXPECTATION_FAILED 417 IM_A_TEAPOT 418 MISDIRECTED_REQUEST 421
        UNPROCESSABLE_ENTITY 422 LOCKED 423 FAILED_DEPENDENCY 424 TOO_EARLY 425 UPGRADE_REQUIRED 426
        PRECONDITION_REQUIRED 428 TOO_MANY_REQUESTS 429 REQUEST_HEADER_FIELDS_TOO_LARGE 431
        UNAVAILABLE_FOR_LEGAL_REASONS 451 INTERNAL_SERVER_ERROR 500 NOT_IMPLEMENTED 501 BAD_GATEWAY 502
        SERVICE_UNAVAILABLE 503 GATEWAY_TIME_OUT 504 VERSION_NOT_SUPPORTED 505 VARIANT_ALSO_VARIES 506
        INSUFFICIENT_STORAGE 507 LOOP_DETECTED 508 NOT_EXTENDED 510 NETWORK_AUTHENTICATION_REQUIRED 511""",
        "HTTP_",
    ),
    **_numbers("EMERG 0 ALERT 1 CRIT 2 ERR 3 WARNING 4 NOTICE 5 INFO 6 DEBUG 7 NOERRNO 0", "APLOG_"),
    **_numbers("HOST 0 NAME 1 NOLOOKUP 2 DOUBLE_REV 3", "REMOTE_"),
    **_numbers(
        "MODE 0 INO 1 DEV 2 NLINK 3 UID 4 GID 5 SIZE 6 ATIME 7 MTIME 8 CTIME 9 FNAME 10 NAME 11 FILETYPE 12", "FINFO_"
    ),
    **_numbers("SCHEME 0 HOSTINFO 1 USER 2 PASSWORD 3 HOSTNAME 4 PORT 5 PATH 6 QUERY 7 FRAGMENT 8", "URI_"),
    **_numbers("NONE 0 PROXY 1 REVERSE 2 RESPONSE 3", "PROXYREQ_"),
    **_numbers(
        """GET 0 PUT 1 POST 2 DELETE 3 CONNECT 4 OPTIONS 5 TRACE 6 PATCH 7 PROPFIND 8 PROPPATCH 9 MKCOL 10 COPY 11
        MOVE 12 LOCK 13 UNLOCK 14 VERSION_CONTROL 15 CHECKOUT 16 UNCHECKOUT 17 CHECKIN 18 UPDATE 19 LABEL 20
        REPORT 21 MKWORKSPACE 22 MKACTIVITY 23 BASELINE_CONTROL 24 MERGE 25 INVALID 26""",
        "M_",
    ),
    **_numbers("ACCEPT_PATH_INFO 0 REJECT_PATH_INFO 1 DEFAULT_PATH_INFO 2", "AP_REQ_"),
    **_numbers(
        """NOT_SUPPORTED 0 STATIC 1 DYNAMIC 2 MAX_DAEMON_USED 1 IS_THREADED 2 IS_FORKED 3 HARD_LIMIT_DAEMONS 4
        HARD_LIMIT_THREADS 5 MAX_THREADS 6 MIN_SPARE_DAEMONS 7 MIN_SPARE_THREADS 8 MAX_SPARE_DAEMONS 9
        MAX_SPARE_THREADS 10 MAX_REQUESTS_DAEMON 11 MAX_DAEMONS 12""",
        "AP_MPMQ_",
    ),
    **_numbers("NO_BODY 0 CHUNKED_ERROR 1 CHUNKED_DECHUNK 2", "REQUEST_"),
    **_numbers("UNKNOWN 0 CLOSE 1 KEEPALIVE 2", "AP_CONN_"),
    **_numbers("NOFILE 0 REG 1 DIR 2 CHR 3 BLK 4 PIPE 5 LNK 6 SOCK 7 UNKFILE 127", "APR_"),
    **_numbers(
        """LINK 0x1 MTIME 0x10 CTIME 0x20 ATIME 0x40 SIZE 0x100 CSIZE 0x200 DEV 0x1000 INODE 0x2000 NLINK 0x4000
        TYPE 0x8000 USER 0x10000 GROUP 0x20000 UPROT 0x100000 GPROT 0x200000 WPROT 0x400000 ICASE 0x1000000
        NAME 0x2000000 MIN 0x8170 IDENT 0x3000 OWNER 0x30000 PROT 0x700000 NORM 0x73b170 DIRENT 0x2000000""",
        "APR_FINFO_",
    ),
}

TEXTS = {
    "REQ_EXIT": "REQ_EXIT",
    "CGI_MAGIC_TYPE": "application/x-httpd-cgi",
    "INCLUDES_MAGIC_TYPE": "text/x-server-parsed-html",
    "INCLUDES_MAGIC_TYPE3": "text/x-server-parsed-html3",
    "DIR_MAGIC_TYPE": "httpd/unix-directory",
}


def test_constants_have_their_values(inside: Inside) -> None:
    wanted = {**CONSTANTS, **TEXTS}
    assert inside(f"result = {{name: getattr(apache, name, None) for name in {sorted(wanted)!r}}}") == wanted


def test_the_module_magic_number(inside: Inside) -> None:
    assert inside("result = apache.MODULE_MAGIC_NUMBER_MAJOR > 20111130") is True
    assert inside("result = type(apache.MODULE_MAGIC_NUMBER_MINOR).__name__") == "int"

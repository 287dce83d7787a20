"""Packages with C extensions from the Python package index: together, where they refuse, and with a database."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from harness import deploying, site
from harness.postgres import Postgres, postgres
from harness.serve import Serve
from harness.server import Server

pytestmark = deploying.CELLS

ANSWERS = {
    "with_cryptography": ["secret", True, False],
    "with_lxml": "<ul><li>Emma</li><li>Caf\u00e9</li></ul>",
    "with_numpy": [2.0, 3.0],
    "with_psycopg2": "'O''Hara'",
    "with_pydantic": [{"item": "tea", "count": 3}, ["count"]],
    "with_sqlalchemy": 723,
}

# CPython gives other interpreters a copy of what psycopg2 is in the main one.
REFUSED = [part for part in ANSWERS if part != "with_psycopg2"]
REFUSAL = r"^MPY0220: the extension module '[\w.]+' refuses interpreter 'named', a legacy one: "
FAILURE = ("^MPY030[13]", "^PythonHandler ")


def start(serve: Serve, handler: str, server: str = "", children: int = 1) -> Server:
    """One server name in the main interpreter, another in one of its own, with the same packages."""
    major, minor = site.python_version()
    library = deploying.environment("packages") / f"lib/python{major}.{minor}/site-packages"
    prepared = serve.prepare(
        directory=f"SetHandler mod_python\nPythonHandler {handler}",
        server=f"PythonInterpreterOptions * path={library}\nPythonPath \"['{{htdocs}}'] + sys.path\"\n{server}",
        vhosts={
            "main.example.com": "PythonInterpreter main_interpreter",
            "named.example.com": "PythonInterpreter named",
        },
        children=children,
    )
    deploying.place(site.CHECKOUT / "tests/applications/packages", prepared.htdocs)
    prepared.start()
    return prepared


# --- one after the other, and in other interpreters ---


def test_all_work_together_in_the_main_interpreter(serve: Serve) -> None:
    server = start(serve, "together")
    assert server.json(host="main.example.com") == ANSWERS


def test_all_work_in_threads_that_serve_at_once(serve: Serve) -> None:
    server = start(serve, "together")
    assert [answer.json() for answer in server.at_once(24, host="main.example.com")] == [ANSWERS] * 24


def test_an_application_that_is_refused_is_a_500_and_the_server_goes_on(serve: Serve) -> None:
    server = start(serve, "together")
    server.expect_log(REFUSAL, *FAILURE)
    assert server.json(host="main.example.com") == ANSWERS
    assert [server.get(host="named.example.com").status_code for _ in range(3)] == [500] * 3
    assert server.json(host="main.example.com") == ANSWERS
    (refusal,) = server.log.find("^MPY0220")
    assert "Remedy: 'PythonInterpreter main_interpreter'" in refusal.message


@pytest.mark.parametrize("part", REFUSED)
def test_each_that_is_refused_is_named_in_one_entry(serve: Serve, part: str) -> None:
    server = start(serve, "alone")
    server.expect_log(REFUSAL, *FAILURE)
    assert server.json(f"/{part}", host="main.example.com") == ANSWERS[part]
    assert [server.get(f"/{part}", host="named.example.com").status_code for _ in range(2)] == [500] * 2
    assert server.json(f"/{part}", host="main.example.com") == ANSWERS[part]
    assert len(server.log.find("^MPY0220")) == 1


@pytest.mark.skipif(site.python_version() < (3, 13), reason="the first interpreter that asks gets it")
def test_psycopg2_is_spoilt_for_the_main_interpreter_by_another_that_asked_before(serve: Serve) -> None:
    server = start(serve, "alone")
    server.expect_log(REFUSAL, "^MPY0220: .* refuses interpreter 'main_interpreter', ", *FAILURE)
    assert server.get("/with_psycopg2", host="named.example.com").status_code == 500
    assert server.get("/with_psycopg2", host="main.example.com").status_code == 500


def test_psycopg2_imported_at_the_start_is_not_spoilt(serve: Serve) -> None:
    server = start(serve, "alone", "PythonImport psycopg2 main_interpreter")
    assert server.json("/with_psycopg2", host="named.example.com") == ANSWERS["with_psycopg2"]
    assert server.json("/with_psycopg2", host="main.example.com") == ANSWERS["with_psycopg2"]


# --- a database ---


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with postgres() as server:
        server.execute("CREATE TABLE account (owner text PRIMARY KEY, amount int NOT NULL)")
        # A sequence counts at once, for all transactions: it tells each how many have come.
        server.execute("CREATE SEQUENCE arrivals")
        server.execute(
            """
            CREATE FUNCTION meet(guests int) RETURNS void LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM nextval('arrivals');
                WHILE (SELECT last_value FROM arrivals) < guests LOOP
                    PERFORM pg_sleep(0.2);
                END LOOP;
            END $$
            """
        )
        yield server


@pytest.fixture
def database(cluster: Postgres) -> Postgres:
    cluster.execute("TRUNCATE account; ALTER SEQUENCE arrivals RESTART")
    cluster.execute("INSERT INTO account VALUES ('ann', 100), ('bob', 0)")
    return cluster


# For eight requests at once: under prefork a child serves one.
ENOUGH = 8 if site.MPM == "prefork" else 1


def bank(serve: Serve, database: Postgres, children: int = 1) -> Server:
    return start(serve, "bank", f'PythonOption dsn "{database.dsn}"', children)


def test_transactions_at_once_are_kept_whole(serve: Serve, database: Postgres) -> None:
    server = bank(serve, database, ENOUGH)
    answers = server.at_once(40, "/transfer", host="main.example.com")
    assert [answer.status_code for answer in answers] == [200] * 40
    assert server.json("/balances", host="main.example.com") == {"ann": 60, "bob": 40}


def test_a_handler_that_fails_leaves_nothing_of_its_transaction(serve: Serve, database: Postgres) -> None:
    server = bank(serve, database)
    server.expect_log(*FAILURE)
    assert server.get("/break_off", host="main.example.com").status_code == 500
    assert server.json("/balances", host="main.example.com") == {"ann": 100, "bob": 0}
    assert database.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'") == "0"


def test_a_connection_serves_request_after_request(serve: Serve, database: Postgres) -> None:
    server = bank(serve, database)
    assert len({server.json("/backend", host="main.example.com") for _ in range(5)}) == 1


def test_slow_queries_run_side_by_side(serve: Serve, database: Postgres) -> None:
    """Each of eight returns when the eighth has come, so one that kept the others out would end none."""
    server = bank(serve, database, ENOUGH)
    answers = server.at_once(8, "/meet", host="main.example.com")
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json() for answer in answers}) == ENOUGH


def test_a_database_that_goes_away_is_a_500_until_it_is_back(serve: Serve, database: Postgres) -> None:
    server = bank(serve, database)
    server.expect_log(*FAILURE)
    server.json("/transfer", host="main.example.com")
    database.stop()
    try:
        # The first on the connection that was cut, the next on none.
        assert [server.get("/transfer", host="main.example.com").status_code for _ in range(3)] == [500] * 3
    finally:
        database.start()
    server.json("/transfer", host="main.example.com")
    assert server.json("/balances", host="main.example.com") == {"ann": 98, "bob": 2}
    causes = [entry.message for entry in server.log.find("^MPY0303")]
    assert all(re.search(": (AdminShutdown|OperationalError|InterfaceError): ", cause) for cause in causes), causes

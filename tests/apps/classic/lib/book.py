"""What the guest book keeps, in a database of SQLite. Whoever asks opens it for that moment: so threads and processes
need not know of each other."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
PER_PAGE = 5

SCHEMA = """
create table if not exists entry (
    number integer primary key,
    signed text not null default (date()),
    name text not null,
    text text not null,
    picture blob,
    published integer not null default 0
);
create table if not exists visit (page text primary key, count integer not null);
create table if not exists secret (id integer primary key, value text not null);
"""
# What a page shows of an entry.
SHOWN = "select number, signed, name, text, picture is not null as has_picture from entry"


def ask(statement, *values):
    with closing(sqlite3.connect(DATA / "guestbook.sqlite3", timeout=30, isolation_level=None)) as database:
        database.executescript(SCHEMA)
        database.row_factory = sqlite3.Row
        return database.execute(statement, values).fetchall()


# --- entries ---


def sign(name, text, picture):
    ask("insert into entry (name, text, picture) values (?, ?, ?)", name, text, picture)


def published(page):
    """The entries of a page, newest first, and whether there are older ones."""
    offset = (page - 1) * PER_PAGE
    rows = ask(f"{SHOWN} where published order by number desc limit ? offset ?", PER_PAGE + 1, offset)
    return rows[:PER_PAGE], len(rows) > PER_PAGE


def waiting():
    return ask(f"{SHOWN} where not published order by number")


def publish(number):
    ask("update entry set published = 1 where number = ?", number)


def delete(number):
    ask("delete from entry where number = ?", number)


def picture(number, published):
    """The bytes of an entry's picture, or None."""
    rows = ask("select picture from entry where number = ? and published = ?", number, published)
    return rows[0]["picture"] if rows else None


# --- visits ---


def count_visit(page):
    ask("insert into visit values (?, 1) on conflict (page) do update set count = count + 1", page)


def visits():
    return [tuple(row) for row in ask("select page, count from visit order by count desc, page")]


# --- the key that cookies are signed with ---


def secret():
    ask("insert or ignore into secret values (1, ?)", secrets.token_hex())
    return ask("select value from secret")[0]["value"]

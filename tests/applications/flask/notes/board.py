"""The pages of the board."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    stream_with_context,
    url_for,
)
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

pages = Blueprint("board", __name__)


def _database() -> closing[sqlite3.Connection]:
    database = sqlite3.connect(_folder() / "notes.sqlite3", timeout=20, isolation_level=None)
    database.execute("CREATE TABLE IF NOT EXISTS note (author TEXT, text TEXT, picture TEXT)")
    return closing(database)


def _folder() -> Path:
    return Path(current_app.instance_path)


@pages.get("/")
def index() -> str:
    search = request.args.get("search", "")
    with _database() as database:
        notes = database.execute("SELECT * FROM note WHERE instr(text, ?) ORDER BY text", (search,)).fetchall()
    return render_template("notes/index.html", notes=notes, search=search)


@pages.post("/name")
def name() -> AnyResponse:
    session["name"] = request.form["name"]
    return redirect(url_for(".index"))


@pages.post("/add")
def add() -> AnyResponse:
    upload = request.files.get("picture")
    picture = secure_filename(upload.filename or "") if upload else ""
    if upload and picture:
        upload.save(_folder() / "pictures" / picture)
    with _database() as database:
        values = (session.get("name", "somebody"), request.form["text"], picture)
        database.execute("INSERT INTO note VALUES (?, ?, ?)", values)
    current_app.logger.info("a note by %s", values[0])
    flash("Your note is there.")
    return redirect(url_for(".index"))


@pages.get("/pictures/<picture>")
def picture(picture: str) -> AnyResponse:
    return send_from_directory(_folder() / "pictures", picture)


@pages.get("/address")
def address() -> dict[str, str]:
    """Where the application believes to be."""
    return {
        "index": url_for(".index"),
        "picture": url_for(".picture", picture="a b.png", _external=True),
        "static": url_for("static", filename="notes.css"),
        "root": request.script_root,
        "path": request.path,
        "client": request.remote_addr or "",
    }


@pages.get("/progress")
def progress() -> Response:
    """What a program in the background reports, line by line while it runs; the last line is "done"."""
    return Response(stream_with_context(_lines()), content_type="text/plain; charset=utf-8")


def _lines() -> Iterator[str]:
    with (_folder() / "progress.log").open() as file:
        line = ""
        while line != "done\n":
            line = file.readline()
            if line:
                # The request is still there, which stream_with_context is for.
                yield f"{request.path} {line}"
            else:
                time.sleep(0.05)


@pages.get("/broken")
def broken() -> str:
    """A page with a defect, for a look at what the error log says."""
    current_app.logger.warning("this will fail")
    raise LookupError("no such note")

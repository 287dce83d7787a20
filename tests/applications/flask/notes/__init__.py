"""A board of notes. Its own files are in /srv/flask/site, all else beside that folder."""

from pathlib import Path

from flask import Flask

from notes import board

HOME = Path(__file__).resolve().parents[2]


def create_app() -> Flask:
    app = Flask(__name__, instance_path=str(HOME / "data"))
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.config.from_pyfile(str(HOME / "settings.cfg"))
    app.register_blueprint(board.pages)
    return app

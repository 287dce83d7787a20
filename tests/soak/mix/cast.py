"""Who takes part. An actor is added by its module in `actors`, its folder in `tests/apps/mix`, and a row here."""

from __future__ import annotations

from soak.mix.actor import Actor
from soak.mix.actors.aborts import Aborts
from soak.mix.actors.connection import Connection
from soak.mix.actors.errors import Errors
from soak.mix.actors.filters import Filters
from soak.mix.actors.hello import Hello
from soak.mix.actors.imports import Imports
from soak.mix.actors.monitor import Monitor
from soak.mix.actors.pages import Pages
from soak.mix.actors.published import Published
from soak.mix.actors.recycle import Recycle
from soak.mix.actors.reload import Reload
from soak.mix.actors.sessions import DbmSessions, Sessions
from soak.mix.actors.slow import Slow
from soak.mix.actors.streams import Streams
from soak.mix.actors.threads import Threads
from soak.mix.actors.uploads import Uploads
from soak.mix.actors.wsgi import Wsgi

# Actor, and how many of it play at once.
CAST: list[tuple[type[Actor], int]] = [
    (Hello, 2),
    (Monitor, 1),
    (Imports, 1),
    (Threads, 1),
    (Errors, 1),
    (Aborts, 1),
    (Slow, 1),
    (Recycle, 1),
    (Reload, 1),
    (Sessions, 1),
    (DbmSessions, 1),
    (Uploads, 1),
    (Streams, 1),
    (Filters, 1),
    (Pages, 1),
    (Published, 1),
    (Wsgi, 1),
    (Connection, 1),
]

"""Visitors whose visits are counted; each count has to be there."""

from __future__ import annotations

from random import Random

from soak.mix.actor import Actor, Scene, same

_MOST = 20


class Sessions(Actor):
    name = "sessions"
    directory = """
        SetHandler mod_python
        PythonHandler counted
        PythonOption mod_python.session.session_type FileSession
        PythonOption mod_python.session.database_directory "{root}/store"
    """

    def __init__(self, scene: Scene, random: Random) -> None:
        super().__init__(scene, random)
        self._visits: dict[str, int] = {}

    def act(self) -> None:
        leaves = self.random.random() < 0.05
        cookie = self.random.choice([*self._visits, *([""] if len(self._visits) < _MOST else [])])
        answer = self.ask("?leave" if leaves else "", headers={"Cookie": cookie} if cookie else {})
        answer.expect(200)
        visits = self._visits.get(cookie, 0) + 1
        same(answer.body, b"%d" % visits)
        if leaves:
            self._visits.pop(cookie, None)
        else:
            self._visits[cookie or answer.headers["Set-Cookie"].split(";")[0]] = visits


class DbmSessions(Sessions):
    name = "dbm_sessions"
    app = "sessions"
    directory = Sessions.directory.replace("FileSession", "DbmSession")

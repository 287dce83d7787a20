"""Answers and bodies of some megabytes."""

from __future__ import annotations

from soak.mix.actor import Actor, same

_PIECE = b"0123456789abcdef" * 4096
_MOST = 64


class Streams(Actor):
    name = "streams"
    directory = "SetHandler mod_python\nPythonHandler streams"
    pause = 0.1

    def act(self) -> None:
        number = self.random.randint(1, _MOST)
        way = self.random.choice(["write", "sendfile", "read"])
        if way == "sendfile":
            self._lay_down()
        if way == "read":
            same(self.text("?read=0", method="POST", body=_PIECE * number), str(len(_PIECE) * number))
            return
        answer = self.ask(f"?{way}={number}")
        answer.expect(200)
        # Not `same`: nobody wants to read megabytes.
        if answer.body != _PIECE * number:
            raise AssertionError(f"{way}: {len(answer.body):,} bytes came, or other ones")

    def _lay_down(self) -> None:
        large = self.scene.htdocs / self.name / "large"
        if not large.exists():
            large.write_bytes(_PIECE * _MOST)

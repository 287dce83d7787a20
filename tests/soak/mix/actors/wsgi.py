"""A WSGI application and each form of answer."""

from __future__ import annotations

import zlib

from soak.mix.actor import Actor, same

_ANSWERS = {
    "list": "Hello, World!",
    "generator": "0,1,2,3,4,5,6,7,8,9,",
    "write": "written",
    "file": "what is in the file",
}


class Wsgi(Actor):
    name = "wsgi"
    directory = """
        SetHandler mod_python
        PythonHandler mod_python.wsgi
        PythonOption mod_python.wsgi.application application
    """
    foreseen = ("MPY0303: .*wsgi", "PythonHandler mod_python.wsgi")

    def act(self) -> None:
        way = self.random.choice([*_ANSWERS, "body", "fails"])
        if way == "fails":
            self.ask("?fails").expect(500)
        elif way == "body":
            body = self.random.randbytes(self.random.randint(0, 100_000))
            same(self.text("?body", method="POST", body=body), str(zlib.crc32(body)))
        else:
            same(self.text(f"?{way}"), _ANSWERS[way])

"""A filter for bodies, and one for answers."""

from __future__ import annotations

from soak.mix.actor import Actor, same

_LETTERS = "abcdefghijklmnopqrstuvwxyz\n"


class Filters(Actor):
    name = "filters"
    directory = """
        SetHandler mod_python
        PythonHandler filtered
        PythonInputFilter filtered LOUD
        PythonOutputFilter filtered COUNTED
        SetInputFilter LOUD
        SetOutputFilter COUNTED
    """

    def act(self) -> None:
        text = _LETTERS * self.random.randint(0, 3000)
        found = self.text("", method="POST", body=text.encode())
        same((len(found), found), (len(text) + 1 + len(str(len(text))), f"{text.upper()}|{len(text)}"))

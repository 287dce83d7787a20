"""PSP pages."""

from __future__ import annotations

from soak.mix.actor import Actor, same


class Pages(Actor):
    name = "pages"
    directory = "SetHandler mod_python\nPythonHandler mod_python.psp"

    def act(self) -> None:
        number = self.random.randint(0, 200)
        items = [line for line in self.text(f"page.psp?{number}").splitlines() if line]
        same(items, [f"<li>{item} of the list</li>" for item in range(number)])

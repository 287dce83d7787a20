"""What the publisher publishes, and what not."""

from __future__ import annotations

from soak.mix.actor import Actor, same


class Published(Actor):
    name = "published"
    directory = "SetHandler mod_python\nPythonHandler mod_python.publisher"
    foreseen = ("MPY0950: ",)

    def act(self) -> None:
        match self.random.randint(1, 10):
            case 1:
                self.ask("shop/nothing").expect(404)
            case 2:
                self.ask("shop/_secret").expect(403)
            case 3:
                same(self.text("shop/shelf/book"), "a book")
            case 4:
                same(self.text("shop"), "Welcome")
            case number:
                same(self.text(f"shop/item?number={number}&colour=blue&other=1"), f"item {number} in blue")

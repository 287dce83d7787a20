"""What actors have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar

from soak.mix import client, hosts
from soak.mix.client import Answer


@dataclass(frozen=True)
class Scene:
    """What an actor may know of the run."""

    port: int
    # Where the connection handler listens.
    second_port: int
    htdocs: Path
    # How long the run is.
    seconds: float


class Actor(ABC):
    """Does the same kind of thing over and over. `act` raises where the server did anything wrong."""

    # Its folder in the document root, which is a copy of tests/apps/mix/<app>.
    name: ClassVar[str]
    app: ClassVar[str] = ""
    # Lines of the configuration for its folder.
    directory: ClassVar[str]
    # What the error log may say because of it, as regular expressions of whole messages' beginnings.
    foreseen: ClassVar[tuple[str, ...]] = ()
    # Seconds between two acts, on average.
    pause: float = 0.02

    def __init__(self, scene: Scene, random: Random) -> None:
        self.scene = scene
        self.random = random

    @abstractmethod
    def act(self) -> None:
        """One thing, from its beginning to its end."""

    def ask(
        self,
        target: str,
        host: str = "",
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks for something in its own folder; of any interpreter, if no host is named."""
        chosen = host or self.any_host()
        return client.ask(self.scene.port, chosen, f"/{self.name}/{target}", method, body, headers or {})

    def text(self, target: str, host: str = "", method: str = "GET", body: bytes | None = None) -> str:
        """The content of an answer that has to be a 200."""
        answer = self.ask(target, host, method, body)
        answer.expect(200)
        return answer.body.decode()

    def any_host(self) -> str:
        return self.random.choice(hosts.common()).name

    @classmethod
    def server(cls) -> str:
        """Lines of the configuration for the main server."""
        return ""

    @classmethod
    def folder(cls) -> str:
        return cls.app or cls.name


def same(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{found!r:.300} instead of {wanted!r:.300}")

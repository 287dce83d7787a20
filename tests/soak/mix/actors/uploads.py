"""Forms with files, small and large."""

from __future__ import annotations

import zlib

from soak.mix.actor import Actor, same

_BOUNDARY = "----a-boundary"


class Uploads(Actor):
    name = "uploads"
    directory = "SetHandler mod_python\nPythonHandler uploaded"

    def act(self) -> None:
        files = [self.random.randbytes(self._size()) for _ in range(self.random.randint(1, 3))]
        body = b"".join(_part(f"f{number}", content) for number, content in enumerate(files))
        body += f"--{_BOUNDARY}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={_BOUNDARY}"
        answer = self.ask("", method="POST", body=body, headers={"Content-Type": content_type})
        answer.expect(200)
        wanted = [f"f{number} {len(content)} {zlib.crc32(content)}" for number, content in enumerate(files)]
        same(answer.body.decode().splitlines(), wanted)

    def _size(self) -> int:
        """Mostly small; a megabyte at most."""
        return int(2 ** self.random.uniform(0, 20))


def _part(name: str, content: bytes) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'
    return head.encode() + content + b"\r\n"

"""A protocol of its own: sums, a line each."""

from mod_python import apache


def connectionhandler(conn):
    while words := conn.readline(1000).split():
        match words:
            case [b"add", *numbers]:
                conn.write(f"{sum(map(int, numbers))}\r\n")
            case [b"fail"]:
                raise ValueError("on purpose")
            case _:
                break
    return apache.OK

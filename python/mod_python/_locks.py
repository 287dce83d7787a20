"""Which of the server's locks a key means; the locks themselves are httpd's."""

from binascii import crc32
from numbers import Number


def stable_hash(key: object) -> int:
    """A hash that is the same in every process, unlike hash(), which is seeded for each.

    Equal keys have equal hashes: numbers by value, so that 1, 1.0 and True are one key;
    str, bytes, tuples and frozensets by content; any other object by its repr(), which it
    should therefore share with its equals. TypeError for what hash() refuses.
    """
    value = hash(key)
    if isinstance(key, Number):
        return value
    if isinstance(key, str):
        return crc32(str.encode(key, "utf-8", "surrogatepass"))
    if isinstance(key, (bytes, memoryview)):
        return crc32(key)
    if isinstance(key, tuple):
        return crc32(repr([stable_hash(part) for part in key]).encode())
    if isinstance(key, frozenset):
        return sum(map(stable_hash, key)) & 0xFFFFFFFF
    return crc32(repr(key).encode("utf-8", "surrogatepass"))

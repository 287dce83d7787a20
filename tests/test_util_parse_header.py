"""`mod_python.util.parse_header`: header values with parameters."""

from __future__ import annotations

from harness.inside import Inside

_TABLE: dict[str, tuple[str, dict[str, str]]] = {
    "": ("", {}),
    "Text/HTML": ("text/html", {}),
    " text/html ; Charset = utf-8 ": ("text/html", {"charset": "utf-8"}),
    'form-data; name="p;q"; filename="a=b"': ("form-data", {"name": "p;q", "filename": "a=b"}),
    'a; b="x\\"y"; c': ("a", {"b": 'x"y'}),
    'a; b="c:\\dir\\n.txt"': ("a", {"b": "c:\\dir\\n.txt"}),
    "a; filename*=UTF-8''%e2%82%ac; filename=euro": ("a", {"filename": "€"}),
    "a; filename*=UTF-8''%ff": ("a", {"filename*": "UTF-8''%ff"}),
    "a; b=1; b=2": ("a", {"b": "2"}),
    "a; b=é": ("a", {"b": "é"}),
    "a; b=\udcff": ("a", {"b": "\udcff"}),
}


def test_header_values(inside: Inside) -> None:
    """L7.2: 6. Of str, str; of bytes, the value is bytes, as in 3.5."""
    source = f"""
        from mod_python import util
        lines = {list(_TABLE)!r}
        result = []
        for line in lines:
            value, options = util.parse_header(line)
            as_bytes = line.encode("utf-8", "surrogateescape")
            assert util.parse_header(as_bytes) == (value.encode(), options)
            result.append([value, {{name: ascii(it) for name, it in options.items()}}])
    """
    expected = [[value, {name: ascii(it) for name, it in options.items()}] for value, options in _TABLE.values()]
    assert inside(source) == expected


def test_what_is_no_header_value(inside: Inside) -> None:
    for line in ("None", "5", "bytearray(b'a')"):
        assert inside.error(f"from mod_python import util\nutil.parse_header({line})").startswith("TypeError: ")


def test_parameters_can_be_asked_for_with_bytes(inside: Inside) -> None:
    source = """
        from mod_python import util
        options = util.parse_header(b"a; b=c")[1]
        result = [options["b"], options[b"b"], options.get(b"b"), options.get(b"x", 5), b"b" in options, list(options)]
    """
    assert inside(source) == ["c", "c", "c", 5, True, ["b"]]

"""`mod_python.util.FieldStorage`: queries, urlencoded bodies, and the form as a mapping."""

from __future__ import annotations

from typing import Any

import pytest
from harness import forms
from harness.client import Conversation, request
from harness.forms import URLENCODED, answer, multipart, post
from harness.inside import Inside
from harness.serve import Serve
from harness.server import Server


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("forms", directory=forms.DIRECTIVES)


# --- where the fields come from ---


def test_an_urlencoded_form_has_its_fields_in_order(server: Server) -> None:
    """L7.1: 4."""
    shown = answer(server, b"p=1&p=2&q=3&r=4", URLENCODED, "repr(form.list)")
    assert shown == "[Field('p', '1'), Field('p', '2'), Field('q', '3'), Field('r', '4')]"


def test_fields_of_the_query_come_first(server: Server) -> None:
    """L7.2: 2. In 3.5 the same name in query and body was two names."""
    expression = "[[it.name, it.value, type(it.name).__name__, type(it.value).__name__] for it in form.list]"
    found = answer(server, b"a=2", URLENCODED, expression, path="/?a=1")
    assert found == [["a", "1", "str", "str"], ["a", "2", "str", "str"]]
    found = answer(server, multipart(('name="a"', b"2")), forms.MULTIPART, expression, path="/?a=1")
    assert found == [["a", "1", "str", "str"], ["a", "2", "str", "str"]]


def test_a_body_is_read_for_post_only(server: Server) -> None:
    """L7.3: 4."""
    headers = {"Content-Type": URLENCODED, "X-Expression": "form.keys()"}
    for method, names in {"POST": ["q", "b"], "PUT": ["q"], "PATCH": ["q"], "Post": ["q"], "GET": ["q"]}.items():
        request = server.http.build_request(method, "/?q=1", content=b"b=2", headers=headers)
        request.method = method
        assert server.http.send(request).json() == names, method


def test_what_is_no_post_may_read_its_body_itself(server: Server) -> None:
    headers = {"X-Expression": "req.read().decode()"}
    assert server.http.put("/?q=1", content=b"b=2", headers=headers).json() == "b=2"


def test_types_of_urlencoded_bodies(server: Server) -> None:
    for content_type in (None, URLENCODED, URLENCODED + "; charset=UTF-8", "APPLICATION/X-WWW-Form-Urlencoded"):
        assert answer(server, b"a=1", content_type, "form['a']") == "1", content_type


def test_an_empty_body_is_an_empty_form(server: Server) -> None:
    for content_type in (None, URLENCODED, forms.MULTIPART):
        assert answer(server, b"", content_type, "[len(form), bool(form), form.list]") == [0, False, []]


def test_blank_values_stay_only_on_request(inside: Inside) -> None:
    source = """
        from mod_python import util
        class Request:
            args, method = "a=&b=1&c", "GET"
            get_options = req.get_options
        result = [util.FieldStorage(Request).keys(), util.FieldStorage(Request, 1).keys(),
                  util.FieldStorage(Request, keep_blank_values=True, strict_parsing=1).keys()]
    """
    assert inside(source) == [["b"], ["a", "b", "c"], ["a", "b", "c"]]


@pytest.mark.http1
def test_a_body_without_length_is_refused(server: Server) -> None:
    """L7.3: 4."""
    assert request(server.port, b"/", method=b"POST").status == 411


@pytest.mark.http1
def test_a_length_is_digits(server: Server) -> None:
    """L7.2: 4. httpd refuses them before anything is read."""
    for length in (b"+3", b"-3", b"3 3", b"3_0", b"0x3", b"three"):
        with Conversation(server.port) as client:
            client.post(b"Content-Length: " + length, b"Connection: close", body=b"a=1")
            assert client.hear_all().split(b" ")[1] == b"400", length


def test_a_length_that_somebody_has_changed_is_digits_too(inside: Inside) -> None:
    """L7.2: 4."""
    source = """
        from mod_python import util
        result = []
        class Request:
            args, method, proto_num = None, "POST", 1001
            get_options = req.get_options
        for length in ("+3", " 3", "3_0", "\u0663", "", "3" * 20):
            Request.headers_in = {"Content-Length": length}
            try:
                util.FieldStorage(Request)
            except apache.SERVER_RETURN as answer:
                result.append(answer.args[0])
    """
    assert inside(source) == [411] * 6


@pytest.mark.http1
def test_a_chunked_body_needs_no_length(server: Server) -> None:
    """Where mod_python 3.5 answered 411."""
    assert answer(server, iter([b"a=", b"1&b", b"=2"]), URLENCODED, "form.items()") == [["a", "1"], ["b", "2"]]


# --- text ---


def test_no_client_byte_is_an_error(server: Server) -> None:
    """L7.2: 1, 3. In 3.5 a query that was no UTF-8 ended the child, and a body was 500."""
    every = bytes(range(256))
    escaped = "".join(f"%{byte:02x}" for byte in every)
    raw = "[it.raw == bytes(range(256)) for it in form.list]"
    assert answer(server, f"a={escaped}".encode(), URLENCODED, raw, path=f"/?a={escaped}") == [True, True]
    assert answer(server, multipart(('name="a"', every)), forms.MULTIPART, raw) == [True]
    body = b"\xff=\xfe&b=%E9&\xc3\xa9=\xe2\x82\xac"
    shown = "[[ascii(it.name), ascii(it.value)] for it in form.list]"
    assert answer(server, body, URLENCODED, shown) == [
        [r"'\udcff'", r"'\udcfe'"],
        ["'b'", r"'\udce9'"],
        [r"'\xe9'", r"'\u20ac'"],
    ]


def test_the_parsers_of_queries_are_those_of_the_server(inside: Inside) -> None:
    """L7.2: 1."""
    source = """
        import _apache
        from mod_python import util
        result = [util.parse_qs is _apache.parse_qs, util.parse_qsl is _apache.parse_qsl,
                  util.parse_qsl("x=12&y=%E9") == [("x", "12"), ("y", "\\udce9")]]
    """
    assert inside(source) == [True, True, True]


def test_an_escaped_nul_is_kept(server: Server) -> None:
    assert answer(server, b"a=1%002", URLENCODED, "form['a']") == "1\x002"


# --- the mapping ---

_FORM = """
from mod_python import util
class Request:
    args, method = "b=1&a=2&b=3", "GET"
    get_options = req.get_options
form = util.FieldStorage(Request)
"""


def _of(inside: Inside, source: str) -> Any:
    return inside(f"{_FORM}{source}")


_EXPRESSIONS: dict[str, Any] = {
    "form['a']": "2",
    "form['b']": ["1", "3"],
    "form[b'a']": "2",
    "form.get('a')": "2",
    "form.get('b')": ["1", "3"],
    "form.get('c')": None,
    "form.get('c', 5)": 5,
    "form.getfirst('b')": "1",
    "form.getfirst(b'b')": "1",
    "form.getfirst('c')": None,
    "form.getfirst('c', '5')": "5",
    "form.getlist('b')": ["1", "3"],
    "form.getlist(b'a')": ["2"],
    "form.getlist('c')": [],
    "form.keys()": ["b", "a"],
    "list(form)": ["b", "a"],
    "form.values()": ["1", "2", "3"],
    "form.items()": [["b", "1"], ["a", "2"], ["b", "3"]],
    "len(form)": 2,
    "'a' in form, b'a' in form, 'c' in form, 5 in form": [True, True, False, False],
    "form.has_key('a'), form.has_key(b'c')": [True, False],
    "repr(form)": "{'b': [Field('b', '1'), Field('b', '3')], 'a': [Field('a', '2')]}",
    "str(form['a']), form['a'] == '2', hash(form['a']) == hash('2')": ["2", True, True],
}


def test_look_ups(inside: Inside) -> None:
    """L7.2: 2. L7.3: 7. `get` needs no default, where it did in 3.5."""
    source = "result = [" + ", ".join(f"({expression})" for expression in _EXPRESSIONS) + "]"
    found = dict(zip(_EXPRESSIONS, _of(inside, source), strict=True))
    assert found == _EXPRESSIONS


def test_what_is_not_there_is_a_key_error(inside: Inside) -> None:
    assert inside.error(f"{_FORM}form['c']") == "KeyError: 'c'"
    assert inside.error(f"{_FORM}del form['c']") == "KeyError: 'c'"


def test_assigning_replaces_all_of_a_name(inside: Inside) -> None:
    source = "form['b'] = '4'; form[b'a'] = b'\\xff'; result = [[n, ascii(v.value)] for n, v in form.items()]"
    assert _of(inside, source) == [["b", "'4'"], ["a", r"'\udcff'"]]


def test_only_text_can_be_assigned(inside: Inside) -> None:
    for statement in ("form['a'] = 1", "form['a'] = None", "form[1] = 'a'", "form.add_field('a', [])"):
        assert inside.error(_FORM + statement).startswith("TypeError: "), statement


def test_add_field_appends(inside: Inside) -> None:
    assert _of(inside, "form.add_field('a', '4'); result = form.items()[-1], form['a']") == [["a", "4"], ["2", "4"]]


def test_deleting_is_by_name(inside: Inside) -> None:
    """L7.2: 5. In 3.5 another field with the same value could go."""
    source = """
form.add_field('c', '1'); form.add_field('b', '2')
del form['b']
result = form.items()
"""
    assert _of(inside, source) == [["a", "2"], ["c", "1"]]


def test_lists_that_are_given_out_are_copies(inside: Inside) -> None:
    source = "form.getlist('b').clear(); form['b'].clear(); form.keys().clear(); result = form.items()"
    assert len(_of(inside, source)) == 3


def test_clear_empties(inside: Inside) -> None:
    assert _of(inside, "form.clear(); result = [form.items(), len(form), bool(form)]") == [[], 0, False]


_CHANGES = {
    "form.list.append(util.Field('c'))": ["b", "a", "c"],
    "form.list.insert(0, util.Field(b'c'))": ["c", "b", "a"],
    "form.list.extend([util.Field('c')])": ["b", "a", "c"],
    "form.list += [util.Field('c')]": ["b", "a", "c"],
    "form.list.pop(1)": ["b"],
    "form.list.remove('2')": ["b"],
    "del form.list[1:]": ["b"],
    "form.list[:] = []": [],
    "form.list.reverse()": ["b", "a"],
    "form.list.sort(key=lambda it: it.name)": ["a", "b"],
    "form.list *= 2": ["b", "a"],
    "form.list.clear()": [],
}


def test_the_list_may_be_changed(inside: Inside) -> None:
    for change, names in _CHANGES.items():
        assert _of(inside, f"form.keys(); {change}; result = form.keys()") == names, change


# --- fields ---


def test_a_field_that_is_no_file_is_text(inside: Inside) -> None:
    source = """
field = form['a']
result = [isinstance(field, str), type(field.value).__name__, field.raw == b'2', bytes(field) == b'2',
          field.file.read() == b'2', field.file is field.file, field.name, field.filename, field.headers == {},
          field.type, field.ctype, field.type_options == {}, field.disposition, field.disp_options,
          field.disposition_options, repr(field), field.upper()]
"""
    expected = [True, "str", True, True, True, True, "a", None, True]
    expected += ["text/plain", "text/plain", True, None, None, None, "Field('a', '2')", "2"]
    assert _of(inside, source) == expected


def test_a_field_keeps_its_bytes(inside: Inside) -> None:
    source = "result = [ascii(field), list(field.raw), list(field.file.read())]"
    made = "from mod_python import util\nfield = util.StringField(b'\\xff\\xc3\\xa9')"
    assert inside(f"{made}\n{source}") == [
        r"Field(None, '\udcff\xe9')",
        [0xFF, 0xC3, 0xA9],
        [0xFF, 0xC3, 0xA9],
    ]


def test_a_lone_surrogate_of_a_script_is_no_byte(inside: Inside) -> None:
    assert inside.error("from mod_python import util\nutil.StringField('\\ud800').raw").startswith(
        "UnicodeEncodeError: "
    )


def test_a_field_may_be_kept_in_a_session(server: Server) -> None:
    """Pickled, it is its name and its text."""
    expression = "(lambda it: [it, it.name, type(it).__name__])(pickle.loads(pickle.dumps(form['a'])))"
    assert answer(server, multipart(('name="a"', "é".encode())), expression=expression) == ["é", "a", "StringField"]


def test_a_field_made_by_a_script(inside: Inside) -> None:
    source = """
        import io
        from mod_python import util
        field = util.Field('n', io.BytesIO(b'abc'), 'text/x', {'a': 'b'}, 'form-data', {'filename': 'f'}, {'H': 'v'})
        field.file.read()
        result = [field.value == b'abc', field.value == b'abc', field.filename, field.type, field.ctype,
                  field.type_options, field.disposition, field.disposition_options, field.disp_options,
                  field.headers, repr(field)]
        assert util.Field('n', None, 'text/x').value is None
    """
    options = {"filename": "f"}
    expected = [True, True, "f", "text/x", "text/x", {"a": "b"}, "form-data", options, options, {"H": "v"}]
    assert inside(source) == [*expected, "Field('n', b'abc')"]


def test_a_field_with_a_name_alone_has_nothing_else(inside: Inside) -> None:
    assert inside.error("from mod_python import util\nutil.Field('n').value").startswith("AttributeError: ")


def test_a_file_that_gives_text_is_an_error(inside: Inside) -> None:
    source = "import io\nfrom mod_python import util\nutil.Field('n', io.StringIO('abc')).value"
    assert inside.error(source) == "TypeError: the file of a field must give bytes, not str"


def test_options_of_a_part_may_be_asked_for_with_bytes(server: Server) -> None:
    """L7.2: 2. Their names were bytes in 3.5."""
    asked = "it['name'], it[b'name'], b'name' in it, it.get(b'x'), 'x' in it, list(it)"
    expression = f"(lambda it: [{asked}])(form['a'].disposition_options)"
    body = multipart(('name="a"', b""))
    assert answer(server, body, expression=expression) == ["a", "a", True, None, False, ["name"]]


def test_names_that_other_modules_use(inside: Inside) -> None:
    source = """
        from mod_python import util
        result = [util.readBlockSize, util.MethodWrapper is type(object.__call__), isinstance(util.FieldList(), list),
                  [it.__module__ for it in (util.FieldStorage, util.FieldList, util.Field, util.StringField)]]
    """
    assert inside(source) == [65368, True, True, ["mod_python.util"] * 4]


def test_post_is_read_once(server: Server) -> None:
    assert answer(server, b"a=1", URLENCODED, "[form['a'], util.FieldStorage(req).keys()]") == ["1", []]


def test_an_unreadable_type_keeps_the_child(server: Server) -> None:
    """L7.3: 4."""
    children = server.process.children()
    for content_type in (b"\xff", b"multipart/form-data; boundary=\xff", b'a/b; c="', b";", b"="):
        assert post(server, b"x", content_type).status_code in (200, 400, 501)
    assert server.process.children() == children

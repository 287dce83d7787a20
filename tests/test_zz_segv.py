import pytest
@pytest.mark.parametrize("i", range(700))
def test_x(serve, i):
    s = serve("hello", directory="SetHandler mod_python\nPythonHandler hello", server='CoreDumpDirectory /tmp/cores')
    assert s.raw(b"/", method=b"HEAD").status == 200

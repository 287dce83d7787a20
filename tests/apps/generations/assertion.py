"""Whether this module was compiled with assertions."""

try:
    assert __name__ == "another"
except AssertionError:
    are_checked = True
else:
    are_checked = False

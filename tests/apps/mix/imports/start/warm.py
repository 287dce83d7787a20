"""For PythonImport: runs before the first request of each interpreter."""


def at_start():
    import decimal

    assert decimal.Decimal("0.1") * 3 == decimal.Decimal("0.3")

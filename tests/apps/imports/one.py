import spool

spool.note("one imported")


def start():
    spool.note("one started")


def fails():
    raise RuntimeError("fails on purpose")

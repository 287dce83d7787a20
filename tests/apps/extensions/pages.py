"""For the publisher."""


def index(req):
    import picky  # noqa: F401

    return "loaded"

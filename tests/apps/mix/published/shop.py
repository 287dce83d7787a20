def index(req):
    return "Welcome"


def item(req, number, colour="red"):
    return f"item {int(number)} in {colour}"


class _Shelf:
    def book(self):
        return "a book"


shelf = _Shelf()
_secret = "not for everybody"

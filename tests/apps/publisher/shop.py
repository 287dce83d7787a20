"""A module beside index.py."""


def index():
    return "index of shop"


def item(req, number="0"):
    return f"item {number}"


class Item:
    def sub(self):
        return "sub"


things = Item()


def grün():
    return "green"

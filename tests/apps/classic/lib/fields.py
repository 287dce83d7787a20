"""What a form's fields are taken for (docs/util.md). A client sends what it likes: several fields of a name, a file
where text belongs, any bytes."""

import re

from mod_python import util

LARGEST_PICTURE = 1024 * 1024
# How each type of picture begins.
PICTURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def text(field, longest):
    """Clean text, cut to its longest; empty for what is none."""
    if not isinstance(field, str):
        return ""
    # Bytes that were no UTF-8 are surrogates, which can be written nowhere.
    clean = field.encode("utf-8", "replace").decode().replace("\r\n", "\n")
    return CONTROLS.sub(" ", clean).strip()[:longest]


def number(field):
    """A number that a database can hold; 0 for what is none."""
    return int(field) if isinstance(field, str) and re.fullmatch("[0-9]{1,9}", field) else 0


def picture(field):
    """The bytes of a picture, or None where no file was chosen. ValueError says why it is none that we take."""
    if not isinstance(field, util.Field):
        return None
    content = field.file.read(LARGEST_PICTURE + 1)
    if len(content) > LARGEST_PICTURE:
        raise ValueError("The picture is larger than 1 MB.")
    if picture_type(content) is None:
        raise ValueError("The picture is neither PNG, JPEG, GIF nor WebP.")
    return content


def picture_type(content):
    """By its content: what the client says of it, its name among that, proves nothing."""
    return next((name for name, begin in PICTURES.items() if begin.match(content)), None)

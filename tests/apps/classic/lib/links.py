"""An output filter (docs/filters.md): addresses in entries become links, and :-) a smile.

It sees pages as they are sent, so what it finds in an entry is escaped already.
"""

import re

ENTRY = re.compile(rb'(?<=<p class="text">).*?(?=</p>)', re.DOTALL)
ADDRESS = re.compile(rb"\bhttps?://(?:[^\s<>&]|&amp;)*[^\s<>&.,:;!?)]")
SMILE = "\N{WHITE SMILING FACE}".encode()


def outputfilter(filter):
    req = filter.req
    if not (req.content_type or "").startswith("text/html"):
        filter.disable()
        return
    if not hasattr(req, "page"):
        req.page = b""
    # An address may come in two parts, so the page is put together first.
    part = filter.read()
    while part:
        req.page += part
        part = filter.read()
    if part is None:
        filter.write(ENTRY.sub(decorate, req.page))
        filter.close()


def decorate(entry):
    linked = ADDRESS.sub(rb'<a href="\g<0>" rel="nofollow noopener">\g<0></a>', entry[0])
    return linked.replace(b":-)", SMILE)

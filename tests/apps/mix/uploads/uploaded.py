"""Says what has been uploaded: each field's size and checksum."""

import zlib

from mod_python import apache, util


def handler(req):
    form = util.FieldStorage(req)
    for field in form.list:
        checksum = size = 0
        while piece := field.file.read(65536):
            checksum = zlib.crc32(piece, checksum)
            size += len(piece)
        req.write(f"{field.name} {size} {checksum}\n")
    return apache.OK

"""What all the packages answer, in one request."""

import json

import with_cryptography
import with_lxml
import with_numpy
import with_psycopg2
import with_pydantic
import with_sqlalchemy
from mod_python import apache

PARTS = (with_cryptography, with_lxml, with_numpy, with_psycopg2, with_pydantic, with_sqlalchemy)


def handler(req):
    req.content_type = "application/json"
    req.write(json.dumps({part.__name__: part.answer() for part in PARTS}))
    return apache.OK

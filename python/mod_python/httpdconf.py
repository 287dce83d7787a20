"""httpd configurations written in Python; needs no httpd.

A configuration is a tree of objects, one for each line or section::

    from mod_python.httpdconf import *

    config = Container(
        Listen(8080),
        Directory("/srv/www",
            SetHandler("mod_python"),
            PythonHandler("hello")))
    print(config)

`str()` is the text for httpd, `repr()` the Python source that makes the same object again. Every name is in
docs/httpdconf.md.
"""

# No `__all__`: scripts of mod_python 3.5 find os, sys and mod_python through `from mod_python.httpdconf import *`.
import os as os
import sys as sys

import mod_python as mod_python
from mod_python._httpdconf.basic import write_basic_config as write_basic_config
from mod_python._httpdconf.elements import Comment as Comment
from mod_python._httpdconf.elements import Container as Container
from mod_python._httpdconf.elements import ContainerTag as ContainerTag
from mod_python._httpdconf.elements import Directive as Directive
from mod_python._httpdconf.names import *  # noqa: F403
from mod_python._httpdconf.quoting import quote_if_space as quote_if_space

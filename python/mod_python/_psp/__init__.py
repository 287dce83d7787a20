"""PSP pages: the parts of :mod:`mod_python.psp`.

=============  ==========================================================
files          reads them
translation    from a page and its includes to a Python program
compiling      from there to a code object that knows the page's lines
tracebacks     the lines of included files
templates      what is known of each page: compiled once, until it changes
caches         so many of them, the least used of which give way
records        compiled pages as bytes
disk           where such bytes are kept
listing        what ``display_code`` shows
=============  ==========================================================
"""

from mod_python._psp.translation import parse as parse
from mod_python._psp.translation import parsestring as parsestring

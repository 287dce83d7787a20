"""Modules imported from files: handlers, and what they import from beside them.

A module that is found in a directory of handlers, and not through ``sys.path``, is known
by its file. So two directories may each have an ``index.py``, and each of those an own
``helper.py``. What such a module imports is remembered, and a change of any of these
files executes that module anew and then those that imported it, before the next request.

=============  ==========================================================
modules        what is known of each file
names          from a name to a file
loading        the first import; waiting and cycles are importlib's work
reloading      executing anew what has changed
statement      ``import`` in a module that was imported from a file
functions      what scripts call, through ``mod_python.apache``
graph          who imported whom, as DOT text
objects        ``resolve_object``
tracebacks     what a site's author sees of a failed import
=============  ==========================================================
"""

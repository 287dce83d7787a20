"""How URLs become objects of modules: what `mod_python.publisher` is made of.

===========  ==============================================================
pages        from a request to its module, and when that is loaded anew
rules        which types may be passed through, and which published
protection   the ``__auth__``, ``__access__`` and ``__auth_realm__`` of an object
nested       those that are defined inside of a function
credentials  who the client says it is, and whether it may
output       what becomes of a result
shortcuts    the usual case, known again
===========  ==============================================================
"""

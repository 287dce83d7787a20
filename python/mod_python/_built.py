"""What this package was installed for. `apxs/install py_lib` writes this file anew.

Empty in a checkout, where mod_python.version asks apxs when somebody wants to know.
"""

FACTS: dict[str, str] = {}

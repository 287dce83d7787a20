"""What `mod_python.cgihandler` consists of.

=============  ============================================================
surroundings   `os.environ`, `sys.stdin` and `sys.stdout` of one thread
scripts        from a request to a script's code
imports        what scripts import: found beside them, and forgotten after
=============  ============================================================
"""

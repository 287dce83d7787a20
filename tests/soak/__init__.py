"""Long runs against one server: many restarts, many requests. Not part of tests/run.

setting    the server under load and its module, ours or a plain C one
load       clients that count what they get
process    what the kernel knows about a process: memory, files, mappings
table      figures, printed
"""

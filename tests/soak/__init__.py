"""Long runs against one server: many restarts, many requests, everything at once.

tests/run has two minutes of the last one; the rest is by hand.

setting    the server under load and its module, ours or a plain C one
load       clients that count what they get
process    what the kernel knows about a process: memory, files, mappings
table      figures, printed
mix        everything at once
"""

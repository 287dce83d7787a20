import spool

spool.note("two imported")

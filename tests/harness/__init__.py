"""Start a private httpd for one test, talk to it, and read its error log.

site     which httpd, module and Python are under test
files    folders that httpd's user can read
config   what httpd.conf says
process  httpd as an operating system process
log      its error log, parsed
server   a test's view of one httpd: requests, restarts, verdict
serve    makes the servers of one test
written  a handler of one test, written down in it
memory   what a process holds
inside   code of a test, run inside httpd
client   requests whose exact bytes matter
sessions servers with sessions
session_store what sessions are stored in
session_load many requests for one session, and many sessions to remove
"""

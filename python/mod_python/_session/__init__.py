"""What ``mod_python.Session`` is made of.

base      BaseSession: life cycle, cookie, lock
locks     one lock for each session id, among all processes of the server
settings  the constants of mod_python.Session, and options with two names
records   what is stored of a session, as bytes
places    directories that nobody else can write to
slices    clean-up in bounded time
memory, files, database, cache
          the classes that store: MemorySession, FileSession, DbmSession, CacheSession
factory   Session(), which chooses among them
"""

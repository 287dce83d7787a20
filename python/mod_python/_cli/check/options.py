"""Every PythonOption that the library reads, and what became of others."""

from __future__ import annotations

# tests/test_check.py compares these with the options that the pages of docs/ name.
KNOWN = frozenset(
    {
        "mod_python.cache_session.namespace",
        "mod_python.cache_session.timeout",
        "mod_python.cookie.legacy_md5",
        "mod_python.dbm_session.cleanup_time_limit",
        "mod_python.dbm_session.database_directory",
        "mod_python.dbm_session.database_filename",
        "mod_python.file_session.cleanup_grace_period",
        "mod_python.file_session.cleanup_time_limit",
        "mod_python.file_session.database_directory",
        "mod_python.file_session.enable_fast_cleanup",
        "mod_python.file_session.verify_session_timeout",
        "mod_python.importer.path",
        "mod_python.mutex_directory",
        "mod_python.mutex_locks",
        "mod_python.psp.cache_database_filename",
        "mod_python.session.application_domain",
        "mod_python.session.application_path",
        "mod_python.session.cookie_httponly",
        "mod_python.session.cookie_name",
        "mod_python.session.cookie_samesite",
        "mod_python.session.cookie_secure",
        "mod_python.session.database_directory",
        "mod_python.session.lock_timeout",
        "mod_python.session.serializer",
        "mod_python.session.session_type",
        "mod_python.session.storage_secret",
        "mod_python.status.allow",
        "mod_python.status.slow",
        "mod_python.testhandler.allow",
        "mod_python.util.max_body",
        "mod_python.util.max_fields",
        "mod_python.util.max_files",
        "mod_python.util.max_part_header",
        "mod_python.util.max_part_header_lines",
        "mod_python.util.max_text",
        "mod_python.util.upload_directory",
        "mod_python.util.upload_memory",
        "mod_python.wsgi.application",
        "mod_python.wsgi.base_uri",
    }
)

# For the main server alone.
OF_THE_MAIN_SERVER = frozenset({"mod_python.mutex_directory", "mod_python.mutex_locks", "mod_python.status.slow"})

# The names that mod_python had before 3.3, in lower case as keys are looked up.
OLD_NAMES = {
    "applicationpath": "mod_python.session.application_path",
    "pspdbmcache": "mod_python.psp.cache_database_filename",
    "session": "mod_python.session.session_type",
    "session_cleanup_time_limit": "mod_python.file_session.cleanup_time_limit",
    "session_cookie_name": "mod_python.session.cookie_name",
    "session_dbm": "mod_python.dbm_session.database_filename",
    "session_directory": "mod_python.session.database_directory",
    "session_fast_cleanup": "mod_python.file_session.enable_fast_cleanup",
    "session_grace_period": "mod_python.file_session.cleanup_grace_period",
    "session_verify_cleanup": "mod_python.file_session.verify_session_timeout",
}

# What was documented once, and is read by nobody.
RETIRED = {
    "mod_python.file_session.cleanup_session_timeout": "write mod_python.file_session.verify_session_timeout",
    "mod_python.legacy.importer": "there is one importer; leave it out",
    "mod_python.wsgi.base_url": "write mod_python.wsgi.base_uri",
}

# Values that make a session or a cookie easier to forge.
WEAK_COOKIES = ("mod_python.cookie.legacy_md5", ("on", "read"))

# Files that other users of the machine must not make, read or change.
SESSION_FILES = frozenset(
    {
        "mod_python.dbm_session.database_directory",
        "mod_python.dbm_session.database_filename",
        "mod_python.file_session.database_directory",
        "mod_python.session.database_directory",
        "session_dbm",
        "session_directory",
    }
)
PSP_CACHES = frozenset({"mod_python.psp.cache_database_filename", "pspdbmcache"})
LOCK_FILES = frozenset({"mod_python.mutex_directory"})

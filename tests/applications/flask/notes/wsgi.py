"""What httpd imports: the application, and its log in httpd's error log."""

import logging

from mod_python.logging import ApacheHandler

from notes import create_app

# Which levels are written, LogLevel decides.
logging.getLogger().handlers[:] = [ApacheHandler()]
logging.getLogger().setLevel(logging.INFO)

application = create_app()

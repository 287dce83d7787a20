"""What httpd imports: the application, and Django's log in httpd's error log."""

import logging
import os

from django.core.wsgi import get_wsgi_application
from mod_python.logging import ApacheHandler

# Django itself would only write mails about errors. Which levels are written, LogLevel decides.
logging.getLogger().handlers[:] = [ApacheHandler()]
logging.getLogger().setLevel(logging.INFO)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "library.settings")
application = get_wsgi_application()

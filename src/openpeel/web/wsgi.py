"""The workbench for any WSGI server: `openpeel.web.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpeel.web.settings")
application = get_wsgi_application()

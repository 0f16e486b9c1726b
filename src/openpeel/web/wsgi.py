# ruff: noqa: ANN401 (what WSGI passes on)
"""The workbench for any WSGI server: `openpeel.web.wsgi:application`."""

import os
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.wsgi import get_wsgi_application

from openpeel.web import places

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpeel.web.settings")
# Before the settings: every process has the same key, and the next ones, too.
places.keep_key()
_answered = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer a request; one of a charset that is none is read as if it named no type.

    Django looks at that before it is where it answers faults.
    """
    try:
        return _answered(environ, start_response)
    except (LookupError, ValueError, SuspiciousOperation):
        environ["CONTENT_TYPE"] = ""
        return _answered(environ, start_response)

# ruff: noqa: ANN401 (as Django's own)
"""Sessions that end when they were to end, whatever is done in them meanwhile."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as Kept
from django.utils import timezone

ENDS = "ends"


class SessionStore(Kept):
    """Django's own, but that a change in a session does not make it longer."""

    def get_expiry_date(self, **more: Any) -> datetime:
        """When it ends: as was said at sign-in; before that, a while after its last change."""
        ends = self.get(ENDS)
        return datetime.fromisoformat(ends) if ends else super().get_expiry_date(**more)


def begun(request: Any, **_: Any) -> None:
    """Somebody has signed in: the session's hours begin."""
    ends = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session[ENDS] = ends.isoformat()

"""Starting Django: only where the records are needed."""

import os

from openpeel.errors import RecordsError
from openpeel.web import places


def start(*, there: bool = True) -> None:
    """Set Django up. Raises RecordsError where there are no records, unless they are to be made."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpeel.web.settings")
    if there and not os.environ.get("DATABASE_URL"):
        place = places.folder() / places.DATABASE
        if not place.is_file():
            raise RecordsError(
                f"There are no records at {place}. Make them with: openpeel workbench init "
                "(or name the folder in OPENPEEL_RECORDS)."
            )
    import django

    django.setup()


def make() -> None:
    """Make the records' tables, or bring them up to this version of openpeel."""
    if not os.environ.get("DATABASE_URL"):
        places.folder().mkdir(parents=True, exist_ok=True)
    start(there=False)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)

"""Starting Django: only where the records are needed."""

import os

from openpeel.errors import RecordsError
from openpeel.web import places


def start(*, there: bool = True) -> None:
    """Set Django up. Raises RecordsError where there are no records of this version of openpeel, or
    they cannot be reached, unless they are to be made (`there` is False)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openpeel.web.settings")
    if there and not os.environ.get("DATABASE_URL"):
        place = places.folder() / places.DATABASE
        if not place.is_file():
            raise RecordsError(
                f"There are no records at {place}. Make them with: openpeel workbench init "
                "(or name the folder in OPENPEEL_RECORDS)."
            )
    if there:
        places.keep_key()
    import django

    django.setup()
    if there and _behind():
        raise RecordsError(
            "The records are not of this version of openpeel. Bring them up to it with: "
            "openpeel workbench init (after: openpeel records backup, with the former version)."
        )


def make() -> None:
    """Make the records' tables, or bring them up to this version of openpeel."""
    places.make_folder()
    start(there=False)
    from django.core.management import call_command

    # Fails as it should where the database cannot be reached.
    _behind()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def _behind() -> bool:
    """Whether the tables lack something. Raises RecordsError where they cannot be reached."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if places.COUNTS not in connection.introspection.table_names():
            return True
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        # Of the error its first line alone: the address in the settings holds a password.
        told = str(error).splitlines()[0] if str(error) else "no reason given"
        raise RecordsError(f"The records cannot be read: {told}.") from error

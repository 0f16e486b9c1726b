"""Reading what is of one moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """A time in which everything that is read is as it stood when it began; it stops nobody.

    SQLite: a deferred transaction; PostgreSQL: repeatable read. Within a write there is one
    already.
    """
    connection.ensure_connection()
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        connection.connection.execute("BEGIN DEFERRED")
        try:
            # The first read is what fixes the moment.
            connection.connection.execute("SELECT 1 FROM sqlite_master").fetchall()
            yield
        finally:
            connection.connection.execute("ROLLBACK")

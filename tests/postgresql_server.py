"""A PostgreSQL server of a test's own, on loopback, by pytest-postgresql."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def pg_ctl() -> str:
    """Where the newest server that is installed is started from. Skips where none is."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda p: float(p.parts[-3])
    )
    path = str(found[-1]) if found else shutil.which("pg_ctl")
    if not path:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    return path


@contextmanager
def server() -> Iterator[str]:
    """Start a server; the DATABASE_URL of an empty database in it.

    The server refuses to run as root: then it runs as the user postgres, whom its package made.
    """
    from pytest_postgresql.executors import PostgreSQLExecutor

    folder = Path(tempfile.mkdtemp(prefix="openpeel-postgresql-", dir="/tmp"))
    executable = pg_ctl()
    if os.getuid() == 0:
        if not shutil.which("runuser"):
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        wrapper = folder / "pg_ctl"
        wrapper.write_text(f'#!/bin/sh\ncd /tmp && exec runuser -u postgres -- {executable} "$@"\n')
        wrapper.chmod(0o700)
        shutil.chown(folder, "postgres")
        executable = str(wrapper)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = PostgreSQLExecutor(
        executable=executable,
        host="127.0.0.1",
        port=port,
        datadir=str(folder / "data"),
        unixsocketdir=str(folder),
        logfile=str(folder / "log"),
        startparams="-w",
        dbname="openpeel",
        postgres_options="-c listen_addresses=127.0.0.1 -c synchronous_commit=off",
    )
    try:
        with made:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)

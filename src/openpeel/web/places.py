"""Where the records live: a folder, or a database that DATABASE_URL names."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from openpeel.errors import RecordsError

DATABASE = "records.sqlite3"
KEY = "secret-key"
COUNTS = "sign_in_counts"
"""The table in which failed sign-ins are counted: no part of the records, and in no copy."""


def folder() -> Path:
    """The folder of the records: OPENPEEL_RECORDS, or ./records."""
    return Path(os.environ.get("OPENPEEL_RECORDS", "records")).absolute()


def database() -> dict[str, Any]:
    """Django's settings of the database: SQLite in the folder, or PostgreSQL by DATABASE_URL.

    Raises RecordsError for an address that is neither.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder() / DATABASE),
            "OPTIONS": {
                "timeout": 20,
                # A write takes its lock when it begins, and waits its turn. What is written over or
                # removed is gone from the file.
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    "PRAGMA secure_delete=ON;"
                ),
            },
        }
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if (
        parts.scheme not in ("postgres", "postgresql")
        or not parts.path.strip("/")
        or (port is not None and port < 1)
    ):
        # The address itself is not told: there is a password in it.
        raise RecordsError(
            "DATABASE_URL must be like postgresql://user:password@host:5432/name, or be unset."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # What else the address says, as ?sslmode=require.
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def oidc_server() -> str:
    """The address of an organisation's own sign-in: OPENPEEL_OIDC_SERVER, or ''.

    Raises RecordsError for one that others could answer in the place of: all but HTTPS, and this
    machine.
    """
    url = os.environ.get("OPENPEEL_OIDC_SERVER", "").rstrip("/")
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise RecordsError("OPENPEEL_OIDC_SERVER must begin with https://.")
    return url


def oidc_trusted() -> bool:
    """Whether an address counts as verified of which an organisation's own sign-in does not say
    that it is: OPENPEEL_OIDC_ADDRESSES. Raises RecordsError for what is not trusted or verified."""
    given = os.environ.get("OPENPEEL_OIDC_ADDRESSES", "verified")
    if given not in ("verified", "trusted"):
        raise RecordsError("OPENPEEL_OIDC_ADDRESSES must be verified or trusted, or be unset.")
    return given == "trusted"


def secret_key() -> str:
    """The key that sessions are signed with, and secrets of second steps encrypted:
    OPENPEEL_SECRET_KEY, or the one kept in the folder.

    Where there is neither, a new one, which ends with the process.
    """
    kept = folder() / KEY
    given = os.environ.get("OPENPEEL_SECRET_KEY", "")
    if given or not kept.is_file():
        return given or secrets.token_urlsafe(50)
    return kept.read_text(encoding="utf-8").strip()


def processes() -> int:
    """How many processes serve the workbench: OPENPEEL_PROCESSES, or 1.

    Raises RecordsError for what is no number from 1 to 64.
    """
    given = os.environ.get("OPENPEEL_PROCESSES", "1")
    if not given.isdecimal() or not 1 <= int(given) <= 64:
        raise RecordsError("OPENPEEL_PROCESSES must be a number from 1 to 64.")
    return int(given)


def keep_key() -> None:
    """Make the key in the folder, unless it is there or OPENPEEL_SECRET_KEY is one: one that ended
    with the process would take the second steps with it."""
    if not os.environ.get("OPENPEEL_SECRET_KEY"):
        make_folder()


def make_folder() -> None:
    """Make the folder of the records, and its key unless OPENPEEL_SECRET_KEY is one.

    Others than its owner may not look in: evidence and people's passwords are in it.
    """
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder() / KEY).exists() or os.environ.get("OPENPEEL_SECRET_KEY"):
        return
    # Whole or not at all, and the first of two that start at once wins.
    handle, draft = tempfile.mkstemp(dir=folder(), prefix=f".{KEY}-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(secrets.token_urlsafe(50))
    with contextlib.suppress(FileExistsError):
        os.link(draft, folder() / KEY)
    os.unlink(draft)

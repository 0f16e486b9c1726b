"""Where the records live: a folder, or a database that DATABASE_URL names."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from openpeel.errors import RecordsError

DATABASE = "records.sqlite3"


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
                # A write takes its lock when it begins: it waits its turn instead of failing half way.
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise RecordsError(
            "DATABASE_URL must be like postgresql://user:password@host:5432/name, or be unset."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


def secret_key() -> str:
    """The key that sessions are signed with: OPENPEEL_SECRET_KEY, or one kept in the folder."""
    given = os.environ.get("OPENPEEL_SECRET_KEY", "")
    if given:
        return given
    kept = folder() / "secret-key"
    if not kept.is_file():
        if not folder().is_dir():
            # Nothing is made by only looking; sessions signed so end with the process.
            return secrets.token_urlsafe(50)
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(secrets.token_urlsafe(50))
    return kept.read_text(encoding="utf-8").strip()

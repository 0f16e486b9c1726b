"""Copies of the records: taken while they are in use, restored only whole, and equal by digest.

A copy is a folder: one file of JSON lines a table, every kept file, and a manifest with the
checksum of each. It is read in one transaction, so it is of one moment; the database may be SQLite
or PostgreSQL on either side.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from openpeel.errors import RecordsError
from openpeel.records.files import all_kept
from openpeel.records.models import AuditHead
from openpeel.records.moment import one_moment
from openpeel.records.roles import Actor
from openpeel.records.trail import verify, writing

MANIFEST = "manifest.json"
_LEFT_OUT = ("sessions.session", "contenttypes.contenttype", "auth.permission")
"""What is no part of the state: who is signed in, and what Django makes by itself."""


def backup(actor: Actor, folder: Path, target: Path) -> dict[str, Any]:
    """Copy the records of `folder` into a new folder `target`; the manifest.

    The trail tells of it first, so that the copy holds that too. Raises RecordsError where the
    target is there already, or cannot be written; nothing is left behind then.
    """
    if target.exists():
        raise RecordsError(f"{target} is there already: name a new folder.")
    with writing(actor) as trail:
        trail.tell("records.backup", "records", role=actor.must("records.copy"), to=target.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        with one_moment():
            tables = {name: _write(draft / f"{name}.jsonl", kind) for name, kind in _tables()}
            applied = sorted(f"{m.app}.{m.name}" for m in MigrationRecorder.Migration.objects.all())
        kept = draft / "files"
        kept.mkdir()
        for path in all_kept(folder):
            shutil.copyfile(path, kept / path.name)
        manifest = {"tables": tables, "files": _files(draft), "migrations": applied}
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def restore(source: Path, folder: Path) -> None:
    """Fill empty records, whose tables are made, from a copy.

    Raises RecordsError where the copy is damaged, of another version of openpeel, or the records
    are not empty, and where what came out is not what went in; nothing is left then.
    """
    manifest = whole(source)
    if AuditHead.objects.filter(seq__gt=0).exists() or any(all_kept(folder)):
        raise RecordsError("These records are not empty: a copy is restored into new ones.")
    applied = sorted(f"{m.app}.{m.name}" for m in MigrationRecorder.Migration.objects.all())
    if applied != manifest["migrations"]:
        raise RecordsError("The copy is of another version of openpeel: restore it with that one.")
    store = folder / "files"
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        for name in manifest["files"]:
            shutil.copyfile(source / "files" / name, store / name)
        with transaction.atomic(), connection.constraint_checks_disabled():
            for name, _ in _tables():
                _read(source / f"{name}.jsonl")
            connection.check_constraints()
            _reset_sequences()
            wrong = verify().wrong
            if wrong:
                raise RecordsError(f"The trail of the copy does not verify: {wrong[0]}.")
            made = dict(digest(folder))
            before = {n: t["sha256"] for n, t in manifest["tables"].items()} | {
                "files": _of_files(manifest["files"])
            }
            differ = sorted(n for n in before if made.get(n) != before[n])
            if differ:
                raise RecordsError(
                    f"What was restored differs from the copy in: {', '.join(differ)}."
                )
    except BaseException:
        for name in manifest["files"]:
            (store / name).unlink(missing_ok=True)
        raise


def digest(folder: Path) -> Iterator[tuple[str, str]]:
    """The SHA-256 of each table's rows in order, and of the kept files: equal for equal states."""
    with one_moment():
        for name, kind in _tables():
            made = hashlib.sha256()
            for line in _lines(kind):
                made.update(line)
            yield name, made.hexdigest()
    yield "files", _of_files(sorted(p.name for p in all_kept(folder)))


def _tables() -> list[tuple[str, type[models.Model]]]:
    """Every table of the state, those that others point at first."""
    from django.core.serializers import sort_dependencies

    found = [(config, None) for config in apps.get_app_configs()]
    kinds = [k for k in sort_dependencies(found) if k._meta.label_lower not in _LEFT_OUT]
    return [(k._meta.label_lower, k) for k in kinds if k._meta.managed and not k._meta.proxy]


def _lines(kind: type[models.Model]) -> Iterator[bytes]:
    """The rows as JSON, a line each, in the order of their keys."""
    for row in kind._default_manager.order_by("pk").iterator(chunk_size=1_000):
        (made,) = serializers.serialize("python", [row])
        yield json.dumps(made, sort_keys=True, default=str, ensure_ascii=False).encode() + b"\n"


def _write(path: Path, kind: type[models.Model]) -> dict[str, Any]:
    made, count = hashlib.sha256(), 0
    with path.open("wb") as out:
        for line in _lines(kind):
            out.write(line)
            made.update(line)
            count += 1
    return {"rows": count, "sha256": made.hexdigest()}


def _read(path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines)
        for made in serializers.deserialize("python", rows):
            # As they were, versions and days of making too: by Django's own saving of raw rows.
            models.Model.save_base(made.object, raw=True)
            for name, values in (made.m2m_data or {}).items():
                getattr(made.object, name).set(values)


def whole(source: Path) -> dict[str, Any]:
    """The manifest of a copy whose files are all what it says; else raises RecordsError."""
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        for name, told in manifest["tables"].items():
            if _sha256(source / f"{name}.jsonl") != told["sha256"]:
                raise RecordsError(f"{source / f'{name}.jsonl'} is not what was written: damaged.")
        for name in manifest["files"]:
            if _sha256(source / "files" / name) != name:
                raise RecordsError(f"{source / 'files' / name} is not what was kept: damaged.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordsError(f"{source} is no whole copy of records: {error}.") from error
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(draft: Path) -> list[str]:
    return sorted(p.name for p in (draft / "files").iterdir())


def _of_files(names: list[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _reset_sequences() -> None:
    from django.core.management.color import no_style

    kinds = [kind for _, kind in _tables()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kinds):
            cursor.execute(statement)

"""Tables of a framework file, read key by key: what is missing, misspelt or of the wrong type is
named with its file and its place."""

import tomllib
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

from openpeel.errors import DefinitionError
from openpeel.framework.model import Confidence

T = TypeVar("T")


class Table:
    """One table of a TOML file. Every key must be asked for before `done` is called."""

    def __init__(self, values: dict[str, Any], file: str, place: str = "") -> None:
        self._values = dict(values)
        self._file = file
        self._place = place

    @classmethod
    def read(cls, path: Path | Traversable) -> "Table":
        """The whole file. Raises DefinitionError where it cannot be read or is not TOML."""
        try:
            return cls(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise DefinitionError(f"{path}: cannot be read as TOML: {error}") from error

    def error(self, key: str, why: str) -> DefinitionError:
        """What is wrong with a key, with its file and place."""
        return DefinitionError(f"{self._file}: {self._place}{key}: {why}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty, or the default where the key is absent."""
        if key not in self._values and default is not None:
            return default
        value = self._take(key, str, "a text")
        if not value.strip():
            raise self.error(key, "is empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where the key is absent."""
        values = self._take(key, list, "a list of texts") if key in self._values else []
        if not all(isinstance(v, str) and v.strip() for v in values):
            raise self.error(key, "must be a list of texts, none of them empty")
        return tuple(values)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false, or the default where the key is absent."""
        if key not in self._values and default is not None:
            return default
        return self._take(key, bool, "true or false")

    def flag_or_texts(self, key: str, default: bool) -> bool | tuple[str, ...]:
        """true, false or a list of texts."""
        return (
            self.texts(key) if isinstance(self._values.get(key), list) else self.flag(key, default)
        )

    def confidence(self) -> Confidence:
        """The mark that every fact carries."""
        mark = self.text("confidence")
        known: Sequence[Confidence] = get_args(Confidence)
        for one in known:
            if one == mark:
                return one
        raise self.error("confidence", f"is {mark!r}; it must be one of {', '.join(known)}")

    def tables(self, key: str) -> list["Table"]:
        """The [[key]] tables in order, none where the key is absent."""
        rows = self._take(key, list, "a list of tables") if key in self._values else []
        if not all(isinstance(row, dict) for row in rows):
            raise self.error(key, "must be a list of tables")
        return [
            Table(row, self._file, f"{self._place}{key}[{row.get('id', number)}].")
            for number, row in enumerate(rows, 1)
        ]

    def done(self) -> None:
        """Refuses keys that nobody asked for: a misspelt key must not pass in silence."""
        for key in self._values:
            raise self.error(key, "is not a key that openpeel knows here")

    def _take(self, key: str, kind: type[T], what: str) -> T:
        if key not in self._values:
            raise self.error(key, "is missing")
        value = self._values.pop(key)
        if not isinstance(value, kind):
            raise self.error(key, f"must be {what}, not {value!r}")
        return value

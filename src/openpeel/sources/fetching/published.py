"""What is published where (`published.toml`), and how its addresses are found."""

import os
import re
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from openpeel.errors import DefinitionError, FileRefused, NotKnown
from openpeel.sources.fetching.web import Web

_CONFIDENCE = ("read", "worked-out", "unconfirmed")
_FILE_NAME = re.compile(r"[A-Za-z0-9][\w.-]*\.(?:zip|csv|ods|xlsx|csv\.gz)", re.ASCII)
_HREF = re.compile(r'href="([^"]+)"')


@dataclass(frozen=True)
class Publication:
    """One table of `published.toml`, whose head says what the fields mean."""

    name: str
    title: str
    publisher: str
    licence: str
    brings: tuple[str, ...]
    page: str
    confidence: str
    basis: str
    address: str = ""
    month_address: str = ""
    files: str = ""
    release: str = ""

    @property
    def way(self) -> str:
        """How it is fetched: 'address', 'page' (its attachments are asked for), or 'by hand'."""
        return "address" if self.address else "page" if self.files else "by hand"

    def of(self, month: str) -> "Publication":
        """The same as published in a month, YYYY-MM; raises NotKnown where months have none."""
        if not self.month_address:
            raise NotKnown(f"{self.name} is not published by month.")
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
            raise NotKnown(f"'{month}' is no month; write it like 2025-06.")
        return replace(self, address=self.month_address.format(month=month))


def publications() -> tuple[Publication, ...]:
    """All that is known; the file that OPENPEEL_PUBLISHED names adds to it, or takes its place.

    Raises DefinitionError for a file that does not hold together.
    """
    own = os.environ.get("OPENPEEL_PUBLISHED")
    known = {p.name: p for p in _read_own(None)}
    if own:
        known |= {p.name: p for p in _read_own(Path(own))}
    return tuple(known.values())


def publication(name: str) -> Publication:
    """The publication of this name, or that brings the source of this name; raises NotKnown."""
    known = publications()
    by_name = {source: p for p in known for source in p.brings} | {p.name: p for p in known}
    if name not in by_name:
        near = get_close_matches(name, by_name, 3)
        raise NotKnown(
            f"Nothing is known of where '{name}' is published."
            + (f" Near it: {', '.join(near)}." if near else "")
            + " openpeel fetch --list shows what is."
        )
    return by_name[name]


@cache
def _read_own(path: Path | None) -> tuple[Publication, ...]:
    source = files(__package__) / "published.toml" if path is None else path
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
        return tuple(_publication(name, table) for name, table in tables.items())
    except (OSError, ValueError, TypeError, AttributeError, re.error) as error:
        raise DefinitionError(f"{source}: {error}") from error


def _publication(name: str, table: dict[str, Any]) -> Publication:
    made = Publication(name=name, **{**table, "brings": tuple(table["brings"])})
    if made.confidence not in _CONFIDENCE:
        raise ValueError(f"{name}: confidence is one of {', '.join(_CONFIDENCE)}")
    if (made.address and made.files) or (made.release and not made.files):
        raise ValueError(f"{name}: either an address or files; release only beside files")
    re.compile(made.files)
    if made.release and re.compile(made.release).groups != 1:
        raise ValueError(f"{name}: release has one group, which tells the newest")
    return made


def addresses(published: Publication, web: Web) -> dict[str, str]:
    """Addresses by file name: the one that is fixed, or those of the page's files as of now.

    Raises FileRefused where the page does not list them, for pages change.
    """
    if published.address:
        return {_file_name(published.address): published.address}
    page = published.page
    if published.release:
        page = _newest(published, web.json(_api(page)))
    answer = _details(web.json(_api(page)), published)
    listed = [found for a in answer.get("attachments") or () if (found := _attachment(a, page))]
    # Older pages have their attachments as HTML.
    html = "".join(map(str, answer.get("documents") or ()))
    listed += [(_last(link), urljoin(page, link)) for link in _HREF.findall(html)]
    wanted = {name: link for name, link in listed if re.fullmatch(published.files, name)}
    if not wanted:
        shown = ", ".join(sorted({name for name, _ in listed})[:8]) or "none"
        raise FileRefused(
            f"{page} lists no file like {published.files} (its files: {shown}). The page may have "
            "changed: open it and load what you download there."
        )
    return {_file_name(name): link for name, link in wanted.items()}


def _newest(published: Publication, answer: Any) -> str:  # noqa: ANN401
    """The page of a collection's newest release."""
    links = answer.get("links") if isinstance(answer, dict) else None
    documents = links.get("documents") if isinstance(links, dict) else None
    paths = [str(d.get("base_path")) for d in documents or () if isinstance(d, dict)]
    found = [(m[1], path) for path in paths if (m := re.fullmatch(published.release, path))]
    if not found:
        raise FileRefused(
            f"{published.page} lists no release like {published.release}. The page may have "
            "changed: open it and load what you download there."
        )
    return urljoin(published.page, max(found)[1])


def _details(answer: Any, published: Publication) -> dict[str, Any]:  # noqa: ANN401
    details = answer.get("details") if isinstance(answer, dict) else None
    if not isinstance(details, dict):
        raise FileRefused(
            f"{published.page}: what GOV.UK tells of the page has no details. Open the page and "
            "load what you download there."
        )
    return details


def _attachment(told: Any, page: str) -> tuple[str, str] | None:  # noqa: ANN401
    """File name and address of an attachment; None for one that is no file (a web page)."""
    if not isinstance(told, dict) or not isinstance(told.get("url"), str):
        return None
    link = urljoin(page, told["url"])
    return str(told.get("filename") or _last(link)), link


def _api(page: str) -> str:
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}/api/content{parts.path}"


def _last(address: str) -> str:
    return unquote(urlsplit(address).path).rpartition("/")[2]


def _file_name(address: str) -> str:
    """The file's name; raises FileRefused for one that could land elsewhere or is no data."""
    name = _last(address)
    if not _FILE_NAME.fullmatch(name):
        raise FileRefused(f"{address}: '{name}' is no name of a data file.")
    return name

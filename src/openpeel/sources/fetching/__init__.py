"""Fetching: what is published comes from its publisher into a cache, ready to load."""

from openpeel.sources.fetching.downloading import (
    CachedFile,
    FetchedFile,
    FetchReport,
    cached,
    fetch,
)
from openpeel.sources.fetching.published import Publication, publication, publications

__all__ = [
    "CachedFile",
    "FetchReport",
    "FetchedFile",
    "Publication",
    "cached",
    "fetch",
    "publication",
    "publications",
]

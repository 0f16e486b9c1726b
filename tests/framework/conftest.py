import csv
from importlib.resources import files

import pytest


@pytest.fixture(scope="session")
def peel():
    """Rows of a file of the bundled collection of grades and findings."""

    def rows(name):
        with files("openpeel").joinpath(f"bundled/peel/{name}").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return rows

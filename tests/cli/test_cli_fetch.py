"""`openpeel fetch`: what a person types, what is said, and the exit code."""

import io
import os
import re
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from loopback import serving, status, whole
from test_docs_examples import ROOT, run_page

OPENPEEL = Path(sys.executable).with_name("openpeel")
STREET = "2025-01-city-of-london-street.csv"
TABLE = """
[{name}]
title = "Made up"
publisher = "nobody"
licence = "Open Government Licence v3.0"
brings = []
page = "{site}/page"
confidence = "unconfirmed"
basis = "made up for a test"
{more}
"""


@pytest.fixture(scope="module")
def archive():
    """An archive of one real street file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.write(Path(__file__).parents[1] / "data" / "police_uk" / STREET, f"2025-01/{STREET}")
    return packed.getvalue()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A publisher on loopback with a good file, one that is gone, and one for a person."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("OPENPEEL_CACHE", raising=False)
    with serving() as site:
        ways = {
            "good": f'address = "{site.address}/good.zip"\n'
            f'month_address = "{site.address}/{{month}}.zip"',
            "gone": f'address = "{site.address.replace("127.0.0.1", "localhost")}/gone.zip"',
            "paper": "",
        }
        own = tmp_path / "own.toml"
        own.write_text(
            "".join(TABLE.format(name=n, site=site.address, more=m) for n, m in ways.items())
        )
        monkeypatch.setenv("OPENPEEL_PUBLISHED", str(own))
        yield site


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache dir"


def test_what_is_fetched_is_loaded_by_the_command_it_tells(
    openpeel, site, archive, cache, tmp_path
):
    site.answers["/good.zip"] = [whole(archive)]
    first = openpeel("fetch", "good", "--cache", cache)
    assert (first.code, first.err) == (0, "")
    path = cache / "good" / "good.zip"
    assert f"fetched   {path}  {len(archive):,} bytes" in first.out
    (told,) = re.findall("^Next: openpeel load '(.*)'$", first.out, re.MULTILINE)
    assert told == str(path)
    assert openpeel("load", told, "--lake", tmp_path / "lake").code == 0
    again = openpeel("fetch", "good", "--cache", cache)
    assert again.out.startswith(f"unchanged {path}")
    whole_folder = openpeel("load", cache, "--lake", tmp_path / "lake", "--json")
    assert (whole_folder.code, len(whole_folder.json["files"])) == (0, 1)


def test_the_json_says_what_became_of_each_file(openpeel, site, archive, cache, monkeypatch):
    monkeypatch.setenv("OPENPEEL_CACHE", str(cache))
    site.answers["/good.zip"] = [whole(archive)]
    told = openpeel("fetch", "good", "gone", "paper", "--json")
    assert (told.code, told.err) == (2, "")
    fates = {f["publication"]: f["fate"] for f in told.json["files"]}
    assert fates == {"good": "fetched", "gone": "refused", "paper": "by hand"}
    assert told.json["load"] == [str(cache / "good" / "good.zip")]
    assert set(told.json["files"][0]) == {
        "publication", "fate", "address", "file", "bytes", "sha256", "resumed", "note"
    }  # fmt: skip


def test_the_exit_codes(openpeel, site, archive, cache):
    site.answers["/good.zip"] = [whole(archive)]
    here = ("--cache", cache)
    gone = openpeel("fetch", "gone", *here)
    assert (gone.code, "answers 404 (not found)" in gone.out) == (3, True)
    paper = openpeel("fetch", "paper", *here)
    assert (paper.code, f"{site.address}/page" in paper.out) == (1, True)
    assert openpeel("fetch", "good", "paper", *here).code == 0
    unknown = openpeel("fetch", "goood", *here)
    assert (unknown.code, "Near it: good" in unknown.err) == (1, True)
    taken = cache.parent / "a file"
    taken.write_text("")
    blocked = openpeel("fetch", "good", "--cache", taken)
    assert (blocked.code, "could not be written" in blocked.err) == (3, True)


def test_a_month_of_the_archive(openpeel, site, archive, cache):
    site.answers["/2025-06.zip"] = [whole(archive)]
    told = openpeel("fetch", "good", "--month", "2025-06", "--cache", cache, "--json")
    assert told.json["load"] == [str(cache / "good" / "2025-06.zip")]
    assert "is no month" in openpeel("fetch", "good", "--month", "June").err
    assert "not published by month" in openpeel("fetch", "paper", "--month", "2025-06").err
    assert openpeel("fetch", "--month", "2025-06").code == 1


def test_the_list_shows_what_is_known_and_what_is_here(openpeel, site, archive, cache):
    site.answers["/good.zip"] = [whole(archive)]
    openpeel("fetch", "good", "--cache", cache)
    shown = openpeel("fetch", "--list", "--cache", cache)
    assert shown.code == 0
    assert "  from https://data.police.uk/data/archive/latest.zip\n  read: " in shown.out
    assert "  by hand, from\n    https://www.ons.gov.uk/" in shown.out
    path = cache / "good" / "good.zip"
    assert f"  here: {path}\n    {len(archive):,} bytes, fetched 0 days ago" in shown.out
    one_word = re.compile(r"    \S+|  here: .*")  # an address or a path is never broken
    long = [line for line in shown.out.splitlines() if len(line) > 80]
    assert all(one_word.fullmatch(line) for line in long)
    (one,) = openpeel("fetch", "good", "--list", "--cache", cache, "--json").json["published"]
    assert (one["fetched_by"], one["confidence"]) == ("address", "unconfirmed")
    assert [(f["file"], f["days"]) for f in one["cached"]] == [(str(path), 0)]
    (path.parent / ".good.zip.json").unlink()
    assert "of unknown age" in openpeel("fetch", "good", "--list", "--cache", cache).out


def test_a_killed_fetch_goes_on_where_it_ended(openpeel, site, archive, cache):
    part = cache / "good" / ".good.zip.part"
    killed = []

    def killing(handler):
        whole(archive, most=5000)(handler)
        waiting = threading.Event()
        for _ in range(1000):
            if part.exists() and part.stat().st_size == 5000:
                break
            waiting.wait(0.01)
        killed.append(fetching.kill())

    site.answers["/good.zip"] = [killing, whole(archive)]
    fetching = subprocess.Popen(
        [OPENPEEL, "fetch", "good", "--cache", cache], env=os.environ, stderr=subprocess.DEVNULL
    )
    fetching.wait(30)
    assert (fetching.returncode, len(killed)) == (-9, 1)
    assert not (cache / "good" / "good.zip").exists()
    told = openpeel("fetch", "good", "--cache", cache)
    assert f"{len(archive):,} bytes, 5,000 of them from before" in told.out
    assert (cache / "good" / "good.zip").read_bytes() == archive


def test_a_progress_bar_is_shown_to_a_person_alone(openpeel, site, archive, cache, monkeypatch):
    site.answers["/good.zip"] = [whole(archive)]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert "good.zip" in openpeel("fetch", "good", "--cache", cache).err
    site.answers["/good.zip"] = [status(404)]
    assert openpeel("fetch", "good", "--cache", cache, "--json").err == ""


def test_the_python_of_the_page_keeps_its_promises(monkeypatch):
    monkeypatch.delenv("OPENPEEL_PUBLISHED", raising=False)
    assert run_page("docs/fetching.md") == 3


def test_every_command_of_the_page_names_what_is_known(openpeel, tmp_path):
    page = (ROOT / "docs" / "fetching.md").read_text()
    commands = re.findall(r"^\$ openpeel fetch((?: [a-z][\w-]*)*)", page, re.MULTILINE)
    assert {tuple(words.split()) for words in commands} >= {(), ("street",)}
    for words in commands:
        names = words.split()
        told = openpeel("fetch", *names, "--list", "--cache", tmp_path)
        assert told.code == 0, words

"""The site: whole, linked, and never in place of something else."""

import csv
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from page_reading import faults, read_page

from openpeel.errors import OpenpeelError
from openpeel.profiles import comparison
from openpeel.publish import page
from openpeel.publish.site import write_site
from openpeel.reference import forces

STANDING = "Not published by HMICFRS. Published by: demo"


@pytest.fixture(scope="module")
def read(site):
    _, written, _ = site
    return {p: read_page(p.read_text()) for p in written if p.suffix == ".html"}


def test_there_is_a_page_for_every_force_and_indicator(site):
    folder, written, seen = site
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert there == {str(p.relative_to(folder)) for p in written}
    assert {f"forces/{f.id}.html" for f in forces()} <= there
    assert {"index.html", "about.html", "indicators/burglary-rate.csv"} <= there
    assert len([n for n in there if n.startswith("indicators/") and n.endswith(".html")]) == 20
    assert seen[-1][0] == seen[-1][1] == len(seen)


def test_every_page_is_sound_and_says_who_published_it(read, snapshot):
    for path, one in read.items():
        assert faults(one) == [], path
        assert one.text.count(STANDING) >= 2, path
        assert f"Made from snapshot {snapshot.id}, " in one.text, path


def test_every_link_within_the_site_resolves(site, read):
    _, written, _ = site
    files = {p.resolve() for p in written}
    for path, one in read.items():
        for href, _, _ in one.links:
            if href.startswith(("https://", "http://", "#")):
                continue
            name, _, fragment = href.partition("#")
            target = (path.parent / name).resolve()
            assert target in files, (path, href)
            if fragment:
                assert fragment in read[Path(target)].ids, (path, href)


def test_figures_of_a_comparison_link_to_traces_on_the_forces_pages(site, read, assessor):
    folder, _, _ = site
    one = read[folder / "indicators/burglary-rate.html"]
    found = comparison(assessor, "burglary-rate")
    linked = [href for href, _ in one.figures if href.startswith("../forces/")]
    assert linked == [
        f"../forces/{f.force.id}.html#trace-burglary-rate-2025-01-to-2025-12"
        for f in found.forces
        if f.value is not None
    ]
    assert len(one.svgs) == 1


def test_the_first_page_lists_forces_by_name(site, read):
    folder, _, _ = site
    links = [said for href, said, _ in read[folder / "index.html"].links if "forces/" in href]
    assert len(links) == 43
    assert links == sorted(links)


def test_the_table_behind_a_comparison_is_a_csv(site, assessor):
    folder, _, _ = site
    with (folder / "indicators/burglary-rate.csv").open() as lines:
        rows = {row["force_id"]: row for row in csv.DictReader(lines)}
    assert len(rows) == 43
    assert rows["greater-manchester"]["value"] == ""
    assert rows["greater-manchester"]["reason"]
    assert float(rows["cambridgeshire"]["value"]) == pytest.approx(3111 / 859830 * 1000)
    assert rows["cambridgeshire"]["published_by"] == "demo, not HMICFRS"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(page, "period_chart", lambda *_: "")
    monkeypatch.setattr(page, "comparison_chart", lambda *_: "")


def test_a_site_is_replaced_whole_or_not_at_all(assessor, site, tmp_path, quick):
    made, written, _ = site
    folder = shutil.copytree(made, tmp_path / "site")
    (folder / "forces" / "left-over.html").write_text("from another vintage")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    class Killed(BaseException):
        pass

    def killed(done, total):
        raise Killed

    with pytest.raises(Killed):
        write_site(assessor, folder, killed)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]

    assert write_site(assessor, folder) == [folder / path.relative_to(made) for path in written]
    assert not (folder / "forces" / "left-over.html").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


KILLED_IN_THE_SWAP = """
import os, signal, sys
from openpeel.lake import Lake
from openpeel.profiles import Assessor
from openpeel.publish import page
from openpeel.publish.site import write_site

def hook(event, args):
    if event == "os.rename" and str(args[1]) == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

page.period_chart = page.comparison_chart = lambda *_: ""
assessor = Assessor(Lake(sys.argv[1]).snapshot())
sys.addaudithook(hook)
write_site(assessor, sys.argv[2])
"""


@pytest.mark.exhaustive
def test_what_a_killed_process_left_is_swept_and_the_former_site_is_back(
    assessor, crime_lake, tmp_path, quick
):
    folder = tmp_path / "site"
    others = {
        tmp_path / name
        for name in (".site-mine", ".site.openpeel-mine", ".sites.openpeel-12345678")
    }
    for path in (folder, *others):
        path.mkdir()
        (path / "openpeel-site.json").write_text("{}")
    run = [sys.executable, "-c", KILLED_IN_THE_SWAP, str(crime_lake.root), str(folder)]
    assert subprocess.run(run, check=False).returncode == -signal.SIGKILL
    (draft,) = set(tmp_path.iterdir()) - others
    assert {p.name for p in draft.iterdir()} == {"new", "old"}

    def stopped(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_site(assessor, folder, stopped)
    assert set(tmp_path.iterdir()) == {folder, *others}
    assert (folder / "openpeel-site.json").read_text() == "{}"


def test_the_draft_of_a_run_at_work_is_not_swept(assessor, tmp_path, quick):
    def another(done, total):
        if done == total:
            write_site(assessor, tmp_path / "site")

    written = write_site(assessor, tmp_path / "site", another)
    assert all(path.is_file() for path in written)
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_folder_that_is_no_site_is_left_alone(assessor, tmp_path, quick):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OpenpeelError, match=r"thesis\.txt"):
        write_site(assessor, tmp_path)
    with pytest.raises(OpenpeelError, match="is a file"):
        write_site(assessor, tmp_path / "thesis.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]

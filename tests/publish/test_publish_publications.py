"""What was published from the records, on every face: whose it is, and what stands beside it."""

import json

import pytest
from page_reading import faults, read_page
from published_lakes import CONCERN, FIRST, KEY, RECOMMENDED, judgments, published_lake, put, whole

from openpeel.lake import Lake
from openpeel.profiles import Assessor
from openpeel.publish.data import profile_data
from openpeel.publish.page import force_page
from openpeel.publish.site import write_site
from openpeel.publish.terminal import profile_text

PAGE = "publications/cambridgeshire-2023-25.html"
LABELS = ("Adequate", "Inadequate", "Good")


@pytest.fixture(scope="module")
def assessor(tmp_path_factory):
    lake = published_lake(tmp_path_factory.mktemp("published") / "lake")
    return Assessor(lake.snapshot(), publisher="demo")


@pytest.fixture(scope="module")
def site(assessor, tmp_path_factory):
    """A site of publications alone: name and page of every page."""
    folder = tmp_path_factory.mktemp("publications") / "site"
    write_site(assessor, folder)
    return folder, {
        str(p.relative_to(folder)): read_page(p.read_text()) for p in folder.rglob("*.html")
    }


def assessed(tmp_path, *versions):
    """Profiles of a lake that versions of a publication were put into."""
    lake = Lake(tmp_path / "lake")
    for tables in versions:
        put(lake, KEY, tables)
    return Assessor(lake.snapshot(), publisher="demo")


def test_each_publication_has_a_page_that_is_linked_sound_and_says_whose_it_is(site):
    folder, pages = site
    assert {name for name in pages if name.startswith("publications/")} == {
        PAGE, "publications/cambridgeshire-thematic-7.html", "publications/kent-thematic-7.html",
    }  # fmt: skip
    for name, page in pages.items():
        assert faults(page) == [], name
        for href, _, _ in page.links:
            if not href.startswith(("http", "#")):
                assert (folder / name).parent.joinpath(href.partition("#")[0]).exists(), href
    for name in ("index.html", "forces/cambridgeshire.html"):
        assert PAGE in {href.removeprefix("../") for href, _, _ in pages[name].links}
    said = pages[PAGE].text
    assert "Not published by HMICFRS. Published by: demo" in said
    assert "Correction, version 2, 1 October 2024, published by an example. Why: a slip." in said


def test_the_page_tells_what_stands_and_what_is_claimed_verified_said_and_answered(site):
    said = " ".join(site[1][PAGE].text.split())
    for told in (
        "Responding to the public Inadequate Why responding-to-the-public.",
        f"Cause of concern: Responding to the public {CONCERN}",
        f"{RECOMMENDED} Belongs to {CONCERN}",
        "Due 12 June 2024 Verified Stands Claimed by the force In progress",
        "Statement of the inspector: I. Inspector, Inspector, 12 March 2024 I am pleased.",
        "Reply of the force: C. Constable, 13 March 2024 We accept.",
        "Published 30 April 2024, the last of the 56 days being 6 May 2024.",
        "Comments of the local policing body We agree. Comments of the chief officer So do I.",
        f"{RECOMMENDED} Accepted: By June.",
        "Evidence read at snapshots: 1, 3. It became snapshot 2.",
        "Before: Publication, 12 March 2024, published by an example",
        "It stays readable in the lake, at snapshot 1.",
        "Grades of version 1",
    ):
        assert told in said, told
    # The grade that stands and, under the version before, the one that stood.
    assert said.index("Inadequate") < said.index("Before: Publication") < said.index("Adequate")


def test_a_page_alone_holds_it_whole(assessor):
    page = read_page(force_page(assessor, "cambridgeshire"))
    assert faults(page) == []
    for told in ("Published from the records", "I am pleased.", "We agree.", "Look again."):
        assert told in page.text
    without = read_page(force_page(assessor, "essex"))
    assert "Published from the records" not in without.text


def test_the_terminal_tells_it_and_all_of_it_when_asked(assessor):
    profile = assessor.profile("cambridgeshire")
    short, full = profile_text(profile), " ".join(profile_text(profile, verbose=True).split())
    assert "Published from the records" in short
    assert "Responding to the public            Inadequate" in short
    assert "I am pleased." not in short
    assert "verified: stands; claimed by the force: in progress; due 12 June 2024" in full
    for told in ("I am pleased.", "We agree.", "By June.", "Before: Publication, 12 March 2024"):
        assert told in full
    assert "records" not in profile_text(assessor.profile("essex"))


def test_as_data_each_version_is_whose_it_is_and_every_grade_stands_once(assessor, site):
    made = json.loads(json.dumps(profile_data(assessor.profile("cambridgeshire"))))
    one, thematic = made["publications"]
    assert one == json.loads((site[0] / PAGE).with_suffix(".json").read_text())
    assert one["standing"] == "Not published by HMICFRS. Published by: an example"
    assert [(v["kind"], v["vintages"]) for v in one["versions"]] == [
        ("correction", [1, 3]), ("publication", [1, 3]),
    ]  # fmt: skip
    grades = [g["question"] for g in one["versions"][0]["judgments"]]
    assert sorted(grades) == sorted(FIRST)
    assert {(f["claimed"], f["verified"]) for f in one["findings"]} == {
        ("in-progress", "published")
    }
    assert thematic["versions"] == []
    assert made["judgments"] == []


def test_a_retraction_shows_no_grade_on_any_face(tmp_path):
    gone = judgments(dict.fromkeys(FIRST, ""), number=2, kind="retraction", reason="wrong force")
    empty = {name: [] for name in whole()}
    made = assessed(tmp_path, whole(), empty | {"judgments": gone})
    profile = made.profile("cambridgeshire")
    write_site(made, tmp_path / "site")
    site = (tmp_path / "site" / PAGE).read_text()
    faces = [
        force_page(made, "cambridgeshire"),
        profile_text(profile, verbose=True),
        json.dumps(profile_data(profile)["publications"]),
        site,
    ]
    for face in (" ".join(face.split()) for face in faces):
        assert "wrong force" in face
        assert "snapshot 1" in face or '"snapshot": 1' in face
        assert not [label for label in LABELS if label in face]
        assert CONCERN not in face
    assert faults(read_page(site)) == []


def test_what_was_taken_over_points_to_its_sources(tmp_path):
    made = assessed(tmp_path, {"judgments": judgments(reason="taken over", published_on="")})
    page = read_page(force_page(made, "cambridgeshire"))
    assert "Taken over from public sources" in page.text
    assert "Publication, date not known, published by an example." in page.text
    assert not [label for label in LABELS if label in page.text]


def test_texts_of_people_are_texts_and_no_markup(tmp_path):
    tables = whole(reason="<b>bold</b>")
    for rows in tables.values():
        for row in rows:
            row.update({k: "<script>x</script>" for k in ("text", "reasons") if k in row})
    page = force_page(assessed(tmp_path, tables), "cambridgeshire")
    assert "<script>" not in page
    assert "<b>" not in page
    assert faults(read_page(page)) == []

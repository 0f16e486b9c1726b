"""What is published where: pages of GOV.UK, and the list of what is known."""

import json
from dataclasses import replace

import pytest
from loopback import ONE, PAGE, Slept, published, status, whole

from openpeel.errors import DefinitionError, FileRefused, NotKnown
from openpeel.sources import sources
from openpeel.sources.fetching import cached, fetch
from openpeel.sources.fetching.published import addresses, publication, publications
from openpeel.sources.fetching.web import PAUSE

# --- pages of GOV.UK ------------------------------------------------------------------------------

API = "/api/content/government/statistics/made-up"


def attachments(site, *names):
    """As the Content API answers; an HTML attachment has no file name."""
    listed = [
        {
            "attachment_type": "file",
            "content_type": "application/vnd.oasis.opendocument.spreadsheet",
            "filename": name,
            "title": f"Title of {name}",
            "url": f"{site.address}/media/6a/{name}",
        }
        for name in names
    ]
    page = {"attachment_type": "html", "title": "Report", "url": "/government/statistics/report"}
    return {"base_path": "/x", "details": {"attachments": [page, *listed]}}


def as_json(data):
    return whole(json.dumps(data).encode(), kind="application/json")


@pytest.fixture
def pages(site, cache, slept):
    def run(**more):
        return fetch([published(site, **more)], cache, web=slept.web())

    return run


def test_the_files_of_a_page_are_found_by_their_names(site, pages):
    names = ["tables-mar2024-230726.ods", "tables-mar2025-230726.ods", "alternate-230726.ods"]
    site.answers[API] = [as_json(attachments(site, *names))]
    for name in names:
        site.answers[f"/media/6a/{name}"] = [whole(ONE)]
    report = pages(files=r"tables-mar\d{4}-\d+\.ods")
    assert [f.file.rpartition("/")[2] for f in report.files] == names[:2]
    assert {f.fate for f in report.files} == {"fetched"}


def test_a_new_edition_has_a_new_name_and_the_older_stays_in_the_cache(site, cache, pages):
    for edition in ("230426", "230726"):
        name = f"tables-{edition}.ods"
        site.answers[API] = [as_json(attachments(site, name))]
        site.answers[f"/media/6a/{name}"] = [whole(ONE)]
        assert pages(files=r"tables-\d+\.ods").paths == [str(cache / "made-up" / name)]
    assert len(cached(published(site), cache)) == 2


def test_a_collection_leads_to_its_newest_release(site, pages):
    releases = [f"/government/statistics/workforce-31-march-{y}" for y in (2024, 2026, 2025)]
    others = ["/government/statistics/workforce-30-september-2026"]
    documents = [{"base_path": path, "title": "Workforce"} for path in (*releases, *others)]
    site.answers[API] = [as_json({"links": {"documents": documents}, "details": {}})]
    site.answers[f"/api/content{releases[1]}"] = [as_json(attachments(site, "open.ods"))]
    site.answers["/media/6a/open.ods"] = [whole(ONE)]
    release = r"/government/statistics/workforce-31-march-(\d{4})"
    assert [f.fate for f in pages(files="open.ods", release=release).files] == ["fetched"]


def test_attachments_told_as_html_are_found(site, pages):
    link = f'<section><a href="{site.address}/media/6a/open%2D1.ods">Open data</a></section>'
    site.answers[API] = [as_json({"details": {"documents": [link]}})]
    site.answers["/media/6a/open%2D1.ods"] = [whole(ONE)]
    assert [f.fate for f in pages(files=r"open-\d\.ods").files] == ["fetched"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"details": {"attachments": []}}, r"lists no file like open.*\(its files: none\)"),
        ({"details": {"attachments": [None, 1, {"url": 2}]}}, "lists no file like open"),
        ({"details": []}, "has no details"),
        ([], "has no details"),
    ],
)
def test_a_page_that_changed_is_said_so_with_what_to_do(site, pages, answer, told):
    site.answers[API] = [as_json(answer)]
    (entry,) = pages(files="open.ods").files
    assert entry.fate == "refused"
    with pytest.raises(FileRefused, match=told):
        addresses(published(site, files="open.ods"), Slept().web())
    assert "load what you download there" in entry.note


@pytest.mark.parametrize("answer", [{"links": {"documents": [{}, None]}}, {"links": []}, [], {}])
def test_a_collection_without_the_release_is_said_so(site, pages, answer):
    site.answers[API] = [as_json(answer)]
    assert "lists no release like" in pages(files="a.ods", release="/x-(.*)").files[0].note


@pytest.mark.parametrize(
    ("answer", "told"),
    [(whole(PAGE), "something that is no JSON"), (status(410), "answers 410")],
)
def test_a_page_that_tells_nothing_is_refused(site, pages, answer, told):
    site.answers[API] = [answer]
    assert told in pages(files="open.ods").files[0].note


def test_requests_to_one_host_keep_a_pause_between_them(site, pages, slept):
    site.answers[API] = [as_json(attachments(site, "open.ods"))]
    site.answers["/media/6a/open.ods"] = [whole(ONE)]
    pages(files="open.ods")
    assert slept == [PAUSE]


@pytest.mark.parametrize("name", ["a%5C..%5Cb.zip", "..zip", ".hidden.zip", "run.sh", ""])
def test_a_name_that_is_none_of_a_data_file_is_refused(site, cache, bring, name):
    assert "is no name of a data file" in bring(f"/data/{name}").note
    assert site.asked == []


# --- what is known --------------------------------------------------------------------------------


def test_what_is_published_leads_to_sources_by_their_names():
    known = {source.name for source in sources()}
    for found in publications():
        assert set(found.brings) <= known, found.name
        for name in (found.name, *found.brings):
            assert publication(name).name in {found.name, name}
        assert found.page.startswith("https://")
        assert found.address.startswith(("https://", ""))
        assert found.basis
    assert publication("stop-and-search").name == "police-uk-archives"
    assert {p.way for p in publications()} == {"address", "page", "by hand"}


# File names of the page as they stood on 23 July 2026.
REAL_PAGE = [
    "prc-outcomes-open-data-mar2015-tables-241024.xlsx",
    "prc-outcomes-open-data-mar2026-tables-230726.xlsx",
    "prc-pfa-mar2013-onwards-tables-230726.ods",
    "prc-supplementary-crime-outcomes-metrics-230726.xlsx",
    "prc-outcomes-alternate-open-data-mar2017-to-mar2026-tables-230726.ods",
    "prc-firearms-outcomes-open-data-apr2024-to-mar2026-tables-230726.ods",
    "recrime-geo-pfa.csv",
]


@pytest.mark.parametrize(
    ("name", "wanted"), [("recorded-crime", REAL_PAGE[2:3]), ("crime-outcomes", REAL_PAGE[:2])]
)
def test_the_real_names_of_a_page_are_told_apart(site, name, wanted):
    site.answers[API] = [as_json(attachments(site, *REAL_PAGE))]
    here = replace(publication(name), page=published(site).page)
    assert sorted(addresses(here, Slept().web())) == wanted


def test_an_archive_has_an_address_for_each_month():
    archives = publication("police-uk-archives")
    assert archives.of("2025-06").address == "https://data.police.uk/data/archive/2025-06.zip"
    for month in ("2025-13", "2025", "../../x"):
        with pytest.raises(NotKnown, match="is no month"):
            archives.of(month)
    with pytest.raises(NotKnown, match="is not published by month"):
        publication("population").of("2025-06")


def test_what_nothing_is_known_of_suggests_what_is_near():
    with pytest.raises(NotKnown, match="Near it: workforce"):
        publication("workforces")


def test_what_has_no_sure_address_names_its_page(cache):
    report = fetch([publication("population")], cache)
    (entry,) = report.files
    assert (entry.fate, entry.address) == ("by hand", publication("population").page)
    assert report.paths == []
    assert not cache.exists()


OWN = """
[mirror]
title = "Archives, from our own mirror"
publisher = "data.police.uk"
licence = "Open Government Licence v3.0"
brings = ["street"]
page = "https://mirror.invalid/"
address = "https://mirror.invalid/latest.zip"
confidence = "read"
basis = "ours"
"""


def test_a_file_of_ones_own_adds_to_what_is_known(monkeypatch, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    monkeypatch.setenv("OPENPEEL_PUBLISHED", str(path))
    assert publication("street").name == "mirror"
    assert publication("outcomes").name == "police-uk-archives"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"read"', '"sure"', "confidence is one of read, worked-out, unconfirmed"),
        ("address =", "adress =", "adress"),
        ('basis = "ours"', 'basis = "ours"\nfiles = "x"', "either an address or files"),
        ("address = ", 'files = "("\n# ', "missing \\)"),
        ("address = ", 'files = "x"\nrelease = "y"\n# ', "release has one group"),
        ("[mirror]", "[mirror", "own.toml: Expected"),
    ],
)
def test_a_file_of_ones_own_that_does_not_hold_together_is_said_so(
    monkeypatch, tmp_path, old, new, told
):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace(old, new, 1))
    monkeypatch.setenv("OPENPEEL_PUBLISHED", str(path))
    with pytest.raises(DefinitionError, match=told):
        publications()

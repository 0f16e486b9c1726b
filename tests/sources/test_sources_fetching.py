"""Fetching, against a real server on loopback: what comes into the cache, and how often it breaks.

Nothing here leaves the machine, nothing sleeps.
"""

import hashlib
import json
import os
import resource
import shutil
import threading
from collections import namedtuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import ONE, OTHER, Slept, etag_of, held, published, status, whole

from openpeel.errors import LoadRefused
from openpeel.sources.fetching import cached, fetch
from openpeel.sources.fetching.web import PAUSE, TRIES


def everything(folder):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in folder.rglob("*") if p.is_file()}


def left(cache):
    """Names of what stands beside the whole files."""
    return {p.name for p in cache.rglob(".*")} - {".lock"}


def stop_after(count):
    """A progress that stops the fetch as a kill would, once so many bytes are here."""

    def progress(_name, done, _total):
        if done >= count:
            raise KeyboardInterrupt

    return progress


# --- as it should be ------------------------------------------------------------------------------


def test_a_file_is_fetched_whole_with_its_checksum(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    entry = bring()
    assert (entry.fate, entry.bytes, entry.resumed) == ("fetched", len(ONE), 0)
    assert held(entry) == ONE
    assert entry.sha256 == hashlib.sha256(ONE).hexdigest()
    assert entry.file == str(cache / "made-up" / "a.zip")
    assert left(cache) == {".a.zip.json"}
    record = json.loads((cache / "made-up" / ".a.zip.json").read_text())
    assert (record["sha256"], record["bytes"]) == (entry.sha256, len(ONE))
    assert site.headers_of(0)["User-Agent"].startswith("openpeel/0.")
    assert site.headers_of(0)["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("ranges", [True, False])
def test_what_is_unchanged_is_asked_for_and_not_written(site, cache, bring, ranges):
    site.answers["/data/a.zip"] = [whole(ONE, ranges=ranges)]
    bring()
    before = everything(cache)
    entry = bring()
    assert entry.fate == "unchanged"
    assert everything(cache) == before
    assert site.headers_of(1)["If-None-Match"] == etag_of(ONE)


def test_last_modified_is_asked_by_where_there_is_no_etag(site, bring):
    when = {"Last-Modified": "Thu, 23 Jul 2026 09:30:00 GMT"}
    site.answers["/data/a.zip"] = [whole(ONE, etag="", **when), status(304)]
    bring()
    assert bring().fate == "unchanged"
    assert site.headers_of(1)["If-Modified-Since"] == when["Last-Modified"]


def test_the_same_bytes_from_a_server_without_conditions_are_unchanged(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE, etag="")]
    bring()
    assert bring().fate == "unchanged"


def test_a_newer_file_takes_the_place_of_the_older(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE), whole(OTHER)]
    bring()
    entry = bring()
    assert (entry.fate, held(entry)) == ("fetched", OTHER)


def test_a_spoiled_file_of_the_cache_is_named_and_fetched_again(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    entry = bring()
    with open(entry.file, "r+b") as handle:
        handle.write(b"spoiled")
    again = bring()
    assert (again.fate, held(again)) == ("fetched", ONE)
    assert again.note == f"{entry.file} was no longer what had been fetched. "
    assert "If-None-Match" not in site.headers_of(1)


def test_a_file_without_a_readable_record_is_fetched_again(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    bring()
    (cache / "made-up" / ".a.zip.json").write_text("{")
    assert bring().fate == "fetched"


# --- broken off, and resumed ----------------------------------------------------------------------


def test_a_connection_that_drops_is_taken_up_where_it_broke(site, bring, slept):
    site.answers["/data/a.zip"] = [whole(ONE, most=1000), whole(ONE)]
    entry = bring()
    assert (entry.fate, held(entry)) == ("fetched", ONE)
    assert site.headers_of(1)["Range"] == "bytes=1000-"
    assert site.headers_of(1)["If-Range"] == etag_of(ONE)
    assert slept == [1.0, PAUSE]


def test_a_fetch_that_was_killed_goes_on_in_the_next(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE, most=700), whole(ONE)]
    with pytest.raises(KeyboardInterrupt):
        bring(progress=stop_after(1))
    assert not (cache / "made-up" / "a.zip").exists()
    assert left(cache) == {".a.zip.part", ".a.zip.part.json"}
    entry = bring()
    assert (entry.resumed, held(entry)) == (700, ONE)
    assert left(cache) == {".a.zip.json"}


def test_a_kill_after_the_last_byte_costs_no_second_download(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    with pytest.raises(KeyboardInterrupt):
        bring(progress=stop_after(len(ONE)))
    entry = bring()
    assert (entry.fate, entry.resumed, held(entry)) == ("fetched", len(ONE), ONE)
    assert len(site.asked) == 1


def test_a_kill_keeps_the_older_file_until_the_newer_is_whole(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE), whole(OTHER, most=500), whole(OTHER)]
    entry = bring()
    with pytest.raises(KeyboardInterrupt):
        bring(progress=stop_after(1))
    assert held(entry) == ONE
    assert (bring().resumed, held(entry)) == (500, OTHER)


def test_a_server_without_ranges_starts_over(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE, ranges=False, most=900), whole(ONE, ranges=False)]
    with pytest.raises(KeyboardInterrupt):
        bring(progress=stop_after(1))
    entry = bring()
    assert (entry.resumed, held(entry)) == (0, ONE)


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_sure_validator_a_part_is_not_gone_on_with(site, bring, etag):
    site.answers["/data/a.zip"] = [whole(ONE, etag=etag, most=900), whole(ONE, etag=etag)]
    assert held(bring()) == ONE
    assert "Range" not in site.headers_of(1)


def test_a_file_that_changed_between_two_halves_is_of_one_piece(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE, most=900), whole(OTHER)]
    assert held(bring()) == OTHER


def test_a_server_that_does_not_hold_to_if_range_is_found_out(site, bring):
    def heedless(handler):
        headers = {"ETag": etag_of(OTHER), "Content-Length": str(len(OTHER) - 900)}
        span = f"bytes 900-{len(OTHER) - 1}/{len(OTHER)}"
        handler.say(206, {**headers, "Content-Range": span}, OTHER[900:])

    site.answers["/data/a.zip"] = [whole(ONE, most=900), heedless, whole(OTHER)]
    assert held(bring()) == OTHER


@pytest.mark.parametrize("span", ["bytes 1-9/10", "bytes 900-999/*", ""])
def test_another_part_than_was_asked_for_is_refused(site, bring, span):
    odd = status(206, Content_Range=span, ETag=etag_of(ONE))
    site.answers["/data/a.zip"] = [whole(ONE, most=900), odd]
    assert "another part than was asked for" in bring().note


def test_a_range_that_cannot_be_satisfied_starts_over(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE, most=900), status(416), whole(ONE)]
    assert held(bring()) == ONE
    assert "Range" not in site.headers_of(2)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(0, len(ONE)), min_size=1, max_size=TRIES - 1),
    st.lists(st.booleans(), min_size=TRIES, max_size=TRIES),
)
def test_wherever_it_breaks_the_file_is_whole(site, tmp_path_factory, cuts, ranges):
    turns = [whole(ONE, most=cut, ranges=r) for cut, r in zip(cuts, ranges, strict=False)]
    site.answers["/data/a.zip"] = [*turns, whole(ONE)]
    wanted = published(site, address=f"{site.address}/data/a.zip")
    report = fetch([wanted], tmp_path_factory.mktemp("cuts"), web=Slept().web())
    assert [held(f) for f in report.files] == [ONE]


def test_a_body_shorter_than_it_says_is_refused_in_the_end(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE[:500], **{"Content-Length": "900"}, ranges=False)]
    entry = bring()
    assert (entry.fate, f"{TRIES} times over" in entry.note) == ("refused", True)
    assert len(site.asked) == TRIES
    assert not (cache / "made-up" / "a.zip").exists()


def test_a_body_longer_than_it_says_is_no_whole_archive(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE, **{"Content-Length": "900"})]
    assert "is no whole .zip file" in bring().note
    assert left(cache) == set()


def test_a_slow_server_is_waited_for(site, bring):
    def drips(handler):
        handler.say(200, {"Content-Length": str(len(ONE)), "ETag": etag_of(ONE)})
        for byte in ONE:
            handler.wfile.write(bytes([byte]))

    site.answers["/data/a.zip"] = [drips]
    seen = []
    entry = bring(progress=lambda _name, done, total: seen.append((done, total)))
    assert held(entry) == ONE
    assert seen[-1] == (len(ONE), len(ONE))
    assert seen == sorted(seen)


def test_a_server_that_falls_silent_is_asked_again(site, bring):
    fetched = threading.Event()

    def silent(handler):
        handler.say(200, {"Content-Length": str(len(ONE)), "ETag": etag_of(ONE)}, ONE[:300])
        fetched.wait(30)

    site.answers["/data/a.zip"] = [silent, whole(ONE)]
    entry = bring(timeout=0.05)
    fetched.set()
    assert (held(entry), site.headers_of(1)["Range"]) == (ONE, "bytes=300-")


# --- the cache ------------------------------------------------------------------------------------


def test_two_fetches_do_not_share_a_cache(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    told = []

    def meanwhile(*_):
        with pytest.raises(LoadRefused) as caught:
            bring()
        told.append(str(caught.value))

    assert bring(progress=meanwhile).fate == "fetched"
    assert told == [f"Another fetch is at work in {cache}. Wait for it, or use another --cache."]


def test_a_cache_that_cannot_be_is_refused(cache, bring, site):
    cache.write_text("a file")
    with pytest.raises(LoadRefused, match="could not be written"):
        bring()
    assert site.asked == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_cache_that_may_not_be_written_is_refused(cache, bring, site):
    cache.mkdir(mode=0o555)
    with pytest.raises(LoadRefused, match="Permission denied"):
        bring()


def test_a_folder_where_the_file_should_be_is_refused(cache, bring, site):
    site.answers["/data/a.zip"] = [whole(ONE)]
    (cache / "made-up" / "a.zip").mkdir(parents=True)
    with pytest.raises(LoadRefused, match="could not be written"):
        bring()


def test_a_disk_without_room_is_said_before_it_is_full(monkeypatch, site, bring):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1 << 40, 1 << 40, 1000))
    site.answers["/data/a.zip"] = [whole(ONE)]
    with pytest.raises(LoadRefused, match=rf"has room for 0 bytes, and {len(ONE):,} are still"):
        bring()


def test_a_write_that_fails_stops_the_fetch_and_the_next_goes_on(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(LoadRefused, match="File too large"):
            bring()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    entry = bring()
    assert (entry.resumed, held(entry)) == (1000, ONE)


def test_what_is_in_the_cache_is_listed_with_its_age(site, cache, bring):
    site.answers["/data/a.zip"] = [whole(ONE)]
    entry = bring()
    (listed,) = cached(published(site), cache)
    assert (listed.file, listed.bytes, listed.address) == (entry.file, len(ONE), entry.address)
    assert listed.fetched.endswith("+00:00")
    assert cached(published(site, name="another"), cache) == []

"""A publisher that is busy, gone, elsewhere, or gives something else (fetching, on loopback)."""

import base64
import hashlib
import socket
from dataclasses import replace

import pytest
from loopback import ONE, PAGE, held, published, redirect, status, whole

from openpeel.sources.fetching import fetch
from openpeel.sources.fetching.published import publication
from openpeel.sources.fetching.web import PAUSE, TRIES


def test_a_busy_publisher_is_waited_for_as_it_asks(site, bring, slept):
    site.answers["/data/a.zip"] = [status(429, Retry_After="7"), status(503), whole(ONE)]
    assert held(bring()) == ONE
    assert slept == [7.0, PAUSE, 2.0, PAUSE]


@pytest.mark.parametrize("after", ["86400", "Wed, 01 Jan 2200 00:00:00 GMT"])
def test_a_wait_beyond_all_measure_is_left_to_the_person(site, bring, slept, after):
    site.answers["/data/a.zip"] = [status(503, Retry_After=after)]
    assert "answers 503 and asks to come back in" in bring().note
    assert (len(site.asked), slept) == (1, [])


def test_one_that_stays_broken_is_asked_a_few_times_with_growing_pauses(site, bring, slept):
    site.answers["/data/a.zip"] = [status(500)]
    assert "answers 500, 6 times over. Try again later." in bring().note
    assert [s for s in slept if s != PAUSE] == [2.0, 4.0, 8.0, 16.0]
    assert len(site.asked) == TRIES


def test_what_is_not_there_is_refused_and_the_rest_goes_on(site, cache, slept):
    site.answers["/there.zip"] = [whole(ONE)]
    wanted = [
        published(site, name=name, address=f"{site.address}/{name}.zip")
        for name in ("gone", "there")
    ]
    gone, there = fetch(wanted, cache, web=slept.web()).files
    assert gone.fate == "refused"
    assert "answers 404 (not found): it may have moved" in gone.note
    assert wanted[0].page in gone.note
    assert held(there) == ONE


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(site, bring, code):
    site.answers["/data/a.zip"] = [redirect("/elsewhere/b.zip", code)]
    site.answers["/elsewhere/b.zip"] = [whole(ONE)]
    entry = bring()
    assert (held(entry), entry.file.endswith("made-up/a.zip")) == (ONE, True)


def test_redirects_in_a_circle_end(site, bring):
    site.answers["/data/a.zip"] = [redirect("/data/b.zip")]
    site.answers["/data/b.zip"] = [redirect("/data/a.zip")]
    assert "more than 5 redirects" in bring().note


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/a.zip", "file:///etc/passwd"])
def test_a_redirect_out_of_the_web_is_not_followed(site, bring, to):
    site.answers["/data/a.zip"] = [redirect(to)]
    assert f"leads to {to}, which is less safe" in bring().note


def test_a_redirect_from_https_to_http_is_not_followed(monkeypatch, cache, slept):
    import urllib3

    class Pool:
        def __init__(self, **_):
            pass

        def request(self, _method, address, **_):
            assert address == "https://publisher.invalid/a.zip"
            onward = {"Location": "http://publisher.invalid/a.zip"}
            return urllib3.HTTPResponse(b"", headers=onward, status=302, preload_content=False)

    monkeypatch.setattr(urllib3, "PoolManager", Pool)
    wanted = replace(publication("street"), address="https://publisher.invalid/a.zip")
    (entry,) = fetch([wanted], cache, web=slept.web()).files
    assert "which is less safe. It is not followed." in entry.note


def test_a_host_without_a_name_is_said_so_at_once(monkeypatch, site, bring, slept):
    def nowhere(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert "is not found: there is no network here, or no such host" in bring().note
    assert slept == []


def test_a_closed_door_is_said_so_at_once(cache, site, slept):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    wanted = published(site, address=f"http://127.0.0.1:{port}/a.zip")
    (entry,) = fetch([wanted], cache, web=slept.web()).files
    assert f"127.0.0.1:{port} cannot be reached" in entry.note
    assert slept == []


def test_the_proxy_of_the_environment_is_used(monkeypatch, site, cache, slept):
    monkeypatch.setenv("http_proxy", site.address)
    site.answers["http://publisher.invalid/a.zip"] = [whole(ONE)]
    wanted = published(site, address="http://publisher.invalid/a.zip")
    (entry,) = fetch([wanted], cache, web=slept.web()).files
    assert held(entry) == ONE


# --- not what was meant ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/data/a.zip", "/data/a.csv"])
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/csv"])
def test_a_page_in_place_of_a_file_is_refused_and_the_older_file_stays(site, bring, path, kind):
    data = ONE if path.endswith("zip") else b"a,b\n1,2\n"
    site.answers[path] = [whole(data), whole(PAGE, kind=kind)]
    entry = bring(path)
    again = bring(path)
    assert "answers with a web page where a file was meant" in again.note
    assert held(entry) == data


def test_a_body_in_a_coding_that_was_not_asked_for_is_refused(site, bring):
    site.answers["/data/a.zip"] = [whole(ONE, **{"Content-Encoding": "gzip"})]
    assert "in a coding that was not asked for" in bring().note


MD5 = hashlib.md5(ONE).hexdigest()
S3 = {"Server": "AmazonS3"}


@pytest.mark.parametrize(
    ("told", "damaged"),
    [
        ({"etag": f'"{MD5}"', **S3}, False),
        ({"etag": f'"{"0" * 32}"', **S3}, True),
        ({"etag": f'"{"0" * 32}"'}, False),  # not S3: an ETag may be anything
        ({"etag": f'"{"0" * 32}-104"', **S3}, False),  # put there in pieces
        ({"etag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms", **S3}, False),
        ({"Content-MD5": base64.b64encode(bytes.fromhex(MD5)).decode()}, False),
        ({"Content-MD5": base64.b64encode(bytes(16)).decode()}, True),
    ],
)
def test_the_publishers_own_checksum_is_held_against_the_file(site, bring, told, damaged):
    def answer(handler):
        handler.version_string = lambda: told.get("Server", "other")
        named = {name: value for name, value in told.items() if name != "Server"}
        whole(ONE, **named)(handler)

    site.answers["/data/a.zip"] = [answer]
    entry = bring()
    assert (entry.fate == "refused", "is damaged: its MD5 is" in entry.note) == (damaged, damaged)

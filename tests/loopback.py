"""A publisher on loopback that behaves as badly as a test asks."""

import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openpeel.sources.fetching.published import Publication
from openpeel.sources.fetching.web import Web


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server.site
        path = self.path.partition("?")[0]
        site.asked.append((path, dict(self.headers.items())))
        self.close_connection = True
        turns = site.answers.get(path, [status(404)])
        (turns.pop(0) if len(turns) > 1 else turns[0])(self)

    def say(self, code, headers, body=b""):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Site:
    """`answers`: by path, what is answered in turn (the last for ever); `asked`: what came."""

    def __init__(self, server):
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.answers = {}
        self.asked = []

    def headers_of(self, turn):
        return self.asked[turn][1]


@contextmanager
def serving():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = Site(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()


def etag_of(data):
    return f'"{hashlib.sha256(data).hexdigest()[:20]}"'


def whole(data, *, etag=None, ranges=True, most=None, kind="application/octet-stream", **more):
    """A well-behaved file: conditions, ranges, validators ('' for none).

    `most`: the connection breaks after so many bytes of the body.
    """
    tag = etag_of(data) if etag is None else etag

    def answer(handler):
        asked = handler.headers
        headers = {"Content-Type": kind, **({"ETag": tag} if tag else {}), **more}
        if tag and asked.get("If-None-Match") == tag:
            handler.say(304, headers)
            return
        code, start = 200, 0
        if ranges and asked.get("Range") and asked.get("If-Range") == tag:
            code, start = 206, int(asked["Range"].removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start:]
        handler.say(code, {"Content-Length": str(len(body)), **headers}, body[:most])

    return answer


def status(code, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.say(code, {"Content-Length": "0", **named})


def redirect(to, code=302):
    return status(code, Location=to)


def archive(text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("a.csv", text * 400)
    return packed.getvalue()


ONE, OTHER = archive("first"), archive("other")
PAGE = b"<!DOCTYPE html><title>Sorry</title>"


class Slept(list):
    """A web whose clock stands still; what it would have slept is kept."""

    def web(self, **more):
        return Web(sleep=self.append, clock=lambda: 0.0, chance=lambda: 0.5, **more)


def published(site, **more):
    made = Publication(
        name="made-up",
        title="Made up",
        publisher="nobody",
        licence="none",
        brings=(),
        page=f"{site.address}/government/statistics/made-up",
        confidence="unconfirmed",
        basis="made up for a test",
    )
    return replace(made, **more)


def held(entry):
    with open(entry.file, "rb") as handle:
        return handle.read()

"""HTTP as a polite guest: one request at a time, pauses, patience, and bounds to all of it."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

from openpeel.errors import FileRefused

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

PAUSE = 1.0  # seconds between requests to one host
TRIES = 6  # of one file in one run; the next run goes on where this one ended
_LONGEST_WAIT = 120.0  # seconds that a publisher may ask us to wait
_REDIRECTS = 5
_BUSY = (429, 500, 502, 503, 504)
_CHUNK = 1 << 18
_JSON = 32 << 20  # bytes; the largest real answer of the Content API has a few hundred thousand

Result = TypeVar("Result")


class Interrupted(Exception):
    """Something that may pass; `after` are the seconds that the publisher asked for, if any."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


@dataclass(frozen=True)
class Answer:
    """What a publisher answered: status, headers, the address after redirects, and the body."""

    status: int
    headers: Mapping[str, str]
    address: str
    _response: "BaseHTTPResponse"

    @property
    def length(self) -> int | None:
        """How many bytes the body is said to have; None where it is not said."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isdecimal() else None

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives; raises Interrupted where it ends before it should."""
        from urllib3.exceptions import HTTPError

        try:
            while data := self._response.read1(_CHUNK):
                yield data
        except HTTPError as error:
            raise Interrupted(f"{self.address} broke off ({_told(error)})") from error


@dataclass
class Web:
    """A client. `sleep`, `clock` and `chance` are the machine's unless a test gives others.

    `timeout`: seconds without a byte after which a connection counts as broken.
    """

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    timeout: float = 60.0
    _last: dict[str, float] = field(default_factory=dict, init=False)
    _pools: dict[str, "PoolManager"] = field(default_factory=dict, init=False)

    def persist(self, work: Callable[[], Result]) -> Result:
        """Do something until it is not interrupted, with growing pauses; a few times at most.

        Raises FileRefused, with the last reason, when it never worked or the publisher asks for
        more time than we give.
        """
        for turn in range(TRIES):
            try:
                return work()
            except Interrupted as error:
                why, wait = str(error), error.after
            if wait is not None and wait > _LONGEST_WAIT:
                raise FileRefused(
                    f"{why} and asks to come back in {wait:,.0f} seconds. Try again later."
                )
            if turn < TRIES - 1:
                backed_off = 2.0**turn * (0.5 + self.chance())
                self.sleep(max(wait or 0.0, backed_off))
        raise FileRefused(f"{why}, {TRIES} times over. Try again later.")

    @contextmanager
    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """One answer, redirects followed; its body is still to be read.

        Raises Interrupted for what may pass (busy, broken), FileRefused for what will not: no
        network, no such host, a certificate that does not hold, redirects without end or from
        https to http.
        """
        for _ in range(_REDIRECTS + 1):
            response = self._once(address, headers or {})
            try:
                onward = response.headers.get("location")
                if response.status not in (301, 302, 303, 307, 308) or not onward:
                    if response.status in _BUSY:
                        raise Interrupted(
                            f"{address} answers {response.status}",
                            _seconds(response.headers.get("retry-after", "")),
                        )
                    told = {name.lower(): value for name, value in response.headers.items()}
                    yield Answer(response.status, told, address, response)
                    return
            finally:
                response.close()
            following = urljoin(address, onward)
            if not _as_safe(address, following):
                raise FileRefused(
                    f"{address} leads to {following}, which is less safe. It is not followed."
                )
            address = following
        raise FileRefused(f"{address}: more than {_REDIRECTS} redirects, one after the other.")

    def json(self, address: str) -> Any:  # noqa: ANN401  # whatever the publisher's JSON holds
        """What an address answers, as JSON. Raises FileRefused where it is none or not there."""

        def once() -> bytes:
            with self.get(address, {"Accept": "application/json"}) as answer:
                if answer.status != 200:
                    raise FileRefused(f"{address} answers {answer.status}.")
                body = b""
                for chunk in answer.chunks():
                    body += chunk
                    if len(body) > _JSON:
                        raise FileRefused(f"{address} answers more than {_JSON:,} bytes.")
                return body

        from json import loads

        body = self.persist(once)
        try:
            return loads(body)
        except ValueError as error:
            raise FileRefused(f"{address} answers something that is no JSON.") from error

    def _once(self, address: str, headers: Mapping[str, str]) -> "BaseHTTPResponse":
        from urllib3.exceptions import (
            ConnectTimeoutError,
            HTTPError,
            NameResolutionError,
            NewConnectionError,
            ProxyError,
            SSLError,
        )

        host = urlsplit(address).netloc
        since = self.clock() - self._last.get(host, float("-inf"))
        if since < PAUSE:
            self.sleep(PAUSE - since)
        try:
            return self._pool(address).request(
                "GET", address, headers={**_SAID, **headers}, retries=False, redirect=False,
                preload_content=False, decode_content=False,
            )  # fmt: skip
        except NameResolutionError as error:
            raise FileRefused(
                f"{host} is not found: there is no network here, or no such host."
            ) from error
        except NewConnectionError as error:  # a kind of ConnectTimeoutError
            raise FileRefused(f"{host} cannot be reached ({_told(error)}).") from error
        except ConnectTimeoutError as error:
            raise Interrupted(f"{host} does not answer") from error
        except ProxyError as error:
            raise FileRefused(f"The proxy cannot be used ({_told(error)}).") from error
        except SSLError as error:
            raise FileRefused(f"{host} could not prove who it is ({_told(error)}).") from error
        except HTTPError as error:
            raise Interrupted(f"{host} broke off ({_told(error)})") from error
        finally:
            self._last[host] = self.clock()

    def _pool(self, address: str) -> "PoolManager":
        """The pool for an address: by way of the proxy that the environment names, if any."""
        from urllib.request import getproxies, proxy_bypass

        import urllib3

        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FileRefused(f"{address} is no address of the web.")
        proxy = "" if proxy_bypass(parts.hostname) else getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            timeout = urllib3.Timeout(connect=min(10.0, self.timeout), read=self.timeout)
            self._pools[proxy] = (
                urllib3.ProxyManager(proxy, timeout=timeout)
                if proxy
                else urllib3.PoolManager(timeout=timeout)
            )
        return self._pools[proxy]


# Bytes as they are stored: a Content-Length then says how many will arrive.
_SAID = {"User-Agent": f"openpeel/{version('openpeel')}", "Accept-Encoding": "identity"}


def _as_safe(address: str, following: str) -> bool:
    scheme = urlsplit(following).scheme
    return scheme == "https" or (scheme == "http" and urlsplit(address).scheme == "http")


def _seconds(told: str) -> float | None:
    """What Retry-After asks for, in seconds; None where it does not say."""
    if told.strip().isdecimal():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _told(error: Exception) -> str:
    """An error of urllib3 in its own words, without the object that it begins with."""
    words = str(error.args[-1] if error.args else error)
    return words.rpartition(">: ")[2].rpartition(": Failed to establish a new connection: ")[2]

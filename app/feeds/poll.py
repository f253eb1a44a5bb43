"""The HTTP half of the poll source: one address, asked again and again, with as little as HTTP allows.

A question is conditional (ETag, Last-Modified) once a document has been taken in; the caller says when that is so
(`accept`), so that a document that could not be stored is fetched again. Only an answer that came whole is a
document: a body that is shorter than its length, or whose length cannot be known, is a failure like a 503, and is
asked for again with back-off. Nothing here raises for what a source does.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    # A service that does not poll starts without it.
    import httpx

MAX_DOCUMENT_BYTES = 256 << 20
LONGEST_WAIT_S = 60.0
LONGEST_ASKED_WAIT_S = 3600.0
LONGEST_UNASKED_S = 300.0
# A source that sends a byte now and then keeps every timeout of a read from running out.
LONGEST_FETCH_S = 120.0


class Document(msgspec.Struct, frozen=True):
    """A whole document that is not the one accepted last. digest: of its bytes, for telling two apart."""

    body: bytes
    digest: bytes
    etag: str | None
    last_modified: str | None


class Unchanged(msgspec.Struct, frozen=True):
    """The source has nothing new."""


class Failed(msgspec.Struct, frozen=True):
    """No document came. reason: one sentence. retry_after_s: how long the source asked to be left alone."""

    reason: str
    retry_after_s: float | None = None


Outcome = Document | Unchanged | Failed


class Uniform(Protocol):
    """Where jitter comes from: random.uniform, or a test's own."""

    def __call__(self, a: float, b: float, /) -> float: ...


class Backoff:
    """Waits that double with each failure in a row, with jitter, so that many pollers do not come back at once."""

    def __init__(self, first_s: float, longest_s: float = LONGEST_WAIT_S, uniform: Uniform = random.uniform) -> None:
        self.failures = 0
        self._first_s = first_s
        self._longest_s = max(longest_s, first_s)
        self._uniform = uniform

    def succeeded(self) -> None:
        """The next failure is the first one again."""
        self.failures = 0

    def failed(self, retry_after_s: float | None = None) -> float:
        """Seconds to wait after one more failure: at least what the source asked for."""
        wait_s = min(self._longest_s, self._first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        wait_s = self._uniform(wait_s / 2, wait_s)
        return wait_s if retry_after_s is None else max(wait_s, min(retry_after_s, LONGEST_ASKED_WAIT_S))


class Unfilled:
    """When the whole document is asked for because of holes: at once for one that is new, and again after 2, 4, 8 …
    rounds for those that stay. Most of those that stay are messages that cannot be decoded, and no fetch fills them.
    """

    def __init__(self, every_s: float, longest_s: float = LONGEST_UNASKED_S) -> None:
        self.holes: list[tuple[int, int]] = []
        self._most_rounds = max(1, int(longest_s / every_s)) if every_s > 0 else 1
        self._step = 1
        self._rounds_left = 0

    def due(self) -> bool:
        """Is the next document to be fetched whatever the source says of it?"""
        return bool(self.holes) and self._rounds_left <= 0

    def went(self) -> None:
        """A round has ended well; where the whole was due in it, it has come and is taken in."""
        if self.due():
            self._step = min(self._step * 2, self._most_rounds)
            self._rounds_left = self._step
        self._rounds_left -= 1

    def found(self, holes: list[tuple[int, int]]) -> bool:
        """These are open now. Returns whether that has changed. What is left of a hole is not a new one."""
        if any(not any(a <= first and last <= b for a, b in self.holes) for first, last in holes):
            self._step, self._rounds_left = 1, 0
        changed, self.holes = holes != self.holes, holes
        return changed


def retry_after_s(text: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header (seconds or an HTTP date) as seconds from now; None where there is none to be read."""
    if text is None:
        return None
    try:
        return max(0.0, float(int(text)))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


class Poller:
    """Asks one address. `client` is the caller's, and follows redirects if it should."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._accepted: Document | None = None

    async def fetch(self, whole: bool = False) -> Outcome:
        """Ask once. `whole`: unconditionally, for validators can be wrong; only the bytes say whether it has changed."""
        import httpx

        try:
            async with asyncio.timeout(LONGEST_FETCH_S):
                return await self._fetch(whole)
        except TimeoutError:
            return Failed(f"no whole answer within {LONGEST_FETCH_S:g} s")
        except httpx.TimeoutException as exc:
            return Failed(f"no whole answer in time ({type(exc).__name__})")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as exc:
            return Failed(f"no whole answer: {str(exc) or type(exc).__name__}")

    def accept(self, document: Document) -> None:
        """This document is taken in: from now on only another one is wanted."""
        self._accepted = document

    async def _fetch(self, whole: bool) -> Outcome:
        headers = {} if whole else self._conditions()
        async with self._client.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code == 304 and headers:
                return Unchanged()
            if answer.status_code != 200:
                return Failed(
                    f"the source answers {answer.status_code} {answer.reason_phrase}".rstrip(),
                    retry_after_s(answer.headers.get("retry-after")),
                )
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_DOCUMENT_BYTES:
                    return Failed(f"the document is larger than {MAX_DOCUMENT_BYTES >> 20} MiB")
            if not _came_whole(answer, body):
                return Failed("the answer does not say how long it is, and may have been cut off")
        digest = hashlib.blake2b(body, digest_size=16).digest()
        document = Document(bytes(body), digest, answer.headers.get("etag"), answer.headers.get("last-modified"))
        if self._accepted is not None and self._accepted.digest == digest:
            # A source that knows nothing of conditions, or whose validators change on their own, or we gave none.
            self._accepted = document
            return Unchanged()
        return document

    def _conditions(self) -> dict[str, str]:
        known = self._accepted
        if known is None:
            return {}
        headers: dict[str, str] = {}
        if known.etag is not None:
            headers["If-None-Match"] = known.etag
        if known.last_modified is not None:
            headers["If-Modified-Since"] = known.last_modified
        return headers


def _came_whole(answer: httpx.Response, body: bytearray) -> bool:
    """Where the length of a body is told, HTTP has checked it. Where it ends with the connection, only a JSON array
    shows by itself whether it is whole."""
    told = "content-length" in answer.headers or "chunked" in answer.headers.get("transfer-encoding", "").lower()
    return told or answer.http_version == "HTTP/2" or body.lstrip()[:1] == b"["

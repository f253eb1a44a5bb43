"""One command over HTTP: posted once, and what became of it. Nothing here raises for what an engine does."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from app import __version__
from app.feeds.poll import retry_after_s

# What an engine says beyond its status is not read for what it says, only so that the connection can be used again.
MOST_ANSWER_BYTES = 64 * 1024
HEADERS = {"Content-Type": "application/json", "User-Agent": f"touchline/{__version__}"}


class Posted(msgspec.Struct, frozen=True):
    """delivered: the engine has it. newer: it says that it has a newer one (409). failed: it has not, as far as we know.
    reason: of a failure, one sentence. retry_after_s: how long the engine asked to be left alone."""

    kind: Literal["delivered", "newer", "failed"]
    reason: str = ""
    retry_after_s: float | None = None


def client_of(url: str) -> httpx.AsyncClient:
    """A client for one engine. It follows no redirect: where commands go is the operator's word. A proxy of the environment
    is left out on loopback."""
    host = urlsplit(url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    limits = httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=30)
    return httpx.AsyncClient(headers=HEADERS, trust_env=not local, follow_redirects=False, limits=limits, timeout=None)


async def post(client: httpx.AsyncClient, url: str, body: bytes, timeout_s: float) -> Posted:
    """Post one command. timeout_s: from the first byte to the last, whatever the engine does in between."""
    posted = None
    try:
        async with asyncio.timeout(timeout_s), client.stream("POST", url, content=body) as answer:
            posted = _judged(answer)
            read = 0
            async for part in answer.aiter_raw():
                read += len(part)
                if read > MOST_ANSWER_BYTES:
                    break
    except TimeoutError:
        return posted or Posted("failed", f"no answer within {timeout_s:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as exc:
        return posted or Posted("failed", f"no answer: {str(exc) or type(exc).__name__}")
    return posted


def _judged(answer: httpx.Response) -> Posted:
    status = answer.status_code
    if 200 <= status < 300:
        return Posted("delivered")
    if status == 409:
        return Posted("newer")
    if 300 <= status < 400:
        return Posted("failed", f"it answers {status}, and redirects are not followed")
    told = f"it answers {status} {answer.reason_phrase}".rstrip()
    return Posted("failed", told, retry_after_s(answer.headers.get("retry-after")))

"""The HTTP half of the poll source, against a real server on loopback that answers what a test tells it to."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from app.feeds import poll
from app.feeds.poll import Backoff, Document, Failed, Poller, Unchanged, Unfilled, retry_after_s
from tests.source import Source, serving

BODY = b'[{"id":"a"},{"id":"b"}]'


@asynccontextmanager
async def source(timeout_s: float = 30.0) -> AsyncIterator[tuple[Source, Poller]]:
    """A source, and a poller of it."""
    async with serving() as made, httpx.AsyncClient(timeout=timeout_s, trust_env=False) as client:
        yield made, Poller(client, made.url)


async def document(poller: Poller, whole: bool = False) -> Document:
    """The next document, taken in."""
    found = await poller.fetch(whole)
    assert isinstance(found, Document)
    poller.accept(found)
    return found


async def test_what_is_known_is_asked_for_conditionally() -> None:
    async with source() as (given, poller):
        given.will("200 OK", BODY, ETag='"v1"', Last_Modified="Sat, 18 Aug 2018 20:15:00 GMT")
        given.will("304 Not Modified", length=None, ETag='"v1"')
        given.will("200 OK", BODY + b" ", ETag='"v2"')
        given.will("304 Not Modified", length=None)
        assert (await document(poller)).body == BODY
        assert await poller.fetch() == Unchanged()
        assert (await document(poller)).body == BODY + b" "
        assert await poller.fetch() == Unchanged()
    asked = [(a.get("if-none-match"), a.get("if-modified-since")) for a in given.asked]
    since = "Sat, 18 Aug 2018 20:15:00 GMT"
    assert asked == [(None, None), ('"v1"', since), ('"v1"', since), ('"v2"', None)]


async def test_a_document_that_was_not_taken_in_is_fetched_again() -> None:
    async with source() as (given, poller):
        for _ in range(2):
            given.will("200 OK", BODY, ETag='"v1"')
            assert isinstance(await poller.fetch(), Document)
    assert not any("if-none-match" in a for a in given.asked)


async def test_asked_for_whole_only_the_bytes_say_whether_it_has_changed() -> None:
    async with source() as (given, poller):
        for body in (BODY, BODY, b"[]"):
            given.will("200 OK", body, ETag='"v1"')
        await document(poller)
        assert await poller.fetch(whole=True) == Unchanged()
        assert (await document(poller, whole=True)).body == b"[]"
    assert not any("if-none-match" in a for a in given.asked)


def asks(unfilled: Unfilled, rounds: int, holes: list[tuple[int, int]]) -> list[int]:
    """In which of so many rounds, from 1, the whole was asked for; these holes stay open."""
    asked = []
    for number in range(1, rounds + 1):
        asked += [number] if unfilled.due() else []
        unfilled.went()
        unfilled.found(holes)
    return asked


def test_the_whole_is_asked_for_at_once_and_then_ever_less() -> None:
    unfilled = Unfilled(5.0, longest_s=40.0)
    assert not unfilled.due()
    assert unfilled.found([(4, 5)])
    assert not unfilled.found([(4, 5)])
    assert asks(unfilled, 40, [(4, 5)]) == [1, 3, 7, 15, 23, 31, 39]
    # What is left of a hole is no news.
    assert unfilled.found([(5, 5)])
    assert not unfilled.due()
    assert unfilled.found([(5, 5), (9, 12)])
    assert asks(unfilled, 7, [(5, 5), (9, 12)]) == [1, 3, 7]
    # A round that failed is none: it is still due.
    assert unfilled.found([(5, 5), (9, 13)])
    assert unfilled.due()
    assert unfilled.due()
    assert unfilled.found([])
    assert not unfilled.due()
    rarely = Unfilled(3600.0)
    rarely.found([(1, 1)])
    assert asks(rarely, 4, [(1, 1)]) == [1, 2, 3, 4]


async def test_a_source_without_conditions_is_compared_by_its_bytes() -> None:
    async with source() as (given, poller):
        for body in (BODY, BODY, b"[]"):
            given.will("200 OK", body)
        await document(poller)
        assert await poller.fetch() == Unchanged()
        assert (await document(poller)).body == b"[]"


@pytest.mark.parametrize("kept", range(len(BODY)))
async def test_a_body_that_is_cut_off_is_no_document(kept: int) -> None:
    async with source() as (given, poller):
        given.will("200 OK", BODY[:kept], length=len(BODY), ETag='"v1"')
        given.will("200 OK", BODY, ETag='"v1"')
        found = await poller.fetch()
        assert isinstance(found, Failed)
        assert "no whole answer" in found.reason
        assert (await document(poller)).body == BODY


async def test_chunks_and_compression_that_end_too_early_are_no_document() -> None:
    async with source() as (given, poller):
        chunk = b"%x\r\n%s\r\n" % (len(BODY), BODY)
        packed = gzip.compress(BODY)
        given.will("200 OK", chunk, length=None, Transfer_Encoding="chunked")
        given.will("200 OK", packed[:-9], length=len(packed), Content_Encoding="gzip")
        given.will("200 OK", b"no gzip at all", Content_Encoding="gzip")
        for _ in range(3):
            assert isinstance(await poller.fetch(), Failed)
        given.will("200 OK", chunk + b"0\r\n\r\n", length=None, Transfer_Encoding="chunked")
        given.will("200 OK", packed + b"", Content_Encoding="gzip")
        assert (await document(poller)).body == BODY
        assert await poller.fetch() == Unchanged()


async def test_without_a_length_only_an_array_shows_that_it_is_whole() -> None:
    async with source() as (given, poller):
        given.will("200 OK", BODY, length=None)
        given.will("200 OK", b'{"id":"a"}\n{"id":"b"}\n', length=None)
        assert (await document(poller)).body == BODY
        found = await poller.fetch()
        assert isinstance(found, Failed)
        assert "how long" in found.reason


async def test_errors_are_told_with_the_wait_that_was_asked_for() -> None:
    async with source() as (given, poller):
        given.will("503 Service Unavailable", b"x", Retry_After="7")
        given.will("429 Too Many Requests")
        given.will("404 Not Found")
        given.will("304 Not Modified", length=None)
        answers = [await poller.fetch() for _ in range(4)]
    assert answers[:3] == [
        Failed("the source answers 503 Service Unavailable", 7.0),
        Failed("the source answers 429 Too Many Requests", None),
        Failed("the source answers 404 Not Found", None),
    ]
    # "Not modified" says nothing to one who has nothing.
    assert answers[3] == Failed("the source answers 304 Not Modified", None)


async def test_a_source_that_says_nothing_or_is_not_there_is_a_failure() -> None:
    async with source(timeout_s=0.2) as (_, poller):
        assert isinstance(await poller.fetch(), Failed)
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in ("http://127.0.0.1:1/x", "http://[bad", "ftp://127.0.0.1/x"):
            assert isinstance(await Poller(client, url).fetch(), Failed)


async def test_a_document_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "MAX_DOCUMENT_BYTES", 10)
    async with source() as (given, poller):
        given.will("200 OK", BODY)
        found = await poller.fetch()
    assert isinstance(found, Failed)
    assert "larger" in found.reason


def test_waits_double_up_to_a_bound_and_begin_anew() -> None:
    longest = Backoff(2.0, 10.0, uniform=lambda a, b: b)
    assert [longest.failed() for _ in range(5)] == [2.0, 4.0, 8.0, 10.0, 10.0]
    longest.succeeded()
    assert longest.failed() == 2.0
    shortest = Backoff(2.0, 10.0, uniform=lambda a, b: a)
    assert [shortest.failed() for _ in range(3)] == [1.0, 2.0, 4.0]
    assert shortest.failed(retry_after_s=30.0) == 30.0
    assert shortest.failed(retry_after_s=1.0) == 5.0
    assert shortest.failed(retry_after_s=1e9) == poll.LONGEST_ASKED_WAIT_S
    jitter = Backoff(2.0)
    assert all(w / 2 <= jitter.failed() <= w for w in (2.0, 4.0, 8.0, 16.0))
    for _ in range(2000):
        assert jitter.failed() <= poll.LONGEST_WAIT_S


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2018, 8, 18, 20, 15, tzinfo=UTC)
    assert retry_after_s("12") == 12.0
    assert retry_after_s("-3") == 0.0
    assert retry_after_s("Sat, 18 Aug 2018 20:16:00 GMT", now) == 60.0
    assert retry_after_s("Sat, 18 Aug 2018 20:14:00 GMT", now) == 0.0
    assert retry_after_s("soon") is None
    assert retry_after_s(None) is None

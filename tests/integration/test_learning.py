"""Streams whose provider learns how to read them: what one connection learns, every other reads by."""

from __future__ import annotations

from typing import Any

import pytest

from app.db.pool import Pool
from app.feeds.base import provider
from app.log.append import Stream
from app.log.ingest import Ingested, ingest, open_events
from tests.unit.sportec_kit import AWAY, KICK_OFF_2, delete, kick_off, play

SPORTEC = provider("sportec")


async def opened(pool: Pool, connection: str = "main") -> Stream:
    return await open_events(pool, SPORTEC, "m1", [], connection=connection)


async def push(pool: Pool, stream: Stream, *told: bytes) -> Ingested:
    return await ingest(pool, SPORTEC, stream, list(told), "push")


async def held(pool: Pool) -> dict[str, Any]:
    rows = await pool.fetch("SELECT source_event_id, period, elapsed_s, fields FROM log.current_event('m1')")
    return {r["source_event_id"]: (r["period"], r["elapsed_s"]) for r in rows}


async def test_a_stream_that_was_opened_before_the_kick_off_was_known(pool: Pool) -> None:
    """Two processes: one has the stream as it was, the other one is told the kick-off."""
    stale, other = await opened(pool), await opened(pool, "second")
    assert (await push(pool, stale, play("p1", "15:31:00.000"))).appended == 1
    assert (await held(pool))["p1"] == (0, 0.0)
    learned = await push(pool, other, kick_off())
    assert (learned.received, learned.appended, learned.last_version) == (1, 2, 3)
    assert (await held(pool))["p1"] == (1, 60.0)
    # With what it knows it reads the event wrong, sees that others know better, and puts it right.
    assert (await push(pool, stale, play("p2", "15:32:00.000"))).last_version == 5
    assert await held(pool) == {"k1": (1, 0.0), "p1": (1, 60.0), "p2": (1, 120.0)}
    fresh = await opened(pool)
    assert fresh.options == SPORTEC.stream_options([kick_off()])
    assert (await push(pool, fresh, play("p3", "15:33:00.000"), play("p1", "15:31:00.000"))).appended == 1


@pytest.mark.parametrize("first", [True, False])
async def test_a_kick_off_that_is_deleted_is_not_known(pool: Pool, first: bool) -> None:
    told = [kick_off(), kick_off("k2", KICK_OFF_2, "secondHalf", AWAY), play("p1", "16:34:00.000"), delete("k2")]
    if first:
        told = [told[3], *told[:3]]
    for message in told:
        await push(pool, await opened(pool), message)
    assert (await held(pool))["p1"] == (1, 3840.0)
    assert (await opened(pool)).options == SPORTEC.stream_options([kick_off()])


async def test_a_document_that_leaves_a_kick_off_out(pool: Pool) -> None:
    second = kick_off("k2", KICK_OFF_2, "secondHalf", AWAY)
    told = [kick_off(), second, play("p1", "16:34:00.000")]
    await ingest(pool, SPORTEC, await opened(pool), told, "follow", snapshot=True)
    assert (await held(pool))["p1"] == (2, 2760.0)
    done = await ingest(pool, SPORTEC, await opened(pool), [told[0], told[2]], "follow", snapshot=True)
    assert done.retracted == 1
    assert (await held(pool))["p1"] == (1, 3840.0)

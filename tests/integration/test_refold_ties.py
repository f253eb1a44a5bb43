"""Where the clock does not move on at a checkpoint any more, the checkpoint parts the match no longer."""

from typing import Any

import msgspec
import pytest

from app.db.pool import Pool
from app.feeds.base import FeedEvent
from app.log.append import append
from app.scoring import checkpoints
from app.scoring.checkpoints import Checkpoint
from app.scoring.worker import Worker
from tests.concurrency.test_interleavings import heard, stored
from tests.engine_kit import HARBOUR, NORTHGATE, clean, drain, feed, frames, gone, new_worker, opened, shot

LINEUPS = [feed("l1", 0.1, "lineup", clock_s=0.0), feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0)]


def a_pass(name: str, order: float, clock_s: float) -> FeedEvent:
    """One that brings an xT of its own."""
    return feed(
        name,
        order,
        "pass",
        x_m=50.0,
        y_m=30.0,
        end_x_m=70.0,
        end_y_m=34.0,
        outcome="complete",
        clock_s=clock_s,
        team=HARBOUR,
    )


PLAYED = [*LINEUPS, *(a_pass(f"p{i}", float(i), i * 1000.0) for i in range(1, 15))]


def kept(worker: Worker) -> list[Checkpoint]:
    """The checkpoints of the match."""
    return worker._sessions["m1"]._checkpoints._kept


@pytest.fixture(autouse=True)
def _few_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_EVENTS", 4)


async def told(pool: Pool, worker: Worker, *events: FeedEvent) -> None:
    """Follow the feed, and score what it says."""
    await append(pool, await opened(pool), events, "follow")
    await drain(worker)


async def right(pool: Pool) -> None:
    """Values and word agree with a clean run, and nothing had to be parked on the way."""
    await clean(pool)
    assert await heard(pool, "m1") == await stored(pool, "m1")
    assert await pool.fetchval("SELECT attempts FROM ops.cursor") == 0


async def late_at_a_checkpoint(pool: Pool, worker: Worker) -> Checkpoint:
    """A late event right behind a checkpoint, with the clock that was reached there."""
    await told(pool, worker, *PLAYED)
    at = kept(worker)[1]
    await told(pool, worker, a_pass("f", at.tail[1] + 0.3, at.reached[1]))
    await right(pool)
    return at


async def test_it_is_taken_back_again(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    await late_at_a_checkpoint(pool, worker)
    await told(pool, worker, gone("f"))
    await right(pool)


async def test_another_comes_beside_it(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    at = await late_at_a_checkpoint(pool, worker)
    await told(pool, worker, a_pass("g", at.tail[1] + 0.6, at.reached[1]))
    await right(pool)


async def test_an_edit_before_it_ends_there(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    await late_at_a_checkpoint(pool, worker)
    before = PLAYED[3]
    await told(
        pool, worker, msgspec.structs.replace(before, fields=msgspec.structs.replace(before.fields, end_x_m=88.0))
    )
    await right(pool)


async def test_all_behind_it_goes_and_more_comes_at_its_clock(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    await told(pool, worker, *PLAYED)
    at = kept(worker)[-1]
    await told(pool, worker, *(gone(e.source_event_id) for e in PLAYED if e.order_key > at.tail[1]))
    await told(pool, worker, a_pass("f", 20.0, at.reached[1]), a_pass("h", 21.0, at.reached[1] + 50))
    await told(pool, worker, gone("f"))
    await right(pool)


async def test_what_is_corrected_before_it_was_stored_has_the_revision_that_was_told(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    await told(pool, worker, *LINEUPS, shot("a", 100.0), shot("b", 200.0), shot("g", 50.0, "goal"))
    await right(pool)


async def test_retractions_of_what_never_came_are_told_in_order_of_arrival(pool: Pool, dsn: str) -> None:
    worker = new_worker(pool, dsn)
    await append(
        pool,
        await opened(pool),
        [*LINEUPS, gone("x"), a_pass("a", 10.0, 10.0), gone("y"), a_pass("b", 20.0, 20.0)],
        "push",
    )
    await drain(worker)
    versions: list[Any] = [f["event"]["version"] for f in await frames(pool) if f["frame"] == "event"]
    assert versions == [1, 2, 3, 4, 5, 6]

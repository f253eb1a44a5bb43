"""Work in the background goes on after whatever goes wrong in it, and rests as long as it has to."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from app.warehouse import paced as module
from app.warehouse.paced import BUSY_SHARE, QUIET_SHARE, paced


class Expected(Exception):
    """What is waited for longer."""


class FakePool:
    """Says whether a match is being told."""

    quiet = True

    async def fetchval(self, *_: Any) -> bool:
        return self.quiet


@pytest.mark.parametrize(("quiet", "share"), [(True, QUIET_SHARE), (False, BUSY_SHARE)])
async def test_rests_by_what_became_of_a_turn(monkeypatch: pytest.MonkeyPatch, quiet: bool, share: float) -> None:
    outcomes: list[Any] = [
        0,
        ConnectionRefusedError(),
        asyncpg.DiskFullError("no room"),
        Expected(),
        ValueError("a fault"),
        2,
    ]
    rests_s: list[float] = []
    clock_s = iter(range(0, 1000, 3))

    async def turn() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def rest(seconds: float) -> None:
        rests_s.append(seconds)
        if not outcomes:
            raise asyncio.CancelledError

    pool = FakePool()
    pool.quiet = quiet
    monkeypatch.setattr(module.asyncio, "sleep", rest)
    monkeypatch.setattr(module.time, "process_time", lambda: float(next(clock_s)))
    with pytest.raises(asyncio.CancelledError):
        await paced(pool, "work", turn, 5.0, {Expected: 300.0})  # pyright: ignore[reportArgumentType]
    # Three seconds of work in the last one: they are its share of what passes until the next.
    assert rests_s == [5.0, 5.0, 5.0, 300.0, 5.0, pytest.approx(3.0 / share - 3.0)]

"""Replay: a stored match goes through the same way again, as a match of its own with origin `replay`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UnknownMatch, UsageError
from app.feeds.base import FeedEvent
from app.log.append import CONTROL_PROVIDER, Stream, append, open_stream
from app.log.read import match_row
from app.sports.base import sports

# Nobody wants to watch an empty half-time: a break lasts at most this long on the match clock.
LONGEST_BREAK_S = 60.0
LONGEST_STEP_S = 0.25


class Replay(msgspec.Struct, frozen=True):
    """A replay. match: its own id; replay_of: the stored match; speed: match seconds a second."""

    replay_id: int
    match: str
    replay_of: str
    speed: float


async def new_replay(
    pool: Pool,
    match_id: str,
    speed: float,
    as_match: str | None,
    principal: str = "local",
    claimed_by: str | None = None,
) -> Replay:
    """Make the match of a replay and queue it; a worker runs it, or whoever claims it here at once.

    Raises UnknownMatch, or UsageError for an id that is taken or a speed that is none.
    """
    if not 0 < speed <= 10_000:
        raise UsageError(f"A replay's speed is above 0 and at most 10000 match seconds a second, not {speed}.")
    source = await match_row(pool, match_id)
    name = as_match or f"{match_id[:100]}-r{os.urandom(3).hex()}"
    if await pool.fetchrow(query("match_row"), name) is not None:
        raise UsageError(f"There is a match '{name}' already; give the replay another id.")
    told = await pool.fetchrow(query("stream_of_match"), match_id)
    if told is None:
        raise UsageError(f"Match '{match_id}' has no events to replay.")
    await open_stream(
        pool,
        name,
        sport=source.sport,
        provider=told["provider"],
        origin="replay",
        provider_match_id=told["provider_match_id"],
        kickoff_at=datetime.now(UTC),
        replay_of=match_id,
        options=msgspec.json.decode(told["options"]),
        principal=principal,
    )
    replay_id = await pool.fetchval(query("new_replay"), name, match_id, speed, principal, claimed_by)
    await pool.execute(query("notify_replay"))
    return Replay(replay_id, name, match_id, speed)


async def claim(pool: Pool, runner: str) -> list[Replay]:
    """Take over replays that nobody runs."""
    rows = await pool.fetch(query("claim_replay"), runner)
    return [Replay(*r) for r in rows]


async def play(
    pool: Pool, replay: Replay, runner: str, progress: Callable[[int, int, float], None] | None = None
) -> bool:
    """Append the stored events at their pace. Goes on where a killed runner stopped: what is there is a repeat.

    progress(done, all, elapsed_s) is called after each append. Returns False when the replay, or what it replays,
    was purged, or when it was taken over meanwhile. Raises UnknownMatch when it was purged before it began.
    """
    await match_row(pool, replay.match)
    try:
        source = await match_row(pool, replay.replay_of)
    except UnknownMatch as gone:
        await pool.execute(query("replay_ended"), replay.replay_id, "failed", str(gone))
        return False
    events = await _events(pool, source.match_id, source.sport)
    streams = {
        control: await open_stream(
            pool,
            replay.match,
            sport=source.sport,
            provider=CONTROL_PROVIDER if control else await _provider(pool, replay.match),
            role="control" if control else "events",
            origin="replay",
        )
        for control in (False, True)
    }
    try:
        return await _play(pool, replay, runner, events, streams, progress)
    except UnknownMatch:
        return False


async def _play(
    pool: Pool,
    replay: Replay,
    runner: str,
    events: Sequence[tuple[bool, FeedEvent]],
    streams: dict[bool, Stream],
    progress: Callable[[int, int, float], None] | None,
) -> bool:
    at = await _already(pool, replay.match, events)
    # Once more: the stored match may have got something between them since, and what did not change is a repeat.
    await _append(pool, streams, events[:at])
    clock = _clock(events)
    began = asyncio.get_running_loop().time() - (clock[at] / replay.speed if at < len(events) else 0.0)
    seen = float("-inf")
    while at < len(events):
        now = asyncio.get_running_loop().time()
        if now - seen > 1.0:
            seen = now
            if await pool.fetchval(query("replay_seen"), replay.replay_id, runner) != "running":
                return False
        due = at
        while due < len(events) and clock[due] <= (now - began) * replay.speed:
            due += 1
        if due > at:
            await _append(pool, streams, events[at:due])
            at = due
            if progress is not None:
                progress(at, len(events), events[at - 1][1].elapsed_s)
        else:
            await asyncio.sleep(min((clock[at] / replay.speed) - (now - began), LONGEST_STEP_S))
    await pool.execute(query("replay_ended"), replay.replay_id, "finished", None)
    return True


async def _append(pool: Pool, streams: dict[bool, Stream], part: Sequence[tuple[bool, FeedEvent]]) -> None:
    """Append neighbours of one stream together, in order."""
    start = 0
    for end in range(1, len(part) + 1):
        if end == len(part) or part[end][0] != part[start][0]:
            await append(pool, streams[part[start][0]], [e for _, e in part[start:end]], "follow", "replay")
            start = end


async def _provider(pool: Pool, match_id: str) -> str:
    row = await pool.fetchrow(query("stream_of_match"), match_id)
    return row["provider"]


async def _already(pool: Pool, match_id: str, events: Sequence[tuple[bool, FeedEvent]]) -> int:
    """How far a replay has come: the place after the last event that is in its log."""
    told = {(r["control"], r["source_event_id"]) for r in await pool.fetch(query("told_already"), match_id)}
    return max((i for i, (control, e) in enumerate(events, 1) if (control, e.source_event_id) in told), default=0)


async def _events(pool: Pool, match_id: str, sport: str) -> list[tuple[bool, FeedEvent]]:
    decode = msgspec.json.Decoder(sports()[sport].fields).decode
    rows: list[Any] = await pool.fetch(query("read_for_replay"), match_id)
    return [
        (
            r["control"],
            FeedEvent(
                source_event_id=r["source_event_id"],
                type=r["type"],
                period=r["period"],
                order_key=r["order_key"],
                elapsed_s=r["elapsed_s"],
                team=r["team_id"],
                player=r["player_id"],
                fields=decode(r["fields"]),
                raw=r["raw"],
            ),
        )
        for r in rows
    ]


def _clock(events: Sequence[tuple[bool, FeedEvent]]) -> list[float]:
    """Seconds after the start of the replay, at speed 1, at which each event is due: never backwards."""
    due: list[float] = []
    now, last_period, last_elapsed = 0.0, None, 0.0
    for _, event in events:
        if event.period == last_period:
            now += min(max(event.elapsed_s - last_elapsed, 0.0), LONGEST_BREAK_S)
            last_elapsed = max(last_elapsed, event.elapsed_s)
        else:
            now += 0.0 if last_period is None else 20.0 if event.period in (2, 3, 4, 5) else 0.0
            last_period, last_elapsed = event.period, event.elapsed_s
        due.append(now)
    return due

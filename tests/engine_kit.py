"""What the tests of the engine share: small events, the fixture match, and a worker that is driven by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.db.pool import Pool
from app.feeds.base import FeedEvent, provider
from app.log.append import Stream, append, open_stream
from app.log.read import match_row
from app.scoring.catalogue import read_catalogue
from app.scoring.rebuild import Verdict, verify
from app.scoring.session import Session
from app.scoring.worker import Worker
from app.settings import Settings
from app.sports.base import Event
from app.sports.soccer.events import Fields

TINY = Path(__file__).parent / "fixtures" / "tiny_match.jsonl"
HARBOUR, NORTHGATE = "touchline:team:harbour", "touchline:team:northgate"
SETTINGS = Settings(poll_s=0.2, lease_s=1.0)


def feed(
    name: str,
    order: float,
    type: str = "pass",
    *,
    team: str | None = HARBOUR,
    player: str | None = None,
    period: int = 1,
    clock_s: float | None = None,
    kind: Any = "recorded",
    revision: int | None = None,
    **fields: Any,
) -> FeedEvent:
    """One event of a feed; the clock runs with the order unless it is given."""
    return FeedEvent(
        source_event_id=name,
        type=type,
        period=period,
        order_key=order,
        elapsed_s=order if clock_s is None else clock_s,
        team=team,
        player=player,
        fields=msgspec.convert(fields, Fields),
        raw=name.encode(),
        kind=kind,
        revision=revision,
    )


def shot(name: str, order: float, outcome: str = "saved", **more: Any) -> FeedEvent:
    """A shot from 20 m by a forward of its team."""
    given = {"x_m": 85.0, "y_m": 30.0, "body_part": "right_foot", "shot_kind": "open_play", **more}
    given.setdefault("player", f"{given.get('team', HARBOUR).replace(':team:', ':player:')}-9")
    return feed(name, order, "shot", outcome=outcome, **given)


def gone(name: str, **more: Any) -> FeedEvent:
    """The retraction of an event."""
    return feed(name, 0.0, "other", period=0, team=None, kind="retracted", **more)


def tiny() -> list[FeedEvent]:
    """The fixture match: 40 events, 2 : 1, an own goal, a penalty against the post, a red card."""
    read = provider("touchline")
    return [read.decode(m, {}) for m in read.split(TINY.read_bytes()) if isinstance(m, bytes)]


def folded(given: FeedEvent, version: int = 1, control: bool = False) -> Event:
    """A feed's event as the fold sees it."""
    return Event(
        version=version,
        source_event_id=given.source_event_id,
        control=control,
        type=given.type,
        period=given.period,
        order_key=given.order_key,
        elapsed_s=given.elapsed_s,
        team=given.team,
        player=given.player,
        fields=given.fields,
    )


async def opened(pool: Pool, match: str = "m1", provider: str = "touchline", **more: Any) -> Stream:
    """The event stream of a soccer match."""
    return await open_stream(pool, match, sport="soccer", provider=provider, **more)


async def told(pool: Pool, events: Sequence[FeedEvent], match: str = "m1", **more: Any) -> None:
    """Append events to a match as a sender pushes them."""
    await append(pool, await opened(pool, match, **more), events, "push")


def new_worker(pool: Pool, dsn: str, batch_limit: int = 2000, lease_s: float = 1.0) -> Worker:
    """A worker that scores when it is told to."""
    return Worker(pool, dsn, msgspec.structs.replace(SETTINGS, batch_limit=batch_limit, lease_s=lease_s))


async def session_of(pool: Pool, match: str, epoch: int) -> Session:
    """A match as a worker begins to score it: with what is on its air."""
    catalogue = await read_catalogue(pool)
    return Session(await match_row(pool, match), catalogue.on_air("soccer", match), epoch, catalogue.generation)


async def drain(worker: Worker) -> None:
    """Score until nothing waits."""
    while await worker.score_waiting():
        pass


async def scored(pool: Pool, dsn: str, batch_limit: int = 2000) -> Worker:
    """Score all that waits with a new worker, as if the last one had been gone for long."""
    await free(pool)
    worker = new_worker(pool, dsn, batch_limit)
    await drain(worker)
    return worker


async def free(pool: Pool) -> None:
    """Let every lease and every back-off run out."""
    await pool.execute("UPDATE ops.cursor SET lease_expires_at = NULL, retry_at = NULL")


async def clean(pool: Pool, match: str = "m1") -> Verdict:
    """Verify; fails when anything differs from a clean run, or something still waits."""
    verdict = await verify(pool, match)
    assert verdict.differences == []
    assert verdict.version == await pool.fetchval("SELECT version FROM log.match WHERE match_id = $1", match)
    return verdict


async def frames(pool: Pool, match: str = "m1", after: int = 0) -> list[dict[str, Any]]:
    """What was published of a match after a pub_seq, in order; `frame` is the kind of frame."""
    rows = await pool.fetch(
        "SELECT pub_seq, event, body FROM signal.publication WHERE match_id = $1 AND pub_seq > $2 ORDER BY pub_seq",
        match,
        after,
    )
    return [{"pub_seq": r["pub_seq"], "frame": r["event"], **msgspec.json.decode(r["body"])} for r in rows]


async def last_seq(pool: Pool) -> int:
    """The newest pub_seq."""
    return await pool.fetchval("SELECT coalesce(max(pub_seq), 0) FROM signal.publication")


async def state(pool: Pool, match: str = "m1") -> dict[str, Any]:
    """The stored picture of a match."""
    return dict(await pool.fetchrow("SELECT * FROM signal.match_state WHERE match_id = $1", match))


def said_of(signal: Any, f: Any, model: Any, memory: Any = None) -> Any:
    """What a signal's file that asks its model says of features, asked at once; unrounded."""
    asked = signal.ask(f, memory)
    return None if asked is None else signal.answer([model.kernel.predict(row) for row in asked[0]], asked[1])

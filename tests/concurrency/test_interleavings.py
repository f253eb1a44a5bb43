"""Any interleaving of news, changes, lateness, repeats, restarts and scoring comes to the model's score, and verifies."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.pool import Pool, open_pool
from app.feeds.base import FeedEvent
from app.log.append import append
from app.log.control import append_control
from app.log.read import match_row, read_current
from app.scoring import checkpoints
from app.scoring.register import register
from app.scoring.worker import Worker
from app.sports.fold import START
from tests.engine_kit import HARBOUR, NORTHGATE, clean, drain, feed, free, gone, new_worker, opened, shot, state

TEAMS = (HARBOUR, NORTHGATE)
LINEUPS = [feed("l1", 0.1, "lineup", clock_s=0.0), feed("l2", 0.2, "lineup", team=NORTHGATE, clock_s=0.0)]


@st.composite
def an_event(draw: st.DrawFn) -> FeedEvent:
    """One of ten identities, as whatever it may be told to be: goal or not, here or there, a pass after all."""
    number = draw(st.integers(0, 9))
    name, team = f"e{number}", TEAMS[number % 2]
    order, period = draw(st.sampled_from([number + 1.0, number + 20.5])), draw(st.sampled_from([1, 1, 2, 5]))
    clock_s = {1: 0.0, 2: 2700.0, 5: 7200.0}[period] + order * draw(st.sampled_from([0.0, 1.0, 20.0]))
    kind = draw(st.sampled_from(["goal", "saved", "own_goal", "pass", "card", "interception"]))
    where: dict[str, Any] = {"team": team, "period": period, "clock_s": clock_s}
    if kind in ("goal", "saved"):
        return shot(name, order, kind, x_m=draw(st.sampled_from([80.0, 95.0, None])), **where)
    if kind == "card":
        return feed(name, order, "card", player=f"touchline:player:{number}", card="red", **where)
    return feed(name, order, kind, x_m=50.0, y_m=30.0, end_x_m=70.0, end_y_m=34.0, outcome="complete", **where)


tells = st.tuples(st.just("tell"), st.lists(an_event(), min_size=1, max_size=5))
drops = st.tuples(st.just("drop"), st.integers(0, 9).map(lambda i: f"e{i}"))
others = st.tuples(st.just("other"), st.lists(an_event(), min_size=1, max_size=3))
scores = st.tuples(st.just("score"), st.sampled_from([1, 2, 7, 2000]))
restarts = st.tuples(st.just("restart"), st.sampled_from([1, 3, 2000]))
statuses = st.tuples(st.just("status"), st.sampled_from(["live", "suspended", "finished", "abandoned"]))
plans = st.lists(st.one_of(tells, tells, drops, others, scores, scores, restarts, statuses), max_size=14)


class Model:
    """What should be true: the newest content of each identity, as files are followed."""

    def __init__(self) -> None:
        self.known: dict[str, FeedEvent] = {}
        self.status: str | None = None

    def score(self) -> tuple[int, int]:
        goals = [
            e.team
            for e in self.known.values()
            if e.kind != "retracted"
            and (e.type == "own_goal" or (e.type == "shot" and e.fields.outcome == "goal" and e.period != 5))
        ]
        return goals.count(HARBOUR), goals.count(NORTHGATE)


async def run(plan: list[tuple[str, Any]], dsn: str) -> None:
    pool = await open_pool(dsn, size=4)
    try:
        await register(pool)
        matches = await pool.fetchval("SELECT count(*) FROM log.match")
        await _run(plan, pool, dsn, f"m{matches}")
    finally:
        pool.terminate()


async def _run(plan: list[tuple[str, Any]], pool: Pool, dsn: str, match: str) -> None:
    model, worker = Model(), new_worker(pool, dsn)
    stream = await opened(pool, match)
    await append(pool, stream, LINEUPS, "follow")
    for what, given_ in plan:
        if what == "tell":
            await append(pool, stream, given_, "follow")
            model.known.update((e.source_event_id, e) for e in given_)
        elif what == "drop":
            retraction = gone(given_)
            await append(pool, stream, [retraction], "follow")
            model.known[given_] = retraction
        elif what == "other":
            await append(pool, await opened(pool, match, "statsbomb"), given_, "follow")
        elif what == "status":
            await append_control(pool, match, "soccer", "status", {"status": given_})
            model.status = given_
        elif what == "score":
            worker = limited(worker, given_)
            await worker.score_waiting()
        else:
            await free(pool)
            worker = new_worker(pool, dsn, given_)
    await free(pool)
    await drain(worker)
    await clean(pool, match)
    if (session := worker._sessions.get(match)) is not None:
        truth = await read_current(pool, await match_row(pool, match))
        assert sorted(session._standing.between(START, None)) == sorted(e.version for e in truth)
    assert await heard(pool, match) == await stored(pool, match)
    picture = await state(pool, match)
    assert (picture["home_score"], picture["away_score"]) == model.score()
    if model.status in ("finished", "abandoned"):
        assert picture["status"] == model.status
    final = await pool.fetchval(
        "SELECT coalesce(bool_and(status = 'final' OR status = 'degraded'), true) FROM signal.point WHERE match_id = $1",
        match,
    )
    if model.status in ("finished", "abandoned"):
        assert final


async def heard(pool: Pool, match: str) -> dict[tuple[str, str, str], tuple[float | None, int]]:
    """What somebody holds who has read every frame and nothing else: value and revision of each point."""
    told: dict[tuple[str, str, str], tuple[float | None, int]] = {}
    rows = await pool.fetch(
        "SELECT event, signal, body, changes FROM signal.publication WHERE match_id = $1 ORDER BY pub_seq", match
    )
    for row in rows:
        if row["event"] == "signal":
            body = msgspec.json.decode(row["body"])
            told[(row["signal"], body["subject"], body["anchor"])] = (body["value"], body["revision"])
        elif row["changes"] is not None:
            for subject, anchor, _, value, status, _, _, _, revision, *_ in msgspec.json.decode(row["changes"]):
                if status is None:
                    told.pop((row["signal"], subject, anchor))
                else:
                    told[(row["signal"], subject, anchor)] = (value, revision)
    return told


async def stored(pool: Pool, match: str) -> dict[tuple[str, str, str], tuple[float | None, int]]:
    """Value and revision of each stored point."""
    rows = await pool.fetch(
        "SELECT signal, subject, anchor, value, revision FROM signal.point WHERE match_id = $1", match
    )
    return {(r["signal"], r["subject"], r["anchor"]): (r["value"], r["revision"]) for r in rows}


def limited(worker: Worker, limit: int) -> Worker:
    worker._settings = msgspec.structs.replace(worker._settings, batch_limit=limit)
    return worker


@pytest.mark.parametrize("every", [2, 3, 100])
def test_any_interleaving_ends_in_the_truth(
    make_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    """every: events between two checkpoints of the fold; with few, edits are folded in parts."""
    dsn = make_database()
    monkeypatch.setattr(checkpoints, "EVERY_EVENTS", every)

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(plans)
    def check(plan: list[tuple[str, Any]]) -> None:
        asyncio.run(run(plan, dsn))

    check()

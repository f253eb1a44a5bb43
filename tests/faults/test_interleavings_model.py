"""Any interleaving of news, lateness, change, retraction and repeats with scorers that crash or oversleep and a
subscriber that comes and goes: log, scores, frames and every past version are as a simple model says."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app.db.pool import Pool, open_pool
from app.feeds.base import FeedEvent
from app.log.append import append
from app.log.read import match_row
from app.models.registry import load_all
from app.scoring.history import as_of_version
from app.scoring.register import register
from app.sports.base import sports
from app.sports.fold import MatchFold
from app.sports.loading import signals
from tests.engine_kit import HARBOUR, NORTHGATE, clean, drain, feed, folded, free, gone, new_worker, opened, shot
from tests.faults.crashing import Deadly, Killed, Sleepy
from tests.faults.kit import Listener, command, judge_frames
from tests.running import free_port, until
from tests.sse import Stream

TEAMS = (HARBOUR, NORTHGATE)
MODELS = load_all()


def _raw(event: FeedEvent) -> FeedEvent:
    return msgspec.structs.replace(event, raw=msgspec.json.encode(msgspec.structs.replace(event, raw=b"")))


@st.composite
def an_event(draw: st.DrawFn) -> FeedEvent:
    """One of eight identities, as whatever it may be told to be, in its place or in another one; now and then as an
    amendment."""
    event = draw(_an_event())
    return _raw(msgspec.structs.replace(event, kind=draw(st.sampled_from(["recorded", "recorded", "amended"]))))


@st.composite
def _an_event(draw: st.DrawFn) -> FeedEvent:
    number = draw(st.integers(0, 7))
    period = draw(st.sampled_from([1, 1, 1, 2]))
    order = draw(st.sampled_from([number + 1.0, number + 20.0]))
    clock_s = (0.0, 2700.0)[period - 1] + order * draw(st.sampled_from([1.0, 25.0]))
    where: dict[str, Any] = {"team": TEAMS[number % 2], "period": period, "clock_s": clock_s}
    kind = draw(st.sampled_from(["goal", "saved", "pass", "card", "interception", "own_goal"]))
    if kind in ("goal", "saved"):
        return shot(f"e{number}", order, kind, x_m=draw(st.sampled_from([80.0, 95.0])), **where)
    if kind == "card":
        return feed(f"e{number}", order, "card", player=f"touchline:player:{number}", card="red", **where)
    return feed(f"e{number}", order, kind, x_m=50.0, y_m=30.0, end_x_m=70.0, end_y_m=34.0, **where)


a_retraction = st.integers(0, 7).map(lambda number: _raw(gone(f"e{number}")))
a_message = st.one_of(an_event(), an_event(), an_event(), a_retraction)
tells = st.tuples(st.just("tell"), st.lists(a_message, min_size=1, max_size=5))
repeats = st.tuples(st.just("repeat"), st.integers(0, 20))
scores = st.tuples(st.just("score"), st.none())
crashes = st.tuples(st.just("crash"), st.tuples(st.integers(1, 6), st.booleans(), st.sampled_from([1, 3, 2000])))
sleeps = st.tuples(st.just("sleep"), st.integers(1, 4))
wakes = st.tuples(st.just("wake"), st.none())
listens = st.tuples(st.just("listen"), st.integers(0, 12))
plans = st.lists(st.one_of(tells, tells, repeats, scores, scores, crashes, sleeps, wakes, listens), max_size=18)


class Model:
    """The log as it should be: every message that is new to its identity, in order of arrival. What was retracted
    stays so, and what was amended is not replaced by an original that comes late: what is said of them later is kept,
    and not effective."""

    def __init__(self) -> None:
        self.log: list[tuple[FeedEvent, bool]] = []
        self._known: dict[str, set[tuple[bytes, bool]]] = {}
        self._retracted: set[str] = set()
        self._amended: set[str] = set()

    def tell(self, event: FeedEvent) -> None:
        """One message, as it arrives."""
        content = (
            b""
            if event.kind == "retracted"
            else msgspec.json.encode(
                (event.type, event.period, event.elapsed_s, event.team, event.player, event.fields)
            )
        )
        name = event.source_event_id
        known = self._known.setdefault(name, set())
        if (content, event.kind == "amended") in known:
            return
        known.add((content, event.kind == "amended"))
        overtaken = event.kind == "recorded" and name in self._amended
        self.log.append((event, name not in self._retracted and not overtaken))
        if event.kind == "retracted":
            self._retracted.add(name)
        if event.kind == "amended":
            self._amended.add(name)

    def points(self, until: int) -> list[tuple[Any, ...]]:
        """What a clean fold of the first versions gives."""
        truth: dict[str, tuple[int, FeedEvent]] = {}
        for version, (event, effective) in enumerate(self.log[:until], 1):
            if effective:
                truth[event.source_event_id] = (version, event)
        held = [(v, e) for v, e in truth.values() if e.kind != "retracted"]
        sport = sports()["soccer"]
        fold = MatchFold(sport, signals(sport), MODELS)
        found = []
        for version, event in sorted(held, key=lambda h: (h[1].period, h[1].order_key, h[1].source_event_id)):
            found += [(p.signal, p.subject, p.anchor, p.value, p.version) for p in fold.add(folded(event, version))]
        return sorted(found, key=str)


class Example:
    """One match, driven through one plan."""

    def __init__(self, pool: Pool, dsn: str, port: int, match: str) -> None:
        self._pool, self._dsn, self._port, self._match = pool, dsn, port, match
        self._model = Model()
        self._worker = new_worker(pool, dsn)
        self._listener = Listener(port, match)
        self._asleep: list[tuple[Sleepy, asyncio.Task[int]]] = []

    async def run(self, plan: list[tuple[str, Any]]) -> Counter[str]:
        """Returns what has happened in it: how many crashes, sleepers, reconnects."""
        stream = await opened(self._pool, self._match)
        happened = Counter[str](crash=0, sleep=0, listen=0)
        told: list[list[FeedEvent]] = []
        for what, given_ in plan:
            if what in ("tell", "repeat"):
                events = given_ if what == "tell" else told[given_ % len(told)] if told else []
                told.append(events)
                await append(self._pool, stream, events, "push")
                for event in events:
                    self._model.tell(event)
            elif what == "score":
                await self._score()
            elif what == "crash":
                happened["crash"] += await self._crash(*given_)
            elif what == "sleep":
                happened["sleep"] += await self._sleep(given_)
            elif what == "wake":
                await self._wake()
            else:
                happened["listen"] += await self._listen(given_)
        while self._asleep:
            await self._wake()
        await free(self._pool)
        await drain(self._worker)
        await self._listen(10_000)
        await self._judge()
        return happened

    async def _score(self) -> None:
        if self._asleep:
            await free(self._pool)
        await self._worker.score_waiting()

    async def _crash(self, number: int, answered: bool, batch_limit: int) -> bool:
        """A worker is killed at some statement, its leases stay until they run out; another one comes after it."""
        await free(self._pool)
        pool = Deadly(self._pool, number, answered)
        working = asyncio.create_task(new_worker(pool, self._dsn).score_waiting())  # type: ignore[arg-type]
        dying = asyncio.create_task(pool.killed.wait())
        await asyncio.wait((working, dying), return_when=asyncio.FIRST_COMPLETED)
        # Whatever of it would still wait for the statement that never comes back ends with it.
        for task in (working, dying):
            task.cancel()
        await asyncio.wait((working,), timeout=10)
        if not pool.killed.is_set():
            await working
        elif not working.cancelled():
            assert isinstance(working.exception(), Killed | None)
        await free(self._pool)
        self._worker = new_worker(self._pool, self._dsn, batch_limit)
        return pool.killed.is_set()

    async def _sleep(self, number: int) -> bool:
        """A worker falls asleep over its batch, longer than its lease."""
        await free(self._pool)
        pool = Sleepy(self._pool, number)
        working = asyncio.create_task(new_worker(pool, self._dsn).score_waiting())  # type: ignore[arg-type]
        falling = asyncio.create_task(pool.asleep.wait())
        await asyncio.wait((working, falling), return_when=asyncio.FIRST_COMPLETED)
        falling.cancel()
        if working.done():
            await working
            return False
        self._asleep.append((pool, working))
        return True

    async def _wake(self) -> None:
        if self._asleep:
            pool, working = self._asleep.pop(0)
            pool.wake.set()
            await working

    async def _listen(self, most: int) -> bool:
        """Connect with the last id, read up to so many frames of those that are there, hang up."""
        head = await self._pool.fetchval(
            "SELECT coalesce(max(pub_seq), 0) FROM signal.publication WHERE match_id = $1", self._match
        )
        again = self._listener.last_id is not None
        await asyncio.to_thread(self._read, most, head)
        return again

    def _read(self, most: int, head: int) -> None:
        with Stream(self._port, f"match={self._match}", self._listener.last_id) as stream:
            assert stream.status == 200
            if self._listener.last_id is None:
                self._listener.take(stream.frame())
            for _ in range(most):
                if self._listener.seq >= head:
                    return
                self._listener.take(stream.frame())

    async def _judge(self) -> None:
        rows = await self._pool.fetch(
            "SELECT version, raw, effective FROM log.feed_event WHERE match_id = $1 ORDER BY version", self._match
        )
        assert [(r["raw"], r["effective"]) for r in rows] == [(e.raw, effective) for e, effective in self._model.log]
        assert [r["version"] for r in rows] == list(range(1, len(rows) + 1))
        await clean(self._pool, self._match)
        match = await match_row(self._pool, self._match)
        for version in {0, len(rows) // 3, len(rows) // 2, len(rows)}:
            points = await as_of_version(self._pool, match, version)
            keys = ("signal", "subject", "anchor", "value", "version")
            assert sorted((tuple(p[k] for k in keys) for p in points), key=str) == self._model.points(version)
        with psycopg.connect(self._dsn, autocommit=True, row_factory=dict_row) as connection:
            judge_frames(connection, self._listener)
        assert self._listener.resyncs == 0


@pytest.fixture
def served(dsn: str, tmp_path: Path) -> Iterator[int]:
    """The port of an API that serves the stream of this database."""
    port = free_port()
    with command("serve", log=tmp_path / "log", database_url=dsn, port=port, poll_s=0.5):
        until(lambda: _listens(port))
        yield port


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), Stream(port) as stream:
        return stream.status == 200
    return False


def test_any_interleaving_is_what_the_model_says(dsn: str, served: int) -> None:
    happened = Counter[str](crash=0, sleep=0, listen=0)
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn, size=6))
        runner.run(register(pool))
        numbers = iter(range(10**6))

        @settings(
            max_examples=120,
            deadline=None,
            derandomize=False,
            print_blob=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(plans)
        def check(plan: list[tuple[str, Any]]) -> None:
            example = Example(pool, dsn, served, f"m{next(numbers)}")
            happened.update(runner.run(example.run(plan)))

        check()
        pool.terminate()
    print(happened)
    assert min(happened.values()) > 0, happened

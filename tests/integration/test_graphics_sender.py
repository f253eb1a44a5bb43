"""Commands to a real engine over HTTP, from a football game that is scored play by play: right, in order, fresh or marked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.db.pool import Pool
from app.feeds.base import provider
from app.graphics.commands import breaker, freshness, sender, watch
from app.graphics.commands import engine as engine_module
from app.graphics.commands.sender import Sender
from app.graphics.commands.targets import By, add
from app.live.snapshot import snapshot
from app.log.ingest import ingest, open_events
from app.settings import Settings
from tests.engine_kit import drain, new_worker
from tests.graphics_engine import Engine, assert_ordered, engine
from tests.gridiron_kit import CLE, nfl_detail, nfl_play, stat
from tests.running import PATIENCE_S

NFL = provider("nfl")
ME = By("tester")


def game(end: bool = True) -> list[bytes]:
    """A short NFL game, a message a play. The touchdown is a key play."""
    plays = [nfl_play(41, "KICK_OFF", "HOU  KO  HOU 35", "kicks, Touchback.", clockTime="15:00")]
    for n in range(9):
        pre = f"CLE  {n % 3 + 1}-{10 - 3 * (n % 3)}  CLE {25 + 4 * n if 25 + 4 * n < 50 else 49}"
        stats = [stat(10, CLE, 3, "00-1")]
        plays.append(
            nfl_play(60 + n, "RUSH", pre, f"N.Chubb run {n}", clockTime=f"{14 - n}:00", stats=stats, yardsGained=3)
        )
    plays.append(touchdown())
    if end:
        plays.append(nfl_play(99, "END_GAME", "END GAME", "END GAME", quarter=4, clockTime="00:00"))
    return messages(*plays)


def touchdown(text: str = "for 80 yards, TOUCHDOWN.") -> dict[str, Any]:
    told = {"playScored": True, "scoringTeamId": CLE}
    return nfl_play(80, "RUSH", "CLE  3-10  CLE 20", text, scoringPlayType="TOUCHDOWN",
                    stats=[stat(11, CLE, 80, "00-1")], clockTime="04:00", **told)  # fmt: skip


def messages(*plays: dict[str, Any]) -> list[bytes]:
    return [m for m in NFL.split(json.dumps(nfl_detail(*plays)).encode()) if isinstance(m, bytes)]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (breaker, "FIRST_OPEN_S", 0.4), (breaker, "LONGEST_OPEN_S", 1.0), (engine_module, "RETRY_S", 0.02),
        (engine_module, "LONGEST_RETRY_S", 0.1), (sender, "LOOK_S", 0.05), (watch, "TICK_S", 0.05),
        (watch, "LOOK_S", 0.2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


async def soon(what: Callable[[], Any]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = what()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.02)


class Game:
    """A match that is told and scored a play at a time. `truths` is what held after each commit, in order."""

    def __init__(self, pool: Pool, dsn: str, match: str = "g1") -> None:
        self.match = match
        self.truths: list[dict[str, Any]] = []
        self._pool = pool
        self._worker = new_worker(pool, dsn)

    async def open(self) -> Game:
        self._stream = await open_events(self._pool, NFL, self.match, game(), origin="live")
        return self

    async def push(self, *told: bytes, score: bool = True) -> dict[str, Any]:
        await ingest(self._pool, NFL, self._stream, list(told), "push")
        return await self.score() if score else {}

    async def score(self) -> dict[str, Any]:
        await drain(self._worker)
        body = (await snapshot(self._pool, self.match, "e")).body
        values = {s["subject"]: s["value"] for s in body["signals"] if s["signal"] == "win_probability"}
        details = json.loads(bytes(body["match"]["details"]))
        truth = {"details": details, "home_id": body["match"]["home_id"]}
        if values.get("home") is not None:
            truth |= {"home_wp": round(values["home"] * 100, 1), "away_wp": round(values["away"] * 100, 1)}
        self.truths.append(truth)
        return truth


@asynccontextmanager
async def sending(pool: Pool, dsn: str, **more: Any) -> AsyncIterator[Sender]:
    made = Sender(pool, dsn, Settings(poll_s=0.1, graphics_timeout_s=0.5, **more))
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def screen() -> Iterator[Engine]:
    with engine() as made:
        yield made


def shows(screen: Engine, truth: dict[str, Any]) -> bool:
    """Is this what its graphics show, as fresh?"""
    wp, situation = screen.last("win_probability"), screen.last("situation")
    d = truth["details"]
    snap = d["possession_team"] is not None and d["down"] is not None
    return (
        (wp.get("home_wp"), wp.get("away_wp"), wp.get("stale")) == (truth["home_wp"], truth["away_wp"], False)
        and not situation.get("stale", True)
        and situation["down"] == (d["down"] if snap else None)
        and situation["yards_to_goal"] == (d["yards_to_goal"] if snap else None)
    )


def assert_true(screen: Engine, given: Game) -> None:
    """Whatever was taken held at some time, and later commands never tell of an earlier time."""
    assert_ordered(screen.taken)
    place = 0
    for command in screen.of("win_probability"):
        assert round(command["home_wp"] + command["away_wp"], 1) == 100.0
        told = (command["home_wp"], command["away_wp"])
        places = [i for i, t in enumerate(given.truths) if (t.get("home_wp"), t.get("away_wp")) == told and i >= place]
        assert places, f"{told} did not hold after truth {place}"
        place = places[0]
    times = [c["timestamp"] for c in screen.of("win_probability")]
    assert times == sorted(times)


async def target(pool: Pool) -> Any:
    return await pool.fetchrow("SELECT * FROM ops.graphics_target ORDER BY target_id LIMIT 1")


async def test_an_engine_sees_only_what_is_right_whatever_it_does(pool: Pool, dsn: str, screen: Engine) -> None:
    given = await Game(pool, dsn).open()
    told = iter(game())
    truth = await given.push(next(told), next(told))
    await add(pool, ME, "g1", screen.url, [], "stale", 180)
    async with sending(pool, dsn):
        await soon(lambda: shows(screen, truth))
        for mode in ("fail", "reset", "stall", "refuse", "redirect", "drip"):
            screen.mode = mode
            truth = await given.push(next(told))
            if mode != "drip":
                await soon(lambda: _open(pool))
                posts = screen.posts
                await asyncio.sleep(0.3)
                # Left alone, but for a probe: one at a time.
                assert screen.posts <= posts + 3
                assert screen.last("win_probability").get("home_wp") != truth["home_wp"] or mode == "drip"
            screen.mode = "well"
            await soon(lambda truth=truth: shows(screen, truth))
            await soon(lambda: _closed(pool))
        assert screen.moved == 0, "a redirect was followed"
        # Away while plays come: the newest wins.
        screen.mode = "fail"
        for _ in range(3):
            truth = await given.push(next(told))
        before = len(screen.of("win_probability"))
        screen.mode = "slow"
        await soon(lambda: shows(screen, truth))
        # One may have been on its way, and have waited there for its next try.
        assert len(screen.of("win_probability")) - before <= 2
        for message in told:
            truth = await given.push(message)
        await soon(lambda: shows(screen, truth))
        await soon(lambda: screen.last("key_play"))
        assert truth["home_wp"] == 100.0
        play = screen.last("key_play")
        assert play.keys() == {
            "command", "game_id", "graphic", "sequence", "timestamp", "stale", "play_description", "wpa", "team",
            "duration_ms",
        }  # fmt: skip
        assert (play["command"], play["play_description"], play["team"]) == (
            "SHOW_KEY_PLAY", "for 80 yards, TOUCHDOWN.", "home",
        )  # fmt: skip
        assert play["wpa"] >= 0.05
        # It may have come twice, where the answer was late: under one number.
        assert len({c["sequence"] for c in screen.of("key_play")}) == 1
        assert_true(screen, given)
        row = await soon(lambda: _reported(pool, len(screen.taken)))
        assert row["failures"] > 5
        assert row["dropped"] > 0
        assert row["last_ms"] is not None


async def _open(pool: Pool) -> bool:
    return (await target(pool))["breaker"] != "closed"


async def _closed(pool: Pool) -> bool:
    return (await target(pool))["breaker"] == "closed"


async def _reported(pool: Pool, delivered: int) -> Any:
    row = await target(pool)
    # A post that was taken and not answered in time counts as failed.
    return row if row["delivered"] >= delivered - 3 else None


async def test_values_are_marked_when_live_data_stop(
    pool: Pool, dsn: str, screen: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed falls silent; scoring stands still; and both go on."""
    monkeypatch.setattr(freshness, "BEHIND_S", 0.5)
    given = await Game(pool, dsn).open()
    told = iter(game(end=False))
    await given.push(next(told), next(told))
    with engine() as other:
        await add(pool, ME, "g1", screen.url, ["win_probability"], "stale", 1)
        await add(pool, ME, "g1", other.url, ["win_probability"], "static", 3600)
        async with sending(pool, dsn):
            truth = await given.push(next(told))
            marked = await soon(lambda: screen.last("win_probability").get("stale") and screen.last("win_probability"))
            assert (marked["home_wp"], marked["command"]) == (truth["home_wp"], "UPDATE_WIN_PROBABILITY")
            assert marked["stale_since"] >= marked["timestamp"]
            await soon(lambda: other.last("win_probability"))
            assert not other.last("win_probability")["stale"], "an hour is not over"
            assert await soon(lambda: _stale(pool))
            truth = await given.push(next(told))
            await soon(lambda: (screen.last("win_probability")["home_wp"], screen.last("win_probability")["stale"])
                       == (truth["home_wp"], False))  # fmt: skip
            # Told, and not scored: it is not known what holds.
            await given.push(next(told), score=False)
            static = await soon(lambda: other.last("win_probability")["stale"] and other.last("win_probability"))
            assert static["command"] == "SHOW_STATIC"
            assert "home_wp" not in static
            truth = await given.score()
            await soon(lambda: other.last("win_probability").get("home_wp") == truth["home_wp"])
            assert other.last("win_probability")["stale"] is False
        assert_ordered(screen.taken)
        assert_ordered(other.taken)


async def _stale(pool: Pool) -> bool:
    return (await target(pool))["is_stale"]


async def test_a_correction_is_a_new_command(pool: Pool, dsn: str, screen: Engine) -> None:
    """A touchdown that counts for nothing after all: the picture goes back, and what waits of it is not shown."""
    given = await Game(pool, dsn).open()
    *plays, scored_play = game(end=False)
    before = await given.push(*plays)
    await add(pool, ME, "g1", screen.url, [], "stale", 180)
    async with sending(pool, dsn):
        await soon(lambda: shows(screen, before))
        screen.mode = "fail"
        after = await given.push(scored_play)
        assert after["home_wp"] != before["home_wp"]
        posts = screen.posts
        await soon(lambda: screen.posts > posts)
        back = await given.push(*messages({**touchdown(), "playDeleted": True}))
        assert back["home_wp"] == before["home_wp"]
        screen.mode = "well"
        await soon(lambda: shows(screen, back))
        await soon(lambda: _closed(pool))
        # What came last is what it shows, and nothing of the play.
        final = await given.push(*messages(nfl_play(85, "RUSH", "CLE  1-10  CLE 49", "N.Chubb run", clockTime="03:00")))
        await soon(lambda: shows(screen, final))
        assert screen.of("key_play") == []
        assert_ordered(screen.taken)


async def test_one_sends_and_the_other_takes_over(pool: Pool, dsn: str, screen: Engine) -> None:
    given = await Game(pool, dsn).open()
    told = iter(game(end=False))
    truth = await given.push(next(told), next(told))
    await add(pool, ME, "g1", screen.url, [], "stale", 180)
    async with sending(pool, dsn):
        async with sending(pool, dsn):
            await soon(lambda: shows(screen, truth))
            await asyncio.sleep(0.3)
            assert len(screen.of("win_probability")) == 1, "one of the two"
        # Whichever goes, what holds is sent by the other as well, with higher numbers, or goes on with the same ones.
        truth = await given.push(next(told))
        await soon(lambda: shows(screen, truth))
    first = screen.taken[-1]["sequence"]
    async with sending(pool, dsn):
        count = len(screen.taken)
        await soon(lambda: len(screen.taken) >= count + 2)
        assert all(c["sequence"] > first for c in screen.taken[count:])
        assert shows(screen, truth), "what holds, once more"
    assert_ordered(screen.taken)


async def test_an_engine_that_was_away_is_told_everything_again(pool: Pool, dsn: str) -> None:
    given = await Game(pool, dsn).open()
    told = iter(game(end=False))
    truth = await given.push(next(told), next(told))
    with engine() as first:
        port = int(first.server_address[1])
        await add(pool, ME, "g1", first.url, [], "stale", 180)
        async with sending(pool, dsn):
            await soon(lambda: shows(first, truth))
            first.stop()
            truth = await given.push(next(told))
            await soon(lambda: _open(pool))
            with engine(port) as second:
                await soon(lambda: shows(second, truth))
                assert {c["graphic"] for c in second.taken} >= {"win_probability", "situation"}
                await pool.execute("DELETE FROM ops.graphics_target")
                count = len(second.taken)
                await asyncio.sleep(0.3)
                await given.push(next(told))
                await asyncio.sleep(0.3)
                assert len(second.taken) <= count + 1, "nothing more once it was removed"

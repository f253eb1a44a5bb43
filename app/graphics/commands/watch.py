"""One match that engines are told of: frames of the hub come in, scenes and plays go to the desk of each engine."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import msgspec
import structlog

from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.errors import UnknownMatch
from app.graphics.commands.desk import SHOWN_FOR_S, Place, Play
from app.graphics.commands.engine import Engine
from app.graphics.commands.freshness import Signs, stale_s
from app.live.client import Subscription, begin
from app.live.frames import HEARTBEAT, Frame, said
from app.live.hub import Hub
from app.live.ring import Filter
from app.sports.graphics import Graphic, Scene, Told

log = structlog.get_logger()
TICK_S = 1.0
# Looked at without news as well: scoring may stand still.
LOOK_S = 5.0
AGAIN_S = 0.5
GOOD = ("provisional", "final")
# Plays are looked up among so many of the newest events.
EVENTS = 200
LONG_AGO_S = 1e9


class Watch:
    """clock: as the engines'. Runs until cancelled, through everything that happens to the database."""

    def __init__(
        self,
        hub: Hub,
        pool: Pool,
        match: str,
        graphics: dict[str, Graphic],
        engines: Sequence[Engine],
        clock: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._pool = pool
        self._match = match
        self._engines = engines
        self._clock = clock
        self._standing = sorted({s for g in graphics.values() if g.standing for s in g.signals})
        self._moments = {s for g in graphics.values() if g.moment for s in g.signals}
        self._events: deque[Frame] = deque(maxlen=EVENTS)
        self._scene: tuple[Scene, float] | None = None
        self._version = -1
        self._behind_at: float | None = None
        self._looked_at = 0.0

    async def run(self) -> None:
        """Follow the match."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._tick())
            for engine in self._engines:
                parts.create_task(engine.run())
            while True:
                try:
                    await self._follow()
                except UnknownMatch:
                    # It is being purged; its engines go with it.
                    await asyncio.sleep(TICK_S)
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.warning("graphics.database_lost", match=self._match, error=str(exc) or type(exc).__name__)
                    await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        """What holds now, then what happens. It begins a little before now: plays that nobody has shown yet are still
        news."""
        then = await self._pool.fetchrow(query("head_then"), SHOWN_FOR_S)
        assert then is not None
        epoch = self._hub.epoch
        place = f"{epoch}-{then['seq']}"
        client = await begin(self._hub, Subscription(Filter((self._match,))), place, 10.0)
        try:
            await self._look()
            while (page := await client.next()) is not None:
                if self._hub.epoch != epoch:
                    # The database was restored: its places are given anew, to other plays.
                    epoch = self._hub.epoch
                    for engine in self._engines:
                        engine.desk.shown_seq = 0
                self._plays(page.frames)
                if page.wire != HEARTBEAT:
                    await self._look()
        finally:
            client.leave()

    async def _look(self) -> None:
        """Read what holds, and say so."""
        row = await self._pool.fetchrow(query("graphics_scene"), self._match, self._standing)
        self._looked_at = time.monotonic()
        if row is None:
            return
        self._note_progress(row["version"], row["log_version"])
        values: dict[str, dict[str, float | None]] = {}
        for point in msgspec.json.decode(row["values"]):
            good = point["value"] if point["status"] in GOOD else None
            values.setdefault(point["signal"], {})[point["subject"]] = good
        match = {k: v for k, v in row.items() if k not in ("details", "values", "at", "log_version")}
        self._scene = Scene(match, msgspec.json.decode(row["details"]), values), row["at"]
        self._say()

    def _note_progress(self, version: int, log_version: int) -> None:
        if version >= log_version:
            self._behind_at = None
        elif version != self._version or self._behind_at is None:
            self._behind_at = time.monotonic()
        self._version = version

    def _say(self) -> None:
        """Hand every engine what holds, or was the last to hold."""
        if self._scene is None:
            return
        scene, at = self._scene
        now = self._clock()
        behind_s = 0.0 if self._behind_at is None else time.monotonic() - self._behind_at
        signs = Signs(scene.match["status"], self._hub.silent_s(), now - at, behind_s)
        for engine in self._engines:
            stale = stale_s(signs, engine.target.stale_after_s)
            engine.desk.scene(scene, at, None if stale is None else now - stale)
            engine.nudge()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._say()
            if time.monotonic() - self._looked_at > LOOK_S:
                try:
                    await self._look()
                except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                    log.debug("graphics.not_looked", error=str(exc) or type(exc).__name__)

    def _plays(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame.event == "event":
                self._events.append(frame)
            elif frame.signal in self._moments:
                self._moment(frame)

    def _moment(self, frame: Frame) -> None:
        data = msgspec.json.decode(said(frame.wire))["data"]
        name, good = data["source_event_id"], data["status"] in GOOD and data["value"] is not None
        if frame.event != "signal":
            span = _span(data.get("changed"))
            for engine in self._engines:
                engine.desk.changed(data["signal"], data["subject"], name if good else None, span)
        if not good or name is None:
            return
        first, event, summary = self._event(name)
        if first is None and frame.event != "signal":
            # What was corrected is of long ago.
            return
        told = Told(data["signal"], data["subject"], data["value"], summary or self._picture(), event)
        as_of = data["as_of"]
        play = Play(
            told,
            name,
            Place(as_of["period"], as_of["elapsed_s"]),
            frame.seq,
            first or frame.published_at,
            frame.published_at,
            _late_s(event, summary),
        )
        for engine in self._engines:
            engine.desk.play(play)

    def _picture(self) -> Any:
        return {} if self._scene is None else self._scene[0].match

    def _event(self, name: str) -> tuple[float | None, dict[str, Any] | None, dict[str, Any] | None]:
        """When an event was told first, what it is now, and the match after it."""
        key = b'"source_event_id":%b' % msgspec.json.encode(name)
        told = [frame for frame in self._events if key in frame.wire]
        if not told:
            return None, None, None
        data = msgspec.json.decode(said(told[-1].wire))["data"]
        event = data["event"] if data["event"]["kind"] != "retracted" else None
        return told[0].published_at, event, data["summary"]


def _span(changed: dict[str, Any] | None) -> tuple[Place, Place] | None:
    if changed is None:
        return None
    return (
        Place(changed["from_period"], changed["from_elapsed_s"]),
        Place(changed["to_period"], changed["to_elapsed_s"]),
    )


def _late_s(event: dict[str, Any] | None, summary: dict[str, Any] | None) -> float:
    """How far the match clock is past an event."""
    if event is None or summary is None:
        return 0.0
    if event["period"] != summary["period"]:
        return LONG_AGO_S if event["period"] < summary["period"] else 0.0
    return max(0.0, summary["elapsed_s"] - event["elapsed_s"])

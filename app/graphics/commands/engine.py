"""One graphics engine: what waits for it is posted, one command of a graphic after the other, for as long as it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import msgspec
import structlog

from app.feeds.poll import Backoff
from app.graphics.commands.breaker import Breaker
from app.graphics.commands.command import Command, Sequence
from app.graphics.commands.desk import Desk
from app.graphics.commands.post import Posted, post

log = structlog.get_logger()
RETRY_S = 0.2
LONGEST_RETRY_S = 5.0
# An engine may ask for more than we would wait, within reason: a graphic is on air.
LONGEST_ASKED_S = 30.0


class Target(msgspec.Struct, frozen=True):
    """An engine as it is configured."""

    target_id: int
    match: str
    sport: str
    url: str
    graphics: tuple[str, ...]
    fallback: str
    stale_after_s: float


class Tally(msgspec.Struct):
    """What has happened since it was last reported."""

    delivered: int = 0
    failures: int = 0
    dropped: int = 0
    last_ms: float | None = None


class Engine:
    """The lanes of one engine. clock: seconds since 1970 by the database's clock. shown: is told of each play that the
    engine has taken, so that nobody after us shows it again."""

    def __init__(
        self,
        target: Target,
        desk: Desk,
        client: httpx.AsyncClient,
        sequence: Sequence,
        clock: Callable[[], float],
        timeout_s: float,
        shown: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self.target = target
        self.desk = desk
        self.breaker = Breaker(time.monotonic)
        self.tally = Tally()
        self.last_error: str | None = None
        self._client = client
        self._sequence = sequence
        self._clock = clock
        self._timeout_s = timeout_s
        self._shown = shown
        self._news = {name: asyncio.Event() for name in desk.waiting}
        self._log = log.bind(match=target.match, target=target.target_id)

    def nudge(self) -> None:
        """Something may wait."""
        for event in self._news.values():
            event.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with self._client, asyncio.TaskGroup() as lanes:
            for name in self.desk.waiting:
                lanes.create_task(self._lane(name))

    def dropped(self) -> int:
        """How many commands were given up since it began."""
        return sum(w.dropped for w in self.desk.waiting.values())

    async def _lane(self, name: str) -> None:
        """One command at a time, so that none can overtake another. What fails is tried again with its number, unless
        there is a newer one by then."""
        waiting, backoff = self.desk.waiting[name], Backoff(RETRY_S, LONGEST_RETRY_S)
        tried: tuple[Command, int] | None = None
        while True:
            await self._news[name].wait()
            self._news[name].clear()
            while len(waiting):
                if not self.breaker.admit():
                    await asyncio.sleep(max(self.breaker.wait_s(), 0.02))
                    continue
                command = waiting.take(self._clock())
                if command is None:
                    self.breaker.given_up()
                    continue
                number = tried[1] if tried is not None and tried[0] is command else self._sequence.next()
                tried = command, number
                posted = await post(self._client, self.target.url, command.body(number), self._timeout_s)
                if posted.kind == "failed":
                    waiting.failed(command)
                    await self._failed(posted, backoff)
                else:
                    backoff.succeeded()
                    waiting.delivered(command)
                    await self._delivered(name, command)

    async def _failed(self, posted: Posted, backoff: Backoff) -> None:
        self.tally.failures += 1
        if posted.reason != self.last_error:
            self._log.warning("graphics.failed", reason=posted.reason)
        self.last_error = posted.reason
        if self.breaker.failed():
            self._log.warning("graphics.breaker_open", for_s=round(self.breaker.wait_s(), 1))
        asked_s = None if posted.retry_after_s is None else min(posted.retry_after_s, LONGEST_ASKED_S)
        wait_s = backoff.failed(asked_s)
        await asyncio.sleep(wait_s)

    async def _delivered(self, name: str, command: Command) -> None:
        self.tally.delivered += 1
        self.last_error = None
        if command.stale_since is None:
            self.tally.last_ms = max(0.0, (self._clock() - command.at) * 1000)
        if self.breaker.succeeded():
            self._log.info("graphics.breaker_closed")
            # It may have been started anew, and show nothing of what it was told before.
            for other, waiting in self.desk.waiting.items():
                if other != name:
                    waiting.again()
            self.nudge()
        if command.seq:
            self.desk.shown(command)
            await self._shown(self.target.target_id, command.seq)

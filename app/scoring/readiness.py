"""Making a signal ready in matches that are being scored, so that it can go on the air from one event to the next.

It is folded beside each match from the log, a slice at a time between the events of the day, until it stands where the
match stands; from then on it goes along with the match, silently, until the pointer to what is on air moves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import asyncpg
import structlog

from app.db.pool import UNREACHABLE, Pool
from app.log.read import LogRow, read, read_current
from app.scoring.catalogue import Air, Catalogue
from app.scoring.difference import Key
from app.scoring.session import Session
from app.sports.base import Event, LoadedSignal
from app.sports.fold import MatchFold, Point, position

log = structlog.get_logger()
# About a millisecond of folding; then whoever waits has its turn.
SLICE_EVENTS = 20
AGAIN_S = 1.0
# An edit came in between: from the beginning once more, so often.
TRIES = 5


class Readiness:
    """What one worker has made ready.

    sessions: of the matches that it scores. alone: nobody scores this match as long as it is entered.
    """

    def __init__(
        self, pool: Pool, sessions: Mapping[str, Session], alone: Callable[[str], AbstractAsyncContextManager[None]]
    ) -> None:
        self._pool = pool
        self._sessions = sessions
        self._alone = alone
        self.ready: set[str] = set()

    def holds_any(self) -> bool:
        """Is anything ready that is not on the air?"""
        return any(session.made_ready for session in self._sessions.values())

    async def make(self, catalogue: Catalogue) -> None:
        """Make what is about to go on air ready in every match; what no longer is, is put aside."""
        wanted_by_all: set[str] = set()
        for match_id, session in list(self._sessions.items()):
            wanted = catalogue.adopting(*of(session))
            # What went on the air is followed with the next event of the match.
            session.put_aside(set(session.made_ready) - set(wanted) - set(catalogue.on_air(*of(session))))
            for _ in range(TRIES):
                missing = {k: s for k, s in wanted.items() if k not in session.fold.runners}
                if not missing or self._sessions.get(match_id) is not session:
                    break
                try:
                    await self._one(match_id, session, missing)
                except UNREACHABLE:
                    raise
                except Exception as exc:
                    # The match goes on without: it is read anew when the signal goes on air.
                    log.warning("signal.not_ready", match=match_id, signals=sorted(missing), reason=str(exc))
                    break
        for version in catalogue.versions.values():
            if version.adopting:
                wanted_by_all.add(f"{version.sport}.{version.signal.key}")
        self.ready = wanted_by_all

    async def _one(self, match_id: str, session: Session, signals: dict[str, LoadedSignal]) -> bool:
        fold = MatchFold(session.sport, signals, {}, time.perf_counter)
        points: dict[str, dict[Key, Point]] = {key: {} for key in signals}
        since = session.version
        async for event in _slowly(await read_current(self._pool, session.match, until=since)):
            _take(points, fold.add(event))
        # What came meanwhile is mostly little; the rest is folded with the match standing still.
        upto = session.version
        rows = await read(self._pool, session.match, after=since, until=upto)
        if not await _follow(fold, points, rows):
            return False
        async with self._alone(match_id):
            if self._sessions.get(match_id) is not session:
                return False
            rows = await read(self._pool, session.match, after=upto, until=session.version)
            return await _follow(fold, points, rows) and session.make_ready(fold, points)


class AirWatch(Air):
    """The catalogue of a worker, which makes ready what is about to go on air.

    moved: the registry is said to have changed. told: called when more has been made ready. fall_back: puts good versions
    in the place of those that cannot be run; whether it moved anything.
    """

    def __init__(
        self,
        pool: Pool,
        readiness: Readiness,
        told: Callable[[], None],
        fall_back: Callable[[Catalogue], Awaitable[int]],
    ) -> None:
        super().__init__(pool)
        self.readiness = readiness
        self.moved = True
        self._fall_back = fall_back
        self._told = told
        self._task: asyncio.Task[None] | None = None

    async def look(self) -> Catalogue:
        """Read the registry anew."""
        self.moved = False
        catalogue = await super().look()
        if catalogue.problems() and await self._fall_back(catalogue):
            catalogue = await super().look()
        self.make_ready()
        return catalogue

    def make_ready(self) -> None:
        """Begin to make ready what has to be, if nobody is at it."""
        if not self.now.is_adopting() and not self.readiness.holds_any():
            self.readiness.ready = set()
        elif self._task is None or self._task.done():
            self._task = asyncio.create_task(self._until_ready())

    async def _until_ready(self) -> None:
        """Looked at again as long as something is about to go on air: matches come, and edits."""
        try:
            while True:
                await self.readiness.make(self.now)
                self._told()
                if not self.now.is_adopting():
                    return
                await asyncio.sleep(AGAIN_S)
                await super().look()
        except (*UNREACHABLE, asyncpg.PostgresError) as exc:
            log.warning("readiness.failed", error=str(exc) or type(exc).__name__)

    async def stop(self) -> None:
        """Make nothing ready any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def of(session: Session) -> tuple[str, str]:
    """Sport and id of its match."""
    return session.match.sport, session.match.match_id


def _take(points: dict[str, dict[Key, Point]], new: list[Point]) -> None:
    for point in new:
        points[point.signal_key][point.key] = point


async def _slowly(events: list[Event]) -> AsyncIterator[Event]:
    for count, event in enumerate(events, 1):
        yield event
        if count % SLICE_EVENTS == 0:
            await asyncio.sleep(0)


async def _follow(fold: MatchFold, points: dict[str, dict[Key, Point]], rows: list[LogRow]) -> bool:
    """Fold rows that came since. False where one of them is no news, but an edit."""
    if any(row.kind != "recorded" for row in rows):
        return False
    async for event in _slowly([row.event for row in rows]):
        if position(event) < fold.tail or event.type == "primary_stream":
            return False
        _take(points, fold.add(event))
    return True

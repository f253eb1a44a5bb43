"""Back-pressure: push feeds are refused, before anything is stored, while too much waits to be scored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.errors import TouchlineError
from app.scoring.leases import PIPELINE
from app.settings import Settings, variable

log = structlog.get_logger()
LOOK_S = 0.25
QUIET_S = 5.0
# A worker scores a good part of the bound in a second; only a backlog far above it (no worker at all) takes longer.
SOON_S = 1
LATER_S = 5


class TooMuchWaiting(TouchlineError):
    """The scorer is behind: nothing of the request was stored, and the sender is to come again."""

    status = 429
    title = "Too much is waiting to be scored"

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Pressure:
    """How much of what was pushed waits, looked at four times a second while something is pushed."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self.waiting = 0
        self.refusals = 0
        self._pool = pool
        self._limit = settings.backlog_limit
        self._pushed_at = 0.0
        self._pushed = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            if self.waiting == 0 and time.monotonic() - self._pushed_at > QUIET_S:
                self._pushed.clear()
                await self._pushed.wait()
            try:
                self.waiting = await self._pool.fetchval(query("pressure"), PIPELINE)
            except (*UNREACHABLE, asyncpg.PostgresError) as exc:
                # Appending fails then too, and says so.
                log.debug("pressure.unknown", error=str(exc) or type(exc).__name__)
            await asyncio.sleep(LOOK_S)

    def admit(self) -> None:
        """To be asked before anything is stored. Raises TooMuchWaiting."""
        self._pushed_at = time.monotonic()
        self._pushed.set()
        if self.waiting <= self._limit:
            return
        self.refusals += 1
        raise TooMuchWaiting(
            f"{self.waiting:,} events wait to be scored, the bound is {self._limit:,} ({variable('backlog_limit')}). "
            "Nothing of this request was stored: send it again after Retry-After.",
            SOON_S if self.waiting <= 2 * self._limit else LATER_S,
        )

    def metrics(self) -> Collector:
        """Refusals of this process, and the bound."""
        return _Pressure(self)


class _Pressure(Collector):
    def __init__(self, pressure: Pressure) -> None:
        self._pressure = pressure

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        yield CounterMetricFamily(
            "touchline_push_refusals",
            "push requests refused with 429 because too much waited",
            value=self._pressure.refusals,
        )
        yield GaugeMetricFamily(
            "touchline_backlog_limit_events",
            "unscored events of pushed matches above which pushes are refused",
            value=self._pressure._limit,
        )

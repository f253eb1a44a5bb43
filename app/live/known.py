"""What exists, remembered for a moment: a thousand clients that come at once ask the database once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from app.db.pool import Pool
from app.db.sql import query

# A replay can be purged: what was there is looked up again after so long.
MATCH_S = 2.0


class Known:
    """Only what was found is remembered; what was not may come to be at any moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._matches: dict[str, float] = {}
        self._signals: frozenset[str] = frozenset()
        self._asking = asyncio.Lock()

    async def missing(self, matches: Iterable[str]) -> str | None:
        """The first of these matches that does not exist."""
        asked = list(matches)
        if self._unsure(asked):
            async with self._asking:
                if unsure := self._unsure(asked):
                    found = [r["match_id"] for r in await self._pool.fetch(query("known_matches"), unsure)]
                    now = time.monotonic()
                    self._matches = {m: at for m, at in self._matches.items() if at > now - MATCH_S}
                    self._matches.update(dict.fromkeys(found, now))
                    # Judged by this very answer, however long ago a lock was waited for.
                    return next((m for m in unsure if m not in found), None)
        return None

    def _unsure(self, matches: list[str]) -> list[str]:
        since = time.monotonic() - MATCH_S
        return [m for m in matches if self._matches.get(m, float("-inf")) <= since]

    async def signals(self, asked: Iterable[str]) -> frozenset[str]:
        """Every signal of the catalogue; read anew when one of `asked` is not among those that are known."""
        if not self._signals.issuperset(asked):
            async with self._asking:
                if not self._signals.issuperset(asked):
                    self._signals = frozenset(r["signal"] for r in await self._pool.fetch(query("catalogue")))
        return self._signals

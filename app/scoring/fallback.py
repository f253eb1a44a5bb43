"""A version on the air that cannot be loaded: the last good one takes its place, and it is said.

What is wrong (a text or a model whose hash does not fit, a text that brings no signal any more) is wrong for readers too, so
the pointer moves for everybody, as in a rollback, and the audit has it. The broken version stays beside the air until
`touchline signals deploy` mends it from its file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from app.db.pool import Pool
from app.db.sql import query
from app.scoring.catalogue import Catalogue, Name, problem_of

log = structlog.get_logger()


class Fallback:
    """What one worker has fallen back from. told: versions that nothing could take the place of, each said once."""

    def __init__(self, pool: Pool, *, allow_research: bool) -> None:
        self._pool = pool
        self._allow_research = allow_research
        self._told: dict[Name, str] = {}

    async def from_broken(self, catalogue: Catalogue) -> int:
        """Put the last good version on the air of whatever lacks its own. Returns how many signals were moved."""
        moved = 0
        problems = catalogue.problems()
        for name, reason in problems.items():
            tried_on = [m for m, chosen in catalogue.canaries.items() if chosen.get(name[1]) == name[2]]
            if tried_on:
                live = next((n for n, v in catalogue.versions.items() if n[:2] == name[:2] and v.stage == "live"), None)
                good = None if live in problems else live
            elif await self._is_live(name):
                good = await self._last_good(name)
            else:
                continue
            if good is not None:
                moved += await self._move(name, good, tried_on or None, reason)
            elif self._told.get(name) != reason:
                self._told[name] = reason
                log.error("signal.no_fallback", signal=f"{name[1]}@{name[2]}", reason=reason)
        return moved

    async def _is_live(self, name: Name) -> bool:
        return (await self._pool.fetchrow(query("version_row"), *name))["stage"] == "live"

    async def _last_good(self, name: Name) -> Name | None:
        """The version that left the air last and runs as it was registered."""
        for row in await self._pool.fetch(query("left_the_air"), *name):
            allowed = self._allow_research or not row["research_only"]
            if allowed and await problem_of(self._pool, row) is None:
                return row["sport"], row["signal"], row["version"]
        return None

    async def _move(self, broken: Name, good: Name, matches: Sequence[str] | None, reason: str) -> bool:
        said = f"{broken[1]}@{broken[2]} cannot be run: {reason}"
        while True:
            try:
                moved = await self._pool.fetchval(query("fall_back"), *broken, good[2], matches, said)
            except asyncpg.DeadlockDetectedError:
                # Somebody who locked many cursors in another order; nothing was changed.
                await asyncio.sleep(0.1)
                continue
            if moved:
                log.error(
                    "signal.fell_back", signal=f"{broken[1]}@{broken[2]}", to=f"{good[1]}@{good[2]}", reason=reason
                )
            return moved

"""Up to which log version each match is known to be scored: a frame that was read is proof of a durable commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

KEPT_MATCHES = 10_000


class Scored:
    """What this process has read of scoring, for those who wait for it."""

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._waiting: dict[str, list[tuple[int, asyncio.Future[None]]]] = {}

    def note(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Frames were read, in order."""
        latest = self._latest
        for row in rows:
            match, version = row["match_id"], row["version"]
            latest[match] = version
            waiting = self._waiting.get(match)
            if waiting is not None:
                for wanted, done in waiting:
                    if wanted <= version and not done.done():
                        done.set_result(None)
        if len(latest) > KEPT_MATCHES:
            latest.clear()

    def forget(self, match: str) -> None:
        """It may have been purged and begun anew: what was read of it says nothing of its versions now."""
        self._latest.pop(match, None)

    def forget_all(self) -> None:
        """The database was restored: its versions may be given out anew."""
        self._latest.clear()

    async def reached(self, match: str, version: int, within_s: float) -> bool:
        """True once a frame of this log version, or of a later one, was read; False when none was in time."""
        if self._latest.get(match, 0) >= version:
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(match, [])
        waiting.append((version, done))
        try:
            async with asyncio.timeout(within_s):
                await done
        except TimeoutError:
            return False
        finally:
            waiting.remove((version, done))
            if not waiting:
                self._waiting.pop(match, None)
        return True

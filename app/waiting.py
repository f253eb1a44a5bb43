"""Waiting for an event, for so long and no longer."""

from __future__ import annotations

import asyncio


async def happened(event: asyncio.Event, within_s: float) -> bool:
    """True once the event is set, False when it was not within the time.

    Not asyncio.wait_for: in Python 3.11 it swallows a cancellation that arrives together with the event, and the
    task that was told to end goes on.
    """
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True

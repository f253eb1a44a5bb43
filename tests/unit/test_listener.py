"""A listener that loses its connection tries again soon, later each time while nobody answers, and soon again after."""

import asyncio

import pytest

from app.db import listener as listeners
from app.db.listener import Listener


async def test_what_it_waited_before_does_not_count_once_it_was_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener("postgresql://nowhere", [], lambda _: None)
    answers = [False, False, False, True, False]
    waited: list[float] = []

    async def listen() -> None:
        if not answers:
            raise asyncio.CancelledError
        if answers.pop(0):
            listener.connected.set()
        raise ConnectionError("gone")

    async def sleep(delay_s: float) -> None:
        waited.append(delay_s)

    monkeypatch.setattr(listener, "_listen", listen)
    monkeypatch.setattr(listeners.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await listener.run()
    assert waited == [0.1, 0.2, 0.4, 0.1, 0.2]

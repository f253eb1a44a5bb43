"""Who waits for a silent database is let go; who does not, and whose answer has begun, is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.api import pulse as module
from app.api.pulse import Pulse, within


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_S", 0.01)
    monkeypatch.setattr(module, "CONNECT_S", 0.05)
    monkeypatch.setattr(module, "WHILE_SILENT_S", 0.02)


@asynccontextmanager
async def listening(dsn: str) -> AsyncIterator[Pulse]:
    """A pulse on some server, that runs."""
    made = Pulse(dsn)
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))


@asynccontextmanager
async def silent() -> AsyncIterator[Pulse]:
    """A server that takes every connection and never says a word."""
    open_: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: open_.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, listening(f"postgresql://u@127.0.0.1:{port}/x?sslmode=disable") as made:
        yield made
        for writer in open_:
            writer.close()


class Call:
    """One request: what the application does with it, and what was sent."""

    def __init__(self, *steps: Any, path: str = "/v1/matches", kind: str = "http") -> None:
        self.sent: list[Any] = []
        self.ended = asyncio.Event()
        self._steps = steps
        self._scope = {"type": kind, "path": path}

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            for step in self._steps:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, Exception):
                    raise step
                else:
                    await send(step)
        finally:
            self.ended.set()

    async def through(self, pulse: Pulse) -> None:
        """Let it go through the guard."""

        async def send(message: Any) -> None:
            self.sent.append(message)

        await pulse.guard(self._app)(self._scope, None, send)  # type: ignore[arg-type]


async def until_silent(pulse: Pulse) -> None:
    while not pulse.silent:
        await asyncio.sleep(0.005)


async def test_who_waits_is_let_go_before_and_after_it_is_known() -> None:
    async with silent() as pulse:
        before = Call(asyncio.Event())
        with pytest.raises(TimeoutError):
            await before.through(pulse)
        assert pulse.silent
        after, socket = Call(asyncio.Event()), Call(asyncio.Event(), kind="websocket")
        for call in (after, socket):
            with pytest.raises(TimeoutError):
                await call.through(pulse)
        for call in (before, after, socket):
            await call.ended.wait()
            assert call.sent == []


async def test_an_answer_that_has_begun_goes_on() -> None:
    async with silent() as pulse:
        more = asyncio.Event()
        stream = Call("start", more, "end")
        running = asyncio.create_task(stream.through(pulse))
        await until_silent(pulse)
        begun_late = Call("start", more, "end")
        late = asyncio.create_task(begun_late.through(pulse))
        with pytest.raises(TimeoutError):
            await Call(asyncio.Event()).through(pulse)
        more.set()
        await asyncio.gather(running, late)
        assert stream.sent == begun_late.sent == ["start", "end"]


async def test_what_needs_no_database_is_left_alone() -> None:
    async with silent() as pulse:
        go_on = asyncio.Event()
        page = Call(go_on, "answer", path="/livez")
        running = asyncio.create_task(page.through(pulse))
        await until_silent(pulse)
        with pytest.raises(TimeoutError):
            await Call(asyncio.Event()).through(pulse)
        go_on.set()
        await running
        assert page.sent == ["answer"]


async def test_what_an_application_raises_is_raised(dsn: str) -> None:
    async with listening(dsn) as pulse:
        for wrong in (ValueError("no"), TimeoutError("of its own")):
            with pytest.raises(type(wrong), match=str(wrong)):
                await Call(wrong).through(pulse)


async def test_a_server_that_answers_or_is_gone_is_not_silent(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_STEPS", 200)
    async with listening(dsn) as pulse, listening("postgresql://u@127.0.0.1:1/x") as gone:
        for _ in range(250):
            await asyncio.sleep(module.STEP_S)
            assert not pulse.silent
            assert not gone.silent


async def test_who_is_cancelled_takes_the_application_along() -> None:
    pulse = Pulse("")
    call = Call(asyncio.Event())
    running = asyncio.create_task(call.through(pulse))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await call.ended.wait()


async def test_within_gives_up_on_what_does_not_even_end_when_cancelled() -> None:
    release = asyncio.Event()
    ended = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await release.wait()
            ended.set()

    with pytest.raises(TimeoutError):
        await within(stubborn(), 0.01)
    assert not ended.is_set()
    release.set()
    await ended.wait()

    async def answer() -> int:
        return 42

    assert await within(answer(), 60) == 42

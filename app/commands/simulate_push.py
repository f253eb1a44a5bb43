"""The sending half of a simulation: pushes that are sent until they are taken, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import msgspec

from app.errors import TouchlineError, UsageError
from app.feeds.faults import UNDECODABLE, Send
from app.feeds.poll import Backoff, retry_after_s
from app.log.problems import Problems

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
# Nothing was taken for so long: it is given up.
PATIENCE_S = 300.0
# An answer is lost on its way back, not the request: the server has had this long to take it.
UNREAD_S = 0.05
_TAKE_BREAK = (429, 503)


class TargetLost(TouchlineError):
    """The service that is pushed to cannot be reached, or has taken nothing for a long time."""

    status = 502
    title = "The target does not answer"


class TargetRefuses(UsageError):
    """The service answers that this cannot be pushed at all."""

    title = "The target refuses"
    exit_code = 1


class Pushed(msgspec.Struct):
    """Counts of one feed. appended, repeated and quarantined are what the answers say; a lost answer says nothing,
    and its messages are then counted as repeated. refused: messages that were refused alone (400); refused_right: of
    these the ones with nothing wrong with them, which should not be."""

    sent: int = 0
    appended: int = 0
    repeated: int = 0
    quarantined: int = 0
    refused: int = 0
    refused_right: int = 0
    answers_429: int = 0
    answers_503: int = 0
    retries: int = 0

    def add(self, other: Pushed) -> None:
        """Count another feed in."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class _Cut(Exception):
    """The connection breaks here."""


class Target:
    """One API. Requests are repeated until they are answered with something else than "later"."""

    def __init__(self, client: httpx.AsyncClient, base: str) -> None:
        self._client = client
        self._base = base.rstrip("/")

    async def ask(self, method: str, path: str, pushed: Pushed, body: bytes | None = None) -> httpx.Response:
        """Waits out 429, 503 and other faults of the server, and broken connections. Raises TargetLost."""
        loop = asyncio.get_running_loop()
        backoff = Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        began = loop.time()
        while True:
            try:
                answer = await self._client.request(method, self._base + path, content=body)
            except httpx.TransportError as exc:
                told, wait_s = str(exc) or type(exc).__name__, backoff.failed()
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
                pushed.answers_429 += answer.status_code == 429
                pushed.answers_503 += answer.status_code == 503
                told = f"it answers {answer.status_code}"
                wait_s = backoff.failed(retry_after_s(answer.headers.get("retry-after")))
            if loop.time() + wait_s - began > PATIENCE_S:
                raise TargetLost(f"{self._base} has taken nothing for {PATIENCE_S:g} s: {told}.")
            pushed.retries += 1
            await asyncio.sleep(wait_s)

    async def reach(self) -> None:
        """Raises TargetLost when nothing listens there now."""
        try:
            await self._client.get(f"{self._base}/livez")
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise TargetLost(
                f"Nothing answers at {self._base}: {str(exc) or type(exc).__name__}. "
                "Start it with `touchline up`, or say where it is with --target."
            ) from None

    async def break_off(self, path: str, body: bytes, share: float) -> None:
        """Begin a push and break the connection after this share of its body; after the whole of it (1), the push is
        taken and its answer is not read."""

        async def part() -> AsyncIterator[bytes]:
            yield body[: int(len(body) * share)]
            if share >= 1.0:
                await asyncio.sleep(UNREAD_S)
            raise _Cut

        try:
            await self._client.post(self._base + path, content=part(), headers={"Content-Length": str(len(body))})
        except (_Cut, httpx.TransportError):
            return


class Sender:
    """One connection's feed of one match. lines: several messages go in one body, one a line."""

    def __init__(self, target: Target, path: str, lines: bool) -> None:
        self.pushed = Pushed()
        self.problems = Problems()
        self._target = target
        self._path = path
        self._lines = lines

    async def send(self, sends: Sequence[Send]) -> None:
        """Returns once every message was taken or refused. Raises TargetLost, TargetRefuses."""
        if not self._lines and len(sends) > 1:
            for one in sends:
                await self.send([one])
            return
        body = b"\n".join(s.raw for s in sends)
        cut = next((s.cut for s in sends if s.cut is not None), None)
        if cut is not None:
            await self._target.break_off(self._path, body, cut)
            self.pushed.retries += 1
        answer = await self._target.ask("POST", self._path, self.pushed, body)
        if answer.status_code == 200:
            self._count(answer.json())
        elif answer.status_code in (400, 413) and len(sends) > 1:
            # One body that nobody can read must take no message along.
            for one in sends:
                await self.send([msgspec.structs.replace(one, cut=None)])
        elif answer.status_code == 400:
            self.pushed.sent += 1
            self.pushed.refused += 1
            self.pushed.refused_right += sends[0].kind != "malformed" and not sends[0].id.startswith(UNDECODABLE)
            self.problems.about(sends[0].id, detail_of(answer))
        else:
            raise TargetRefuses(f"{self._path} answers {answer.status_code}: {detail_of(answer)}")

    def _count(self, done: dict[str, Any]) -> None:
        self.pushed.sent += done["received"]
        self.pushed.appended += done["appended"]
        self.pushed.repeated += done["repeated"]
        self.pushed.quarantined += done["quarantined"]
        for problem in done["problems"]:
            self.problems.take(problem)


def detail_of(answer: httpx.Response) -> str:
    """What an answer says, in one sentence."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, LookupError, TypeError):
        return answer.text[:200] or answer.reason_phrase

"""Load over HTTP: single events at their times, or whole bodies as fast as they are accepted."""

from __future__ import annotations

import re
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.client import HTTPConnection
from typing import NamedTuple

from tests.bench.kit.workload import request

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_LAST = re.compile(rb'"last_version": ?(\d+)')
_STATUS = re.compile(rb"HTTP/1\.1 (\d+) ")
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.I)
ANSWER_S = 30.0
RETRIED = (429, 503)
PAUSE_S = 0.01


class Refused(SystemExit):
    """A push was answered with an error."""


class Shot(NamedTuple):
    """One single event: when it is due (seconds from the start), on which connection, for which match."""

    due_s: float
    lane: int
    match: str
    request: bytes


class Tick(NamedTuple):
    """What is to be done besides, and when, in seconds from the start; with a lane not before all that was due there by
    then is answered."""

    at_s: float
    call: Callable[[], None]
    lane: int | None = None


class Sent(NamedTuple):
    """One event that was taken: its log version, when it was due, sent and answered (monotonic, seconds), and how often
    it had been put off before with a Retry-After."""

    match: str
    version: int
    due: float
    sent: float
    answered: float
    put_off: int


class _Lane:
    """One kept-alive connection; the events of its matches go out one after the other."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting: deque[tuple[float, Shot]] = deque()
        self.flying: tuple[float, float, Shot] | None = None
        self.answer = b""
        self.put_off = 0
        self.paused_until = 0.0

    def is_done(self, due: float) -> bool:
        """Is all answered that was due before this moment (monotonic seconds)?"""
        oldest = self.flying or (self.waiting[0] if self.waiting else None)
        return oldest is None or oldest[0] >= due

    def send(self) -> None:
        """Send the next event, if none is on its way and the lane was not told to wait."""
        if self.flying is None and self.waiting and time.monotonic() >= self.paused_until:
            self.paused_until = 0.0
            due, shot = self.waiting.popleft()
            self.flying = (due, time.monotonic(), shot)
            self.socket.sendall(shot.request)

    def receive(self) -> Sent | None:
        """Take bytes in; the event once its answer is whole. Raises Refused."""
        got = self.socket.recv(65536)
        now = time.monotonic()
        self.answer += got
        if not got or self.flying is None:
            raise Refused(f"the API hung up on the sender: {self.answer[:200]!r}")
        if not is_whole(self.answer):
            return None
        due, sent, shot = self.flying
        answer, self.answer, self.flying = self.answer, b"", None
        if (wait_s := retry_after(answer)) is not None:
            self.waiting.appendleft((due, shot))
            self.put_off += 1
            self.paused_until = now + wait_s
            return None
        version = version_of(answer)
        if version is None:
            raise Refused(f"match {shot.match}: an event was not appended: {answer.decode(errors='replace')}")
        put_off, self.put_off = self.put_off, 0
        return Sent(shot.match, version, due, sent, now, put_off)


class Line:
    """Single events over one kept-alive connection, each answered before the next is sent.

    The API hangs up on a connection that is silent for seconds, so a line is for a run of events, not for a whole bench.
    """

    def __init__(self, port: int) -> None:
        self._lane = _Lane(port)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._lane.socket.close()

    def push(self, match: str, provider: str, message: bytes) -> Sent:
        """One event; returns once it was taken. Raises Refused."""
        made = shot(0.0, 0, match, provider, message)
        self._lane.waiting.append((time.monotonic(), made))
        while True:
            self._lane.send()
            if self._lane.flying is None:
                time.sleep(PAUSE_S)
            elif (sent := self._lane.receive()) is not None:
                return sent


def is_whole(answer: bytes) -> bool:
    """Are head and body of one HTTP answer there?"""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    found = _LENGTH.search(answer, 0, end)
    return found is not None and len(answer) >= end + 4 + int(found[1])


def retry_after(answer: bytes) -> float | None:
    """The seconds after which a push that was put off is to be sent again; None when it was not put off."""
    status = _STATUS.match(answer)
    if status is None or int(status[1]) not in RETRIED:
        return None
    told = _RETRY_AFTER.search(answer)
    return float(told[1]) if told else 1.0


def version_of(answer: bytes) -> int | None:
    """The log version of the one event of a push; None when the answer is an error or nothing was appended."""
    found = _LAST.search(answer) if answer.startswith(b"HTTP/1.1 200 ") else None
    return int(found[1]) if found else None


def paced(port: int, shots: Iterable[Shot], lanes: int, ticks: Sequence[Tick] = ()) -> list[Sent]:
    """Send each event at its time, in order within its lane; returns once all are answered. ticks: ascending. Raises
    Refused."""
    lines = [_Lane(port) for _ in range(lanes)]
    by_file = {line.socket.fileno(): line for line in lines}
    poll = select.epoll()
    for number in by_file:
        poll.register(number, select.EPOLLIN)
    done: list[Sent] = []
    upcoming, besides = iter(shots), deque(ticks)
    put_off: list[Tick] = []
    following = next(upcoming, None)
    flying = 0
    start = last = time.monotonic()
    try:
        while following is not None or flying:
            now = time.monotonic()
            while following is not None and start + following.due_s <= now:
                line = lines[following.lane]
                line.waiting.append((start + following.due_s, following))
                flying += 1
                line.send()
                following, last = next(upcoming, None), now
            while besides and start + besides[0].at_s <= now:
                tick = besides.popleft()
                if tick.lane is None or lines[tick.lane].is_done(start + tick.at_s):
                    tick.call()
                else:
                    put_off.append(tick)
            for tick in [t for t in put_off if t.lane is not None and lines[t.lane].is_done(start + t.at_s)]:
                put_off.remove(tick)
                tick.call()
            wait_s = 0.5 if following is None else max(0.0, start + following.due_s - time.monotonic())
            if paused := [line for line in lines if line.paused_until]:
                wait_s, last = min(wait_s, PAUSE_S), now
                for line in paused:
                    line.send()
            for number, _ in poll.poll(min(wait_s, 0.5)):
                line = by_file[number]
                if (sent := line.receive()) is not None:
                    done.append(sent)
                    flying -= 1
                    last = sent.answered
                    line.send()
            if flying and time.monotonic() - last > ANSWER_S:
                raise Refused(f"{flying} events were not answered within {ANSWER_S:g} s")
    finally:
        poll.close()
        for line in lines:
            line.socket.close()
    return done


class Body(NamedTuple):
    """One push of several events of one match, one a line."""

    match: str
    provider: str
    messages: Sequence[bytes]


class Flood:
    """Whole bodies over several connections, each as soon as the one before it is answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._failed: BaseException | None = None
        self._lock = threading.Lock()
        self.throttled = 0
        self.waited_s = 0.0
        self.first_sent = float("inf")

    def send(self, queues: Sequence[Iterator[Body]]) -> None:
        """Empty every queue, each over a connection of its own. Raises Refused."""
        threads = [threading.Thread(target=self._one, args=(queue,), daemon=True) for queue in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)
        if self._failed is not None:
            raise self._failed

    def _one(self, queue: Iterator[Body]) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            for body in queue:
                if self._failed is not None:
                    return
                self._push(connection, body)
        except (Refused, OSError) as exc:
            self._failed = exc if isinstance(exc, Refused) else Refused(f"the API hung up on the sender: {exc}")
        finally:
            connection.close()

    def _push(self, connection: HTTPConnection, body: Body) -> None:
        payload = b"\n".join(body.messages)
        while True:
            with self._lock:
                self.first_sent = min(self.first_sent, time.monotonic())
            connection.request("POST", f"/v1/feeds/{body.provider}/{body.match}", payload)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status == 200:
                return
            if answer.status not in RETRIED:
                raise Refused(
                    f"match {body.match}: a push was answered {answer.status}: {text.decode(errors='replace')}"
                )
            wait_s = float(answer.headers.get("Retry-After", "1"))
            with self._lock:
                self.throttled += 1
                self.waited_s += wait_s
            time.sleep(wait_s)


def shot(due_s: float, lane: int, match: str, provider: str, message: bytes) -> Shot:
    """One single event, encoded."""
    return Shot(due_s, lane, match, request(match, provider, message))

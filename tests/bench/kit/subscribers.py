"""Many clients of the live stream in a process of their own, lean enough to leave the machine to the service.

Nothing is parsed: the log version an event's frames carry and the ids of frames are found by search, and only in
whole frames. Bytes are stamped as soon as they are read, before any of them is looked at.
"""

from __future__ import annotations

import gc
import multiprocessing
import re
import select
import signal
import socket
import time
from array import array
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

VERSION = re.compile(rb'"as_of":\{"version":(\d+)')
QUIET_S = 1.0
READY_S = 60.0


class Heard(NamedTuple):
    """What one client has read: for each log version of its match when its last frame came (monotonic seconds, 0 when
    none came) and how many frames; how often it was told to begin anew or was cut off; and `since` which version it had
    its frames: that of its first state."""

    match: str
    times: array[float]
    counts: array[int]
    resyncs: int
    cut: bool
    since: int = 0


class Client:
    """One open stream of one match."""

    def __init__(self, port: int, match: str, size: int, last_id: str | None = None) -> None:
        self.match = match
        self.times = array("d", bytes(8 * size))
        self.counts = array("H", bytes(2 * size))
        self.resyncs = 0
        self.cut = False
        self.ready = False
        self.since = 0
        self._rest = b""
        self.socket = connect(port, match, last_id)

    def take(self, now: float, got: bytes) -> None:
        """Bytes that were read at a moment."""
        data = self._rest + got
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            self._rest = data
            return
        self._rest = data[end:]
        times, counts = self.times, self.counts
        for found in VERSION.finditer(data, 0, end):
            version = int(found[1])
            if version < len(times):
                times[version] = now
                counts[version] += 1
        if not self.ready and (state := data.find(b"event: snapshot", 0, end)) >= 0:
            self.ready = True
            first = VERSION.search(data, state, end)
            self.since = int(first[1]) if first else 0
        elif data.find(b"event: resync", 0, end) >= 0:
            self.resyncs += 1

    def heard(self) -> Heard:
        """What it has read so far."""
        return Heard(self.match, self.times, self.counts, self.resyncs, self.cut, self.since)


def connect(port: int, match: str, last_id: str | None = None) -> socket.socket:
    """A stream that was asked for and is not read yet."""
    opened = socket.create_connection(("127.0.0.1", port), timeout=READY_S)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    opened.sendall(f"GET /v1/stream?match={match} HTTP/1.1\r\nHost: bench\r\n{resume}\r\n".encode())
    opened.setblocking(False)
    return opened


def _serve(port: int, orders: Connection) -> None:
    """The process: opens and closes clients as it is told, reads, and reports when it is told to stop."""
    # Ctrl-C is for the bench, which then hangs up on us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()
    poll = select.epoll()
    poll.register(orders.fileno(), select.EPOLLIN)
    open_clients: dict[int, Client] = {}
    all_clients: list[Client] = []
    stopping = False
    last = time.monotonic()
    while not (stopping and time.monotonic() - last > QUIET_S):
        arrived: list[tuple[Client, float, bytes]] = []
        for number, _ in poll.poll(0.2):
            client = open_clients.get(number)
            if client is None:
                try:
                    # All that wait: a turn with thousands of clients is long.
                    while orders.poll():
                        order = orders.recv()
                        if order[0] == "open":
                            made = Client(port, order[1], order[2])
                            open_clients[made.socket.fileno()] = made
                            all_clients.append(made)
                            poll.register(made.socket.fileno(), select.EPOLLIN)
                        elif order[0] == "close":
                            for file in [n for n, c in open_clients.items() if c.match == order[1]]:
                                poll.unregister(file)
                                open_clients.pop(file).socket.close()
                        elif order[0] == "cpu":
                            orders.send(time.process_time())
                        elif order[0] == "ready":
                            orders.send(sum(client.ready for client in all_clients))
                        elif order[0] == "stop":
                            stopping, last = True, time.monotonic()
                except EOFError:
                    return
                continue
            got = _read(client.socket)
            now = time.monotonic()
            if got:
                arrived.append((client, now, got))
            elif got is not None:
                client.cut = True
                poll.unregister(number)
                open_clients.pop(number).socket.close()
        for client, now, got in arrived:
            last = now
            client.take(now, got)
    orders.send([c.heard() for c in all_clients])
    for client in open_clients.values():
        client.socket.close()


def _read(opened: socket.socket) -> bytes | None:
    """What has come; empty at the end of the stream, None when nothing has come after all."""
    try:
        return opened.recv(262144)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class Subscribers:
    """The other end: a process of clients that follow matches. Gone at the end of the block, whatever happens."""

    def __init__(self, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(port, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._opened = 0

    def __enter__(self) -> Subscribers:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def open(self, match: str, versions: int) -> None:
        """One more client, of a match that will not come to more than so many log versions."""
        self._opened += 1
        self._orders.send(("open", match, versions + 1))

    def close(self, match: str) -> None:
        """Hang up the clients of a match. What they heard is kept."""
        self._orders.send(("close", match))

    def wait_ready(self) -> None:
        """Until every client has its snapshot."""
        otherwise = "the subscribers did not get their snapshots"
        end = time.monotonic() + READY_S
        # It is asked for, and nothing is said unasked: what nobody reads would fill the pipe, and both would wait.
        while self._ask("ready", otherwise) < self._opened:
            if time.monotonic() > end:
                raise SystemExit(otherwise)
            time.sleep(0.05)

    def cpu_s(self) -> float:
        """CPU seconds of the process so far."""
        return float(self._ask("cpu", "the subscribers do not answer"))

    def stop(self) -> list[Heard]:
        """Read on until nothing has come for a second; what every client has heard."""
        return self._ask("stop", "the subscribers do not end")

    def _ask(self, order: str, otherwise: str) -> Any:
        self._orders.send((order,))
        if not self._orders.poll(READY_S):
            raise SystemExit(otherwise)
        try:
            return self._orders.recv()
        except EOFError:
            raise SystemExit(otherwise) from None

"""Clients that hang up and come back with their last ids, all at once, in a process of their own."""

from __future__ import annotations

import gc
import multiprocessing
import re
import select
import signal
import socket
import time
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from tests.bench.kit.subscribers import connect

FRAME = re.compile(rb"\nid: ([0-9a-f]+-(\d+))\nevent: (\w+)\n")
PATIENCE_S = 120.0


class Return(NamedTuple):
    """One client's return. caught_up_s: from the moment the first of all came back; None when it never had the last
    frame. sequence: the pub_seq of every frame it then read, in the order it read them."""

    match: str
    last_seq: int
    caught_up_s: float | None
    sequence: list[int]
    resyncs: int


class _Client:
    def __init__(self, match: str, leaves_after: int) -> None:
        self.match = match
        self.leaves_after = leaves_after
        self.last_id = ""
        self.parts: list[bytes] = []
        self.tail = b""
        self.caught_up: float | None = None


def frames(data: bytes) -> list[tuple[str, int, str]]:
    """Id, pub_seq and kind of every frame in what a client has read."""
    return [(found[1].decode(), int(found[2]), found[3].decode()) for found in FRAME.finditer(data)]


def _serve(port: int, orders: Connection, follow: list[tuple[str, int]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()
    clients = [_Client(match, leaves_after) for match, leaves_after in follow]
    try:
        _first_visit(port, orders, clients)
        heads: dict[str, bytes] = orders.recv()
        began = time.monotonic()
        _come_back(port, clients, heads)
    except EOFError:
        return
    returns = []
    for client in clients:
        found = frames(b"".join(client.parts))
        returns.append(
            Return(
                client.match,
                int(client.last_id.rpartition("-")[2]),
                None if client.caught_up is None else client.caught_up - began,
                [seq for _, seq, kind in found if kind not in ("snapshot", "resync")],
                sum(kind == "resync" for _, _, kind in found),
            )
        )
    orders.send((returns, time.process_time()))


def _first_visit(port: int, orders: Connection, clients: list[_Client]) -> None:
    """Each reads so many frames, keeps the id of the last of them, and hangs up."""
    poll = select.epoll()
    opened: dict[int, tuple[socket.socket, _Client]] = {}
    for client in clients:
        stream = connect(port, client.match)
        opened[stream.fileno()] = (stream, client)
        poll.register(stream.fileno(), select.EPOLLIN)
    told = False
    end = time.monotonic() + PATIENCE_S
    while opened:
        if time.monotonic() > end:
            raise SystemExit(f"{len(opened)} clients did not get the frames after which they leave")
        for number, _ in poll.poll(0.2):
            stream, client = opened[number]
            client.parts.append(stream.recv(262144))
            seen = frames(b"".join(client.parts))
            changes = [event_id for event_id, _, kind in seen if kind != "snapshot"]
            if len(changes) >= client.leaves_after:
                client.last_id = changes[client.leaves_after - 1]
                client.parts = []
                poll.unregister(number)
                stream.close()
                opened.pop(number)
            elif seen and not changes:
                client.last_id = seen[0][0]
        if not told and all(client.last_id for client in clients):
            orders.send("ready")
            told = True
    orders.send("left")


def _come_back(port: int, clients: list[_Client], heads: dict[str, bytes]) -> None:
    poll = select.epoll()
    opened: dict[int, tuple[socket.socket, _Client]] = {}
    for client in clients:
        stream = connect(port, client.match, client.last_id)
        opened[stream.fileno()] = (stream, client)
        poll.register(stream.fileno(), select.EPOLLIN)
    waiting = len(clients)
    end = time.monotonic() + PATIENCE_S
    while waiting and time.monotonic() < end:
        for number, _ in poll.poll(0.2):
            stream, client = opened[number]
            got = stream.recv(262144)
            now = time.monotonic()
            client.parts.append(got)
            if not got:
                poll.unregister(number)
                waiting -= client.caught_up is None
            elif client.caught_up is None:
                # Only the end of what came before is looked at again, for an id that was cut in two.
                if heads[client.match] in client.tail + got:
                    client.caught_up = now
                    waiting -= 1
                client.tail = got[-64:]
    for stream, _ in opened.values():
        stream.close()


class Returners:
    """The other end. follow: each client's match and after how many frames it leaves."""

    def __init__(self, port: int, follow: list[tuple[str, int]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(port, theirs, follow), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Returners:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def wait_ready(self) -> None:
        """Until every client has its snapshot."""
        self._answer()

    def wait_left(self) -> None:
        """Until every client has hung up."""
        self._answer()

    def come_back(self, heads: dict[str, bytes]) -> tuple[list[Return], float]:
        """All at once. heads: the line that holds the id of the last frame of each match. Gives what each found, and
        the CPU seconds of the process."""
        self._orders.send(heads)
        return self._answer()

    def _answer(self) -> Any:
        try:
            if self._orders.poll(2 * PATIENCE_S):
                return self._orders.recv()
        except EOFError:
            pass
        raise SystemExit("the clients that come back have failed")

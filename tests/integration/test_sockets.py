"""The WebSocket twin of the stream, by a client that people use: the frames of the stream, and manners of its own."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.api.socket_protocol import MOST_PIECES
from app.db.pool import Pool
from app.live.counters import counters
from tests.engine_kit import opened
from tests.integration.test_live_stream import finish, shot
from tests.integration.test_stream_slow import MOST_BYTES, SLOW_S, older_than, publish, running, until
from tests.running import TINY, Running
from tests.sse import Stream

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LINES = TINY.read_bytes().splitlines()
PATIENCE_S = 20.0


@contextmanager
def opened_socket(port: int, path: str) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{port}/v1/ws/matches/{path}", compression=None, max_size=2**24) as made:
        yield made


def next_of(client: ClientConnection, heartbeats: bool = False) -> dict[str, Any]:
    """The next message, heartbeats left out."""
    while True:
        message = json.loads(client.recv(timeout=PATIENCE_S))
        if heartbeats or message["type"] != "ping":
            return message


def until_end(client: ClientConnection) -> list[dict[str, Any]]:
    found = [next_of(client)]
    while found[-1]["type"] != "touchline.end":
        found.append(next_of(client))
    return found


def end_of(client: ClientConnection) -> tuple[int, str]:
    """How it is closed by the service."""
    try:
        while True:
            client.recv(timeout=PATIENCE_S)
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        return closed.rcvd.code, closed.rcvd.reason


@pytest.fixture(scope="module")
def match(service: Running) -> str:
    """A match that is scored, and goes on."""
    service.push("ws", b"\n".join(LINES[:10]))
    service.scored("ws")
    return "ws"


def test_the_same_frames_as_on_the_stream(service: Running, match: str) -> None:
    with opened_socket(service.port, match) as client, Stream(service.port, f"match={match}") as stream:
        first, twin = next_of(client), stream.frame()
        assert first["type"] == "touchline.snapshot"
        assert first["data"]["snapshot"]["signals"] == twin.data["snapshot"]["signals"]
        for line in LINES[10:]:
            service.push(match, line)
        finish(service, match)
        told = until_end(client)
        assert told == [f.cloud for f in stream.until_end(match)]
    # Any place goes on, on either of the two.
    for place in (0, len(told) // 2, len(told) - 2):
        with opened_socket(service.port, f"{match}?last_event_id={told[place]['id']}") as client:
            assert until_end(client) == told[place + 1 :]
    with opened_socket(service.port, f"{match}?signal=xg&last_event_id={told[0]['id']}") as client:
        assert until_end(client) == [
            m for m in told[1:] if m["data"].get("signal") == "xg" or m["type"] == "touchline.end"
        ]
    with opened_socket(service.port, f"{match}?event=shot&last_event_id={told[0]['id']}") as client:
        assert {m["data"]["event"]["type"] for m in until_end(client)[:-1]} == {"shot"}
    with opened_socket(service.port, f"{match}?last_event_id=00000000-1") as client:
        assert next_of(client)["data"]["reason"] == "other_epoch"
        assert next_of(client)["type"] == "touchline.snapshot"


def test_a_delay(service: Running, match: str) -> None:
    with (
        opened_socket(service.port, match) as now,
        opened_socket(service.port, f"{match}?delay_ms=1500") as later,
    ):
        next_of(now)
        next_of(later)
        service.push(match, shot("delayed", 5000))
        told = next_of(now)
        # What was published just before it connected comes first.
        found = next_of(later)
        while found["id"] != told["id"]:
            assert int(found["id"].split("-")[1]) < int(told["id"].split("-")[1])
            found = next_of(later)
        assert found == told


def test_heartbeats_and_manners(service: Running, match: str) -> None:
    with opened_socket(service.port, match) as client:
        assert next_of(client)["type"] == "touchline.snapshot"
        assert next_of(client, heartbeats=True) == {"type": "ping"}
        client.send('{"type":"pong"}')
        client.send('{"type":"ping","id":3}')
        answer = next_of(client)
        assert (answer["type"], answer["id"]) == ("pong", 3)
        for wrong, reason in (("what?", "not_json"), ("[]", "no_type"), ('{"type":"x"}', "unknown_type")):
            client.send(wrong)
            assert next_of(client)["reason"] == reason
        # It is still a good client.
        client.send('{"type":"request_snapshot"}')
        again = next_of(client)
        assert again["type"] == "touchline.snapshot"
        service.push(match, shot("after-snapshot", 5100))
        frame = next_of(client)
        assert frame["type"] == "touchline.event", frame
        assert frame["data"]["event"]["source_event_id"] == "after-snapshot"
        assert int(frame["id"].split("-")[1]) > int(again["id"].split("-")[1])


def test_a_snapshot_in_between_never_goes_back(service: Running) -> None:
    """Asked for all the time while events come: nothing that a snapshot says already comes after it, nothing is missing."""
    service.push("ws-asked", LINES[0])
    service.scored("ws-asked")
    with opened_socket(service.port, "ws-asked") as client:
        held = next_of(client)["data"]["snapshot"]["match"]["version"]
        for number, line in enumerate(LINES[1:]):
            service.push("ws-asked", line)
            if number % 4 == 0:
                client.send('{"type":"request_snapshot"}')
        finish(service, "ws-asked")
        last, versions, over = 0, [held], False
        snapshots = 0
        while not over or snapshots < 2:
            message = next_of(client)
            seq = int(message["id"].split("-")[1])
            if message["type"] == "touchline.snapshot":
                snapshots += 1
                assert seq >= last
                versions.append(message["data"]["snapshot"]["match"]["version"])
                over = over or message["data"]["snapshot"]["match"]["status"] == "finished"
            else:
                assert seq > last
                versions.append(message["data"]["as_of"]["version"])
                over = over or message["type"] == "touchline.end"
            last = seq
            if snapshots < 2 and over:
                client.send('{"type":"request_snapshot"}')
        assert versions == sorted(versions)


def test_an_unknown_match_is_a_policy_violation(service: Running) -> None:
    with opened_socket(service.port, "nowhere") as client:
        assert end_of(client) == (1008, "There is no match 'nowhere'. GET /v1/matches?origin=all lists every match.")
    with opened_socket(service.port, "n" * 300) as client:
        assert end_of(client)[0] == 1008


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("{}?nothing=1", "There is no parameter 'nothing'"),
        ("{}?signal=nothing", "'nothing' is no signal"),
        ("{}?event=nothing", "'nothing' is no type of event"),
        ("{}?delay_ms=-1", "delay_ms"),
        ("{}?delay_ms=soon", "delay_ms"),
        ("{}/more", "There is nothing at"),
    ],
)
def test_what_is_refused_before_it_is_open_is_a_problem(service: Running, match: str, path: str, detail: str) -> None:
    with pytest.raises(InvalidStatus) as refused, opened_socket(service.port, path.format(match)):
        pass
    answer = refused.value.response
    assert answer.status_code == (404 if path.endswith("more") else 400)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body is not None
    assert detail in json.loads(answer.body)["detail"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [(b"binary", 1003), ("x" * 5000, 1009), ([b"a"] * MOST_PIECES, 1008), ("flood", 1008), ("nonsense", 1008)],
)
def test_what_closes_a_socket(service: Running, match: str, sent: Any, code: int) -> None:
    before = service.http.get("/metrics").text
    with opened_socket(service.port, match) as client:
        next_of(client)
        try:
            if sent == "flood":
                for _ in range(500):
                    client.send('{"type":"ping"}')
            elif sent == "nonsense":
                for _ in range(20):
                    client.send("what?")
            else:
                # Of pieces the client sends one more, which ends the message, and is one too many.
                client.send(iter(sent) if isinstance(sent, list) else sent)
        except ConnectionClosed:
            pass
        assert end_of(client)[0] == code
    if code in (1003, 1008) and not isinstance(sent, list):
        assert _metric(service, "touchline_stream_sockets_refused_total") > _of(
            before, "touchline_stream_sockets_refused_total"
        )


def test_sockets_are_counted(service: Running, match: str) -> None:
    with opened_socket(service.port, match) as client:
        next_of(client)
        assert _metric(service, "touchline_stream_sockets") == 1
        frames, size = (
            _metric(service, "touchline_stream_frames_total"),
            _metric(service, "touchline_stream_bytes_total"),
        )
        service.push(match, shot("counted", 5200))
        next_of(client)
        assert _metric(service, "touchline_stream_frames_total") > frames
        assert _metric(service, "touchline_stream_bytes_total") > size
        assert _metric(service, "touchline_stream_clients") >= 1


def _metric(service: Running, name: str) -> float:
    return _of(service.http.get("/metrics").text, name)


def _of(text: str, name: str) -> float:
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))


class Raw:
    """A client without manners: bytes over a socket."""

    def __init__(self, port: int, path: str, receive_buffer: int = 4096) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(
            f"GET /v1/ws/matches/{path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")

    def head(self) -> Raw:
        assert b" 101 " in self.file.readline()
        while self.file.readline().strip():
            pass
        return self

    def frame(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        first, size = self.file.read(2)
        if size == 126:
            (size,) = struct.unpack("!H", self.file.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.file.read(8))
        return first & 15, self.file.read(size)

    def message(self) -> dict[str, Any]:
        while True:
            opcode, payload = self.frame()
            if opcode == 1 and (message := json.loads(payload))["type"] != "ping":
                return message

    @staticmethod
    def frame_of(opcode: int, payload: bytes, fin: bool = True) -> bytes:
        mask = os.urandom(4)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        return bytes([(0x80 if fin else 0) | opcode, 0x80 | len(payload)]) + mask + masked

    def close(self) -> None:
        self.file.close()
        self.socket.close()


NO_WEBSOCKET = {
    "garbage": b"\xff\xfe garbage",
    "a text that is not UTF-8": Raw.frame_of(1, b"\xff\xff"),
    "a kind that there is not": Raw.frame_of(3, b""),
}


# By name: the mask of a frame is another in every process.
@pytest.mark.parametrize("sent", NO_WEBSOCKET.values(), ids=NO_WEBSOCKET)
def test_bytes_that_are_no_websocket_end_it_quietly(service: Running, match: str, sent: bytes) -> None:
    """At once with the handshake, and after it. Nothing of it is in the log."""
    told = service.log.read_text()
    for early in (True, False):
        raw = Raw(service.port, match)
        if early:
            raw.socket.sendall(sent)
            # What comes in one piece with the handshake uvicorn leaves out; anything else cuts it off.
            raw.socket.recv(65536)
        else:
            raw.head()
            raw.socket.sendall(sent)
            while raw.socket.recv(65536):
                pass
        raw.close()
    assert "Traceback" not in service.log.read_text()[len(told) :]
    with opened_socket(service.port, match) as client:
        assert next_of(client)["type"] == "touchline.snapshot"


async def stalled(api: Any, pool: Pool) -> tuple[Raw, int]:
    """A client that has seen the state and reads nothing more, once nothing more is taken for it."""
    raw = Raw(api.port, "m1")
    assert (await asyncio.to_thread(lambda: raw.head().message()))["type"] == "touchline.snapshot"
    still, held, last = 0, 0, 0
    while still < 5:
        before = held
        last = await publish(pool, 32)
        await until(lambda last=last: api.hub.head >= last)
        await asyncio.sleep(0.05)
        held = api.held_bytes()
        assert held <= MOST_BYTES
        still = still + 1 if held == before > 0 else 0
    return raw, last


async def test_a_slow_client_costs_little_delays_nobody_and_is_told(pool: Pool, dsn: str) -> None:
    await opened(pool)
    async with running(dsn) as api:
        raw, last = await stalled(api, pool)
        written = counters.bytes
        for _ in range(20):
            last = await publish(pool, 32)
            await until(lambda last=last: api.hub.head >= last)
            assert api.held_bytes() <= MOST_BYTES
        assert counters.bytes == written, "nothing more was taken for it"
        # Who reads gets what is new meanwhile.
        with await asyncio.to_thread(
            connect, f"ws://127.0.0.1:{api.port}/v1/ws/matches/m1", compression=None
        ) as reader:
            assert (await asyncio.to_thread(next_of, reader))["type"] == "touchline.snapshot"
            seq = await publish(pool, 1, size=1)
            assert (await asyncio.to_thread(next_of, reader))["id"] == f"{api.hub.epoch}-{seq}"
        await older_than(pool, last, SLOW_S + 0.5)

        def to_resync() -> list[dict[str, Any]]:
            found = [raw.message()]
            while found[-1]["type"] != "touchline.resync":
                found.append(raw.message())
            return [*found, raw.message()]

        *old, resync, state = await asyncio.to_thread(to_resync)
        assert resync["data"]["reason"] == "slow"
        assert resync["id"] == old[-1]["id"], "cut off now, it misses nothing"
        assert state["type"] == "touchline.snapshot"
        raw.close()


async def test_pings_that_are_never_read_do_not_pile_up(pool: Pool, dsn: str) -> None:
    await opened(pool)
    async with running(dsn) as api:
        raw, _ = await stalled(api, pool)
        raw.socket.setblocking(False)
        pings = Raw.frame_of(9, b"x" * 100) * 100

        def flood() -> bool:
            try:
                for _ in range(50):
                    raw.socket.send(pings)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return False

        async with asyncio.timeout(PATIENCE_S):
            while not flood():
                assert api.hub.clients == 0 or api.held_bytes() <= MOST_BYTES + 64 * 1024
                await asyncio.sleep(0.02)
        await until(lambda: api.hub.clients == 0)
        raw.close()


async def test_a_socket_ends_after_what_was_read(pool: Pool, dsn: str) -> None:
    await opened(pool)
    async with running(dsn) as api:
        client = await asyncio.to_thread(connect, f"ws://127.0.0.1:{api.port}/v1/ws/matches/m1", compression=None)
        await asyncio.to_thread(next_of, client)
        last = await publish(pool, 200, size=100)
        await until(lambda: api.hub.head >= last)
        api.stop()

        def rest() -> list[int]:
            found: list[int] = []
            try:
                while True:
                    found.append(int(next_of(client)["id"].split("-")[1]))
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                assert closed.rcvd.code == 1012
            return found

        assert (await asyncio.to_thread(rest))[-1] == last

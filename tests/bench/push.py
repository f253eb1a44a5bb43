"""POST sent → xg frame read: single shots over HTTP at a steady pace, a subscriber in another process."""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import signal
import socket
import time
from multiprocessing.connection import Connection

from tests.bench.kit import stages
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, spread
from tests.bench.kit.service import service

SHOTS = 1000
WARM_UP = 50
RATE_PER_S = 50.0
MATCH = "bench-push"


def shot(number: int) -> bytes:
    """One StatsBomb shot; places and outcomes vary, so that values do."""
    event = {
        "id": f"shot-{number:05d}",
        "index": number + 10,
        "period": 1,
        "timestamp": f"00:{number // 60 % 60:02d}:{number % 60:02d}.000",
        "minute": number // 60,
        "second": number % 60,
        "type": {"id": 16, "name": "Shot"},
        "team": {"id": 1 + number % 2, "name": f"Team {1 + number % 2}"},
        "player": {"id": 100 + number % 22, "name": f"Player {number % 22}"},
        "location": [90.0 + number % 29 + 0.1, 20.0 + number % 40 + 0.1],
        "shot": {
            "outcome": {"id": 100, "name": "Saved"},
            "type": {"id": 87, "name": "Open Play"},
            "body_part": {"id": 40, "name": "Right Foot"},
        },
    }
    return json.dumps(event).encode()


def subscribe(port: int, results: Connection) -> None:
    """Read xg frames until all shots are seen or nothing comes for ten seconds; report when each was read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    seen: dict[str, float] = {}
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(f"GET /v1/stream?match={MATCH}&signal=xg HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    buffer = b""
    try:
        while len(seen) < SHOTS + WARM_UP:
            chunk = connection.recv(65536)
            now = time.monotonic()
            if not chunk:
                break
            buffer += chunk
            while b"\n\n" in buffer:
                frame, buffer = buffer.split(b"\n\n", 1)
                if b"event: snapshot" in frame:
                    results.send("ready")
                if b"event: signal" in frame:
                    at = frame.index(b"data: ") + 6
                    data = json.loads(frame[at : frame.rindex(b"}") + 1])
                    seen[data["data"]["source_event_id"]] = now
    except TimeoutError:
        pass
    results.send(seen)


def measure(_given: argparse.Namespace) -> Figures:
    """Times in milliseconds."""
    with service() as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)

        def post(path: str, body: bytes) -> None:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise SystemExit(f"POST answered {answer.status}: {text.decode()}")

        post("/v1/matches", json.dumps({"id": MATCH, "home": "Team 1", "away": "Team 2"}).encode())
        context = multiprocessing.get_context("spawn")
        receiver, sender = context.Pipe(duplex=False)
        reader = context.Process(target=subscribe, args=(running.port, sender), daemon=True)
        reader.start()
        receiver.recv()
        sent: dict[str, float] = {}
        answered: list[float] = []
        due = time.monotonic()
        for number in range(SHOTS + WARM_UP):
            due += 1 / RATE_PER_S
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.monotonic()
            post(f"/v1/feeds/statsbomb/{MATCH}", shot(number))
            answered.append((time.monotonic() - began) * 1000)
            sent[f"shot-{number:05d}"] = began
        seen = receiver.recv()
        reader.join(10)
        counted = [f"shot-{n:05d}" for n in range(WARM_UP, SHOTS + WARM_UP)]
        latency = [(seen[name] - sent[name]) * 1000 for name in counted if name in seen]
        return {
            "bench": "push",
            **spread(latency),
            "missing": len(counted) - len(latency),
            "shots": SHOTS,
            "rate_per_s": RATE_PER_S,
            "post_answer": spread(answered[WARM_UP:]),
            "workload": "made-up shots of one match",
            "stages": stages.between({}, stages.parse(running.get("/metrics").decode())),
            "service_log": running.complaints(),
            **machine(running.dsn, running.data_folder),
        }


if __name__ == "__main__":
    main(measure, parser(__doc__))

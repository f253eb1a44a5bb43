"""A stand-in for the HTTP API, in memory: `python -m tests.browser.fake_api --port 8123`."""

from __future__ import annotations

import argparse
import json
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.graphics import MATCH_CENTRE_PAGE, OVERLAY_PAGES, STATIC_DIR
from app.sports.base import sports
from app.sports.loading import signals

from .fake_drives import played
from .fake_game import FakeGame
from .fake_match import FakeMatch
from .fake_season import season

TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# What the pages must get by with: no inline script or style, nothing from elsewhere.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
HEARTBEAT_S = 0.2
# What the service knows of each sport: signals, and types of events.
SIGNALS = {name: sorted(signals(sport)) for name, sport in sports().items()}
EVENTS = {name: sport.feed_types for name, sport in sports().items()}
CONTROL = {event for sport in sports().values() for event in sport.control_types}


@dataclass(frozen=True)
class Filter:
    """What a stream asked for. With only signals or only events named, the other kind is left out."""

    matches: list[str]
    signals: list[str]
    events: list[str]

    def passes(self, kind: str, data: dict[str, Any]) -> bool:
        """Whether a frame belongs to the stream."""
        if self.matches and data.get("match") not in self.matches:
            return False
        if not (self.signals or self.events):
            return True
        if kind == "event":
            return data["event"]["type"] in self.events
        return data["signal"] in self.signals if "signal" in data else True


class FakeApi:
    """The server and its matches. `down` and `up` stop and start it on the same port; `broken` answers 503.

    files: further files, by address: what somebody adds. signals: names by sport. As the service does it answers 400 to
    a signal or a type of event that it does not know.
    """

    def __init__(self, port: int = 0) -> None:
        self.matches: dict[str, FakeMatch] = {}
        self.broken = False
        self.files: dict[str, str] = {}
        self.signals = SIGNALS
        self.streams_opened = 0
        self._port = port
        self._clients: dict[queue.Queue[str | None], Filter] = {}
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._frame = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def add(self, *matches: FakeMatch) -> None:
        """Know these matches, without telling anyone."""
        self.matches.update({match.id: match for match in matches})

    def up(self) -> FakeApi:
        """Listen."""
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def down(self) -> None:
        """Cut every stream and stop listening."""
        self.cut()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def cut(self) -> None:
        """End every stream."""
        with self._lock:
            for client in self._clients:
                client.put(None)

    def publish(self, frames: list[tuple[str, dict[str, Any]]]) -> None:
        """Send frames to every stream that follows their match."""
        with self._lock:
            for kind, data in frames:
                text = self.encode(kind, data)
                for client, wanted in self._clients.items():
                    if wanted.passes(kind, data):
                        client.put(text)

    def encode(self, kind: str, data: dict[str, Any]) -> str:
        """One frame as it goes over the wire."""
        self._frame += 1
        envelope = {
            "specversion": "1.0",
            "id": f"1-{self._frame}",
            "source": "/v1",
            "type": f"touchline.{kind}",
            "data": data,
        }
        return f"id: 1-{self._frame}\nevent: {kind}\ndata: {json.dumps(envelope)}\n\n"

    def subscribe(self, wanted: Filter) -> queue.Queue[str | None]:
        """A new stream: snapshots first."""
        client: queue.Queue[str | None] = queue.Queue()
        with self._lock:
            self.streams_opened += 1
            for match in self.matches.values():
                # A stream of all matches begins with those that are on.
                if match.id in wanted.matches or (not wanted.matches and match.status != "finished"):
                    client.put(self.encode(*match.snapshot_frame()))
            self._clients[client] = wanted
        return client

    def unsubscribe(self, client: queue.Queue[str | None]) -> None:
        """A stream has ended."""
        with self._lock:
            self._clients.pop(client, None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that walks away in the middle of an answer is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    api: FakeApi

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == "/":
            self._file(MATCH_CENTRE_PAGE)
        elif url.path.startswith("/overlay/"):
            self._file(OVERLAY_PAGES.get(url.path.removeprefix("/overlay/")))
        elif url.path in self.api.files:
            suffix = "." + url.path.rpartition(".")[2]
            self._send(self.api.files[url.path].encode(), f"{TYPES[suffix]}; charset=utf-8", 200)
        elif url.path.startswith("/static/"):
            path = (STATIC_DIR / url.path.removeprefix("/static/")).resolve()
            self._file(path if path.is_relative_to(STATIC_DIR) else None)
        elif self.api.broken:
            self._json({"title": "Service unavailable", "status": 503}, 503)
        elif url.path == "/livez":
            self._json({"status": "ok"})
        elif url.path == "/v1/signals":
            items = [{"sport": sport, "signal": name} for sport, names in self.api.signals.items() for name in names]
            self._json({"items": items, "next": None})
        elif url.path == "/v1/stream":
            self._stream(Filter(query.get("match", []), query.get("signal", []), query.get("event", [])))
        elif url.path == "/v1/matches":
            self._json({"items": [m.summary() for m in self.api.matches.values()], "next": None})
        else:
            self._match(url.path, query)

    def _match(self, path: str, query: dict[str, list[str]]) -> None:
        parts = [unquote(part) for part in path.removeprefix("/v1/matches/").split("/")]
        match = self.api.matches.get(parts[0])
        if match is None or len(parts) != 2:
            self._json({"title": "Not found", "status": 404}, 404)
            return
        if parts[1] == "snapshot":
            self._json(match.snapshot())
            return
        known = self.api.signals[match.sport] if parts[1] == "signals" else EVENTS.get(match.sport, ())
        if any(name not in known for name in query.get("signal", query.get("type", []))):
            self._json({"title": "The request does not fit", "status": 400}, 400)
            return
        if parts[1] == "signals":
            items = match.signal_points(query["signal"][0])
        else:
            items = [e for e in match.events if e["type"] in query.get("type", [e["type"]])]
        # Small pages, so that paging is used.
        start = int(query.get("cursor", ["0"])[0])
        following = str(start + 100) if start + 100 < len(items) else None
        self._json({"items": items[start : start + 100], "next": following})

    def _stream(self, wanted: Filter) -> None:
        signals = {name for names in self.api.signals.values() for name in names}
        events = {event for types in EVENTS.values() for event in types} | CONTROL
        if not (set(wanted.signals) <= signals and set(wanted.events) <= events):
            self._json({"title": "The request does not fit", "status": 400}, 400)
            return
        if any(match not in self.api.matches for match in wanted.matches):
            self._json({"title": "Not found", "status": 404}, 404)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        client = self.api.subscribe(wanted)
        with suppress(OSError):
            while True:
                try:
                    text = client.get(timeout=HEARTBEAT_S)
                except queue.Empty:
                    text = ":\n\n"
                if text is None:
                    break
                self.wfile.write(text.encode())
                self.wfile.flush()
        self.api.unsubscribe(client)
        self.close_connection = True

    def _file(self, path: Any) -> None:
        if path is None or not path.is_file():
            self._json({"title": "Not found", "status": 404}, 404)
            return
        self._send(path.read_bytes(), f"{TYPES[path.suffix]}; charset=utf-8", 200)

    def _json(self, body: dict[str, Any], status: int = 200) -> None:
        self._send(json.dumps(body).encode(), "application/json", status)

    def _send(self, body: bytes, content_type: str, status: int) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve the hand-written match day and a football game until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--empty", action="store_true", help="begin without a match")
    args = parser.parse_args()
    api = FakeApi(args.port)
    if not args.empty:
        api.add(*season(), played(FakeGame("game-1", "Harbor State Gulls", "Hillside Rams")))
    api.up()
    print(api.url, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()

"""The real service for tests: `python -m app up` as a process of its own, spoken to over HTTP, stopped by its id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests import forked

ROOT = Path(__file__).parent.parent
TINY = ROOT / "tests" / "fixtures" / "tiny_match.jsonl"
PATIENCE_S = 60.0


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**settings: object) -> dict[str, str]:
    """Ours without any setting, then with these: `database_url`, `home`, `port`, …"""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TOUCHLINE_") and k != "DATABASE_URL"}
    named = {"DATABASE_URL" if k == "database_url" else f"TOUCHLINE_{k.upper()}": str(v) for k, v in settings.items()}
    return {**clean, **named}


def touchline(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    own = environment(**settings)
    if "PYTHONPATH" not in own:
        return forked.run(arguments, ROOT, own, timeout_s=120)
    # Other code than ours: it has to be imported anew.
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def until(what: Callable[[], Any], patience_s: float = PATIENCE_S, every_s: float = 0.05) -> Any:
    """The first true answer. What does not come while one is patient is a failure, not a measurement."""
    end = time.monotonic() + patience_s
    while True:
        found = what()
        if found or time.monotonic() > end:
            assert found, "it did not come"
            return found
        time.sleep(every_s)


class Running:
    """A service that runs. `http` is a client of it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path, dsn: str | None) -> None:
        self.process = process
        self.port = port
        self.log = log
        self.dsn = dsn
        self.base = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.base, timeout=60)

    def is_ready(self) -> bool:
        """Does /readyz say so?"""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait_ready(self) -> None:
        """Until it can score and serve."""
        until(self.is_ready)

    def child(self, name: str) -> psutil.Process:
        """A process of the service by its command: `work`, `serve`."""
        return until(lambda: next((p for p in self.family() if _runs(p, name)), None))

    def family(self) -> list[psutil.Process]:
        """Every process it has started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def push(self, match: str, body: bytes, provider: str = "touchline") -> dict[str, Any]:
        """Push events."""
        answer = self.http.post(f"/v1/feeds/{provider}/{match}", content=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def scored(self, match: str) -> dict[str, Any]:
        """The match, once it is scored up to the head of its log."""

        def at_head() -> dict[str, Any] | None:
            found = self.http.get(f"/v1/matches/{match}").json()
            return found if found["version"] == found["log_version"] else None

        return until(at_head)

    def walk(self, path: str, limit: int = 1000, **query: Any) -> list[dict[str, Any]]:
        """A whole list, page by page."""
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = self.http.get(path, params={**query, "limit": limit, **({"cursor": cursor} if cursor else {})})
            assert page.status_code == 200, page.text
            assert page.json().keys() == {"items", "next"}
            items += page.json()["items"]
            cursor = page.json()["next"]
            if cursor is None:
                return items

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and wait for its end."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


def _runs(process: psutil.Process, command: str) -> bool:
    try:
        return command in process.cmdline()
    except psutil.Error:
        return False


@contextmanager
def service(
    *, wrapper: Sequence[str] = (), ready: bool = True, code: Path = ROOT, **settings: object
) -> Iterator[Running]:
    """`up --no-demo` of the code in a folder, with these settings on a free port. Whatever is left of it at the end is
    killed."""
    port = int(str(settings.setdefault("port", free_port())))
    with tempfile.TemporaryDirectory(prefix="touchline-service-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*wrapper, sys.executable, "-m", "app", "up", "--no-demo"],
                cwd=code,
                env=environment(**settings),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        url = settings.get("database_url")
        running = Running(process, port, log, None if url is None else str(url))
        try:
            if ready:
                running.wait_ready()
            yield running
        finally:
            family = running.family() if process.poll() is None else []
            try:
                running.stop()
            finally:
                for left in family:
                    if left.is_running():
                        left.kill()

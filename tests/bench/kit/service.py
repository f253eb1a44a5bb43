"""A service of the bench's own: a folder, a cluster and ports that nobody else uses, durability as in production."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from app.db import embedded
from app.db.migrate import migrate
from app.settings import Settings
from tests.bench.kit import processes
from tests.bench.kit.report import say

ROOT = Path(__file__).resolve().parents[3]
READY_S = 120.0
STOP_S = 20.0
LOG_TOLD = 3000


class NotStarted(SystemExit):
    """The service, or a part of it, did not come up."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**settings: object) -> dict[str, str]:
    """Ours without any setting of Touchline, then with these: `database_url`, `home`, `port`, …"""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TOUCHLINE_") and k != "DATABASE_URL"}
    named = {"DATABASE_URL" if k == "database_url" else f"TOUCHLINE_{k.upper()}": str(v) for k, v in settings.items()}
    return {**clean, **named}


def touchline(*arguments: str) -> list[str]:
    """The command line of one command."""
    return [sys.executable, "-m", "app", *arguments]


class Front:
    """What a bench asks of a running service: its API, and what it has written to standard error (`log`)."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self.log = log

    def workers(self) -> int:
        """How many workers /readyz counts."""
        return int(json.loads(self.get("/readyz")).get("workers", 0))

    def get(self, path: str) -> bytes:
        """The body of one GET."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def complaints(self) -> dict[str, int]:
        """Lines of the log by what they tell; a healthy run has none."""
        counted: Counter[str] = Counter()
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and told.get("level") not in ("info", "debug"):
                counted[" ".join(str(told.get("event")).split())[:100]] += 1
        return dict(counted)


class Service(Front):
    """The whole service, ready."""

    def __init__(self, home: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        super().__init__(port, home / "service.log")
        self._process = process
        self._more: list[subprocess.Popen[bytes]] = []
        status = embedded.status(Settings(home=str(home)))
        if status.dsn is None or status.pid is None or status.data_folder is None:
            raise NotStarted("the database of the bench does not run")
        self.dsn = status.dsn
        self.data_folder = status.data_folder
        self._postmaster = status.pid

    def add_worker(self) -> None:
        """One more `touchline work` beside the service's own, ready when this returns."""
        before = self.workers()
        with self.log.open("ab") as out:
            self._more.append(
                subprocess.Popen(
                    touchline("work"),
                    cwd=ROOT,
                    env=environment(database_url=self.dsn, log_level="warning"),
                    stdout=subprocess.DEVNULL,
                    stderr=out,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        end = time.monotonic() + READY_S
        while self.workers() <= before:
            if time.monotonic() > end or self._more[-1].poll() is not None:
                raise NotStarted(f"a further worker did not start: {tail(self.log)}")
            time.sleep(0.05)

    def kinds(self) -> dict[str, list[int]]:
        """The ids of all its processes: `api`, `worker` (all of them), `background`, `postgres`, `supervisor`."""
        tree = processes.children()
        kinds = ("api", "worker", "background", "postgres")
        found: dict[str, list[int]] = {**{kind: [] for kind in kinds}, "supervisor": [self._process.pid]}
        names = {"serve": "api", "work": "worker", "background": "background"}
        for child in tree.get(self._process.pid, []):
            kind = next((k for word, k in names.items() if word in processes.command(child)), "supervisor")
            found[kind] += processes.family(child, tree)
        for more in self._more:
            found["worker"] += processes.family(more.pid, tree)
        found["postgres"] = processes.family(self._postmaster, tree)
        return found

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of each kind of process since it began."""
        return {kind: processes.cpu_s(pids) for kind, pids in self.kinds().items()}

    def stop(self) -> None:
        """End everything that was started."""
        stop([*self._more, self._process])


def stop(processes_: list[subprocess.Popen[bytes]]) -> None:
    """End these in good order, and at once those that take too long."""
    for process in processes_:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    end = time.monotonic() + STOP_S
    for process in processes_:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A new folder; the cluster in it is stopped and everything removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="touchline-bench-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        try:
            embedded.remove(Settings(home=str(home)))
        finally:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def service(workers: int = 1, **settings: object) -> Iterator[Service]:
    """The whole service with so many workers, ready. Everything is gone afterwards, however the block ends."""
    with _own_folder() as home:
        port = free_port()
        given = {"log_level": "warning", **settings, "home": home, "port": port}
        with (home / "service.log").open("wb") as out:
            process = subprocess.Popen(
                touchline("up"),
                cwd=ROOT,
                env=environment(**given),
                stdout=subprocess.DEVNULL,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        running = None
        try:
            wait_ready(port, process)
            running = Service(home, port, process)
            for _ in range(workers - 1):
                running.add_worker()
            yield running
        except (Exception, SystemExit):
            say(f"the end of the service's log:\n{tail(home / 'service.log')}")
            raise
        finally:
            if running is not None:
                running.stop()
            else:
                stop([process])


class Database(NamedTuple):
    """A migrated database without a service."""

    settings: Settings
    dsn: str
    data_folder: Path
    postmaster: int


@contextmanager
def database() -> Iterator[Database]:
    """A migrated database alone. Everything is gone afterwards."""
    with _own_folder() as home:
        settings = Settings(home=str(home))
        dsn = embedded.start(settings, say=lambda _: None)
        migrate(dsn)
        status = embedded.status(settings)
        if status.data_folder is None or status.pid is None:
            raise NotStarted("the database of the bench does not run")
        yield Database(settings, dsn, status.data_folder, status.pid)


def tail(log: Path) -> str:
    """The end of a log, for whoever has to see why something failed."""
    return log.read_text(errors="replace")[-LOG_TOLD:].strip() or "(nothing)"


def wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the API answers that matches can be scored and served. Raises NotStarted when its process ends instead."""
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError, HTTPException):
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        connection.close()
        time.sleep(0.1)
    raise NotStarted(f"the service was not ready within {READY_S:g} s")

"""A service of the bench's own: a folder, a cluster and ports that nobody else uses, durability as in production."""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.db import embedded
from app.settings import Settings


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def service() -> Iterator[int]:
    """The whole service, ready; gives its port. Everything is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="touchline-bench-"))
    home.chmod(0o755)
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TOUCHLINE_") and k != "DATABASE_URL"}
    environment |= {"TOUCHLINE_HOME": str(home), "TOUCHLINE_PORT": str(port), "TOUCHLINE_LOG_LEVEL": "warning"}
    process = subprocess.Popen([sys.executable, "-m", "app", "up"], env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_ready(port, process)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        embedded.remove(Settings(home=str(home)))
        shutil.rmtree(home, ignore_errors=True)


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("the service did not start")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service was not ready within a minute")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    server = embedded.find_server()
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "python": platform.python_version(),
        "postgresql": server.version,
        "edition": "community" if server.is_community else "apache",
        "durability": "fsync on, synchronous_commit on",
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def percentile(values: list[float], share: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]

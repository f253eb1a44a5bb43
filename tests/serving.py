"""API processes of their own for tests, beside a service that runs: `python -m app serve` on its database."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.running import ROOT, Running, environment, free_port


@contextmanager
def api(dsn: str, **settings: object) -> Iterator[Running]:
    """`serve` with these settings on a free port, ready. Ended with TERM."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="touchline-api-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                cwd=ROOT,
                env=environment(database_url=dsn, port=port, **settings),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        running = Running(process, port, log, dsn)
        try:
            running.wait_ready()
            yield running
        finally:
            try:
                running.stop()
            finally:
                if process.poll() is None:
                    process.kill()

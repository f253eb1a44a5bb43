"""Starting the `eventsourcing` library in a virtual environment of its own, on the server of the bench."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench.kit.report import say

VERSION = "9.5.0"
SCRIPT = Path(__file__).with_name("rival_eventsourcing.py")
INSTALL_S = 300


class CannotInstall(Exception):
    """The library could not be had; the message says why."""


def install(folder: Path) -> Path:
    """A virtual environment with the library; gives its Python. Raises CannotInstall."""
    # The same psycopg as ours, with its parts in C: the faster one.
    packages = [f"eventsourcing=={VERSION}", f"psycopg[binary,pool]=={version('psycopg')}"]
    return environment_of(folder, f"eventsourcing {VERSION}", packages)


def environment_of(folder: Path, what: str, packages: Sequence[str], limit_s: float = INSTALL_S) -> Path:
    """A virtual environment with these packages; gives its Python. Raises CannotInstall."""
    say(f"installing {what} in an environment of its own")
    python = folder / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q", *packages],
    ):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise CannotInstall(f"{' '.join(command[1:4])}: {exc}") from None
        if done.returncode:
            lines = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
            raise CannotInstall(f"{' '.join(command[1:4])}: {lines[-1]}")
    return python


class Rival:
    """The running library. Gone at the end of the block."""

    def __init__(self, python: Path, dsn: str, states: Path, functions: bool) -> None:
        self._asked = 0
        parts = urlsplit(dsn)
        where = parse_qs(parts.query)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("POSTGRES_", "PYTHON"))},
            "POSTGRES_DBNAME": parts.path.lstrip("/"),
            "POSTGRES_HOST": where["host"][0],
            "POSTGRES_PORT": where["port"][0],
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": "",
            "POSTGRES_ENABLE_DB_FUNCTIONS": "y" if functions else "n",
        }
        self._process = subprocess.Popen(
            [str(python), str(SCRIPT), str(states)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Rival:
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, order: str) -> float:
        """Seconds that `single COUNT` or `batch COUNT SIZE` took."""
        if self._process.stdin is None:
            raise SystemExit("the eventsourcing library cannot be spoken to")
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        seconds, stored = self._line().split()
        what, count, *size = order.split()
        self._asked += int(count) * (int(size[0]) if what == "batch" else 1)
        if int(stored) != self._asked:
            raise SystemExit(f"the eventsourcing library was given {self._asked} events and holds {stored}")
        return float(seconds)

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            error = self._process.stderr.read() if self._process.stderr else ""
            raise SystemExit(f"the eventsourcing library failed: {error.strip()[-1000:]}")
        return line.strip()

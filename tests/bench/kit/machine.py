"""What the figures were measured on: hardware, versions, edition, and how durable a commit is."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from app import __version__
from app.db.embedded_config import memory_bytes

LIBRARIES = ("asyncpg", "uvicorn", "litestar", "msgspec", "uvloop")
DURABILITY = (
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "wal_sync_method",
    "wal_compression",
    "shared_buffers",
    "max_wal_size",
)


def machine(dsn: str, data_folder: Path) -> dict[str, Any]:
    """Hardware, versions, edition and durability, the last three as the server itself says."""
    with psycopg.connect(dsn, autocommit=True) as connection:

        def shown(setting: str) -> str | None:
            row = connection.execute("SELECT current_setting(%s, true)", [setting]).fetchone()
            return row[0] if row else None

        durability = {name: shown(name) for name in DURABILITY}
        extension = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
        server = (shown("server_version") or "").partition(" ")[0]
        edition = {"timescale": "community"}.get(shown("timescaledb.license") or "", "apache")
    versions = {"touchline": __version__, "python": platform.python_version(), "postgresql": server}
    versions["timescaledb"] = extension[0] if extension else "none"
    versions |= {name: version(name) for name in LIBRARIES}
    return {
        "hardware": hardware(data_folder),
        "versions": versions,
        "edition": edition,
        "durability": durability,
    }


def hardware(data_folder: Path) -> dict[str, Any]:
    """What it is, and how quick."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory_bytes() / 1e9, 1),
        "filesystem": filesystem(data_folder, Path("/proc/mounts").read_text()),
        "kernel": platform.release(),
        **calibration(data_folder),
    }


def calibration(folder: Path) -> dict[str, float]:
    """How quick the machine itself is, to compare figures of two: one turn of an empty Python loop, a byte to another
    process and back (an event crosses processes some seven times), one flush of 8 KiB where the cluster lies. Medians."""
    return {"loop_ns": _median(_loop_ns), "wake_us": _median(_wake_us), "flush_ms": _median(lambda: _flush_ms(folder))}


def _median(measure: Callable[[], float]) -> float:
    return round(median(measure() for _ in range(5)), 2)


def _loop_ns(turns: int = 500_000) -> float:
    began = time.perf_counter()
    for _ in range(turns):
        pass
    return (time.perf_counter() - began) / turns * 1e9


def _wake_us(times: int = 500) -> float:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        echo = subprocess.Popen(
            [sys.executable, "-c", _ECHO, str(theirs.fileno()), str(times + 1)], pass_fds=[theirs.fileno()]
        )
        began = 0.0
        for count in range(times + 1):
            if count == 1:  # by now it runs
                began = time.perf_counter()
            ours.send(b".")
            ours.recv(1)
        took_s = time.perf_counter() - began
        echo.wait(10)
    return took_s / times * 1e6


_ECHO = "import os, sys\nfor _ in range(int(sys.argv[2])): os.write(int(sys.argv[1]), os.read(int(sys.argv[1]), 1))"


def _flush_ms(folder: Path, times: int = 20) -> float:
    with tempfile.TemporaryFile(dir=_writable(folder)) as file:
        began = time.perf_counter()
        for _ in range(times):
            file.write(b"." * 8192)
            file.flush()
            os.fdatasync(file.fileno())
        return (time.perf_counter() - began) / times * 1e3


def _writable(folder: Path) -> Path:
    """The folder, or the nearest one above it that is ours to write in (the cluster's own belongs to its server)."""
    return next((f for f in (folder, *folder.parents) if os.access(f, os.W_OK)), Path(tempfile.gettempdir()))


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def filesystem(folder: Path, mounts: str) -> str:
    """The type of the file system a folder lies on; on tmpfs no commit is durable whatever the server says."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        _, place, found, *_ = line.split(" ")
        if (place == "/" or f"{folder}/".startswith(f"{place.rstrip('/')}/")) and len(place) >= len(best):
            best, kind = place, found
    return kind

"""What the figures were measured on: hardware, versions, edition, and how durable a commit is."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
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
        "hardware": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gb": round(memory_bytes() / 1e9, 1),
            "filesystem": filesystem(data_folder, Path("/proc/mounts").read_text()),
            "kernel": platform.release(),
        },
        "versions": versions,
        "edition": edition,
        "durability": durability,
    }


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

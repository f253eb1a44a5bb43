"""Quality reports that are kept, so that two measurements can be compared."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app import __version__
from app.db.pool import Pool
from app.db.sql import ROOT, query


class Row(msgspec.Struct, frozen=True):
    """Figures of one group of forecasts. model: who made them. files: SHA-256 of what was read, by path."""

    signal: str
    signal_version: int
    model: str
    data_set: str
    files: dict[str, str]
    n: int
    metrics: dict[str, Any]
    code_version: str
    measured_at: datetime


def rows(report: Mapping[str, Any], measured_at: datetime, code: str) -> Iterator[Row]:
    """The rows of a report of `analytics.quality.run`; what it only repeats of a card is none."""
    for signal, entry in report.items():
        for data_set, figures in _measured(entry):
            yield Row(
                signal=signal,
                signal_version=entry["signal_version"],
                model=figures.get("by", entry["model"]),
                data_set=data_set,
                files=entry["files"],
                n=figures["n"],
                metrics={k: v for k, v in figures.items() if k not in ("n", "by")},
                code_version=code,
                measured_at=measured_at,
            )


def _measured(entry: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "files" not in entry:
        return
    parts = {k: v for k, v in entry.items() if isinstance(v, dict) and "log_loss" in v and "n" in v}
    if "log_loss" in entry:
        own = {k: v for k, v in entry.items() if k not in (*parts, "files", "signal_version", "model", "data_set")}
        yield entry["data_set"], own
    yield from parts.items()


async def store(pool: Pool, report: Mapping[str, Any]) -> int:
    """Keep a report, whole or not at all. Returns how many rows it has."""
    found = list(rows(report, datetime.now(UTC), code_version()))
    async with pool.acquire() as connection, connection.transaction():
        for r in found:
            files, figures = (msgspec.json.encode(v).decode() for v in (r.files, r.metrics))
            of = (r.signal, r.signal_version, r.model, r.data_set)
            await connection.execute(query("store_quality"), r.measured_at, *of, files, r.n, figures, r.code_version)
    return len(found)


async def history(pool: Pool, signal: str | None, limit: int = 1000) -> list[Row]:
    """What was kept, newest first."""
    found = await pool.fetch(query("quality_history"), signal, limit)
    return [
        Row(**{**dict(r), "files": msgspec.json.decode(r["files"]), "metrics": msgspec.json.decode(r["metrics"])})
        for r in found
    ]


def code_version() -> str:
    """The version, and in a clone the commit ("-dirty" with changes of its own)."""
    if not (ROOT / ".git").exists():
        return __version__
    try:
        told = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{told.stdout.strip()}"

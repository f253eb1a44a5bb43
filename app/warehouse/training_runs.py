"""Trainings that are kept, so that two of them can be compared and a model be traced to its data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.errors import UsageError
from app.warehouse.quality import code_version

_JSON = ("settings", "parameters", "metrics")


class Run(msgspec.Struct, frozen=True):
    """One training. Fields are the columns of registry.training_run. registered: the version of the model that is
    registered with just these parameters, None where none is."""

    run_id: int
    trained_at: datetime
    model: str
    version: int
    kind: str
    model_sha256: str
    code_version: str
    data_sets: list[str]
    data_sha256: str
    data_files: int
    data_bytes: int
    licence: str
    research_only: bool
    split: str
    settings: dict[str, Any]
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    n_train: int
    n_test: int
    registered: int | None

    @property
    def label(self) -> str:
        """Such as "xg@2"."""
        return f"{self.model}@{self.version}"


class Registered(msgspec.Struct, frozen=True):
    """A version of a model in the registry. run_id: of the newest training that made its parameters, None where none is
    known. signals: versions of signals that are bound to it."""

    model: str
    version: int
    kind: str
    sha256: str
    licence: str | None
    research_only: bool
    registered_at: datetime
    run_id: int | None
    signals: list[str]


class UnknownRun(UsageError):
    """No training of that name or number was recorded."""

    status = 404
    title = "Unknown training"


async def store(
    connection: Pool | Connection, artifact: dict[str, Any], data_read: Any, settings: dict[str, Any]
) -> int:
    """Keep a training. artifact: the model's file. data_read: as `analytics.files_read.DataRead`. Returns the run's number."""
    card = artifact["card"]
    run_id: int | None = await connection.fetchval(
        query("store_training"),
        artifact["name"],
        artifact["version"],
        artifact["kind"],
        artifact["sha256"],
        code_version(),
        data_read.data_sets,
        data_read.sha256,
        data_read.files,
        data_read.bytes,
        card["licence"],
        bool(card["research_only"]),
        card["split"],
        *(msgspec.json.encode(v).decode() for v in (settings, artifact["parameters"], card["metrics"])),
        card["n_train"],
        card["n_test"],
    )
    assert run_id is not None
    return run_id


async def known_hashes(pool: Pool, model: str) -> dict[int, str]:
    """SHA-256 of the parameters of the versions of a model that are registered."""
    return {r["version"]: r["sha256"] for r in await pool.fetch(query("model_hashes"), model)}


async def runs(pool: Pool, model: str | None, limit: int = 1000) -> list[Run]:
    """What was kept, newest first."""
    return [_run(r) for r in await pool.fetch(query("training_runs"), model, limit)]


async def run_named(pool: Pool, name: str) -> Run:
    """A run by its number (`7`), or the newest of a version of a model (`xg@2`). Raises UnknownRun, UsageError."""
    model, at, version = name.partition("@")
    if not (name.isdigit() or (at and model and version.isdigit())):
        raise UsageError(f"'{name}' names no training: write its number, or a version of a model, such as xg@2.")
    asked = (None, int(name), None) if not at else (model, None, int(version))
    row = await pool.fetchrow(query("training_run"), *asked)
    if row is None:
        raise UnknownRun(f"No training '{name}' was recorded. `touchline models runs` shows those that were.")
    return _run(row)


async def registered(pool: Pool, model: str | None) -> list[Registered]:
    """Every version of a model, or of all, that is registered."""
    return [Registered(**dict(r)) for r in await pool.fetch(query("registered_models"), model)]


def _run(row: Any) -> Run:
    return Run(**{**dict(row), **{name: msgspec.json.decode(row[name]) for name in _JSON}})

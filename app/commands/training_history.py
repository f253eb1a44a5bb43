"""Trainings in the database: which versions are registered before one begins, and keeping it when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from app.commands.parked import on_database
from app.errors import TouchlineError
from app.settings import Settings

if TYPE_CHECKING:
    from analytics.train import Trained
    from app.db.pool import Pool


class Kept(msgspec.Struct, frozen=True):
    """Whether a training was recorded. run_id: its number there. said: the line for people."""

    run_id: int | None
    said: str


def in_use(settings: Settings, wanted: bool | None) -> bool:
    """Is there a database to ask? wanted: None for where one is in use."""
    from app.db import embedded

    if wanted is not None or settings.database_url is not None:
        return wanted is not False
    return embedded.status(settings).running


def known(settings: Settings, model: str, wanted: bool | None) -> dict[int, str]:
    """SHA-256 of the versions of a model that are registered; none where no database is in use, or it cannot be asked.

    Raises what goes wrong where it was wanted, before the training begins.
    """
    if not in_use(settings, wanted):
        return {}

    async def look(pool: Pool, _dsn: str) -> dict[int, str]:
        from app.warehouse.training_runs import known_hashes

        return await known_hashes(pool, model)

    try:
        return on_database("train", settings, look)
    except TouchlineError:
        if wanted:
            raise
        return {}


def keep(settings: Settings, trained: Trained, wanted: bool | None) -> Kept:
    """Record a training; a model for research only is registered with it, since no package brings it.

    Raises what goes wrong only where it was wanted: the model itself is written already.
    """
    if not in_use(settings, wanted):
        why = "as --no-store says." if wanted is False else "no database is in use. --store starts the embedded one."
        return Kept(None, f"The run was not recorded: {why}" if wanted is None else f"The run was not recorded, {why}")
    research_only = bool(trained.artifact["card"]["research_only"])

    async def stored(pool: Pool, _dsn: str) -> int:
        from app.scoring.bound import read_model, register_model
        from app.warehouse.training_runs import store

        async with pool.acquire() as connection, connection.transaction():
            run_id = await store(connection, trained.artifact, trained.data, trained.settings)
            if research_only:
                await register_model(connection, read_model(trained.path, trained.artifact["name"]))
        return run_id

    try:
        run_id = on_database("train", settings, stored)
    except TouchlineError as exc:
        if wanted:
            raise
        return Kept(None, f"The run was not recorded: {exc}")
    place = "the embedded database" if settings.database_url is None else "the database of DATABASE_URL"
    told = f"Recorded as run {run_id} in {place}. `touchline models compare` compares two."
    if research_only:
        told += f" {trained.label} is registered there, for research only."
    return Kept(run_id, told)

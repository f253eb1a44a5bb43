"""Quality reports in the database: keeping one after it was measured, showing those that were kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.commands.parked import on_database
from app.errors import TouchlineError
from app.settings import Settings

if TYPE_CHECKING:
    from app.db.pool import Pool
    from app.warehouse.quality import Row

_SCORES = ("log_loss", "brier", "auc", "ece", "rps")


def keep(settings: Settings, report: Mapping[str, Any], wanted: bool | None) -> str:
    """Store a report; returns the line that says where, or why not. wanted: None for where a database is in use.

    Raises what goes wrong only where it was wanted: the report itself was told already.
    """
    from app.db import embedded

    if settings.database_url is not None:
        place = "the database of DATABASE_URL"
    else:
        place = "the embedded database"
        if wanted is None and not embedded.status(settings).running:
            return "Not stored: no database is in use. --store starts the embedded one."
    if wanted is False:
        return "Not stored, as --no-store says."

    async def stored(pool: Pool, _dsn: str) -> int:
        from app.warehouse.quality import store

        return await store(pool, report)

    try:
        count = on_database("quality", settings, stored)
    except TouchlineError as exc:
        if wanted:
            raise
        return f"Not stored: {exc}"
    return f"Stored in {place}: {count} rows. `touchline quality --history` compares."


def kept(settings: Settings, signal: str | None) -> list[Row]:
    """The rows that were kept, newest first."""

    async def look(pool: Pool, _dsn: str) -> list[Row]:
        from app.warehouse.quality import history

        return await history(pool, signal)

    return on_database("quality", settings, look)


def render(found: Sequence[Row]) -> str:
    """The rows for people. `data` is the same where the same files were read."""
    if not found:
        return "No quality report was kept. `touchline quality --data FOLDER --store` measures and keeps one."
    head = f"{'measured (UTC)':18}{'signal':18}{'model':20}{'data set':38}{'n':>7}"
    lines = [head + "".join(f"{s.replace('_', ' '):>10}" for s in _SCORES) + "  data      code"]
    for r in found:
        scores = "".join(_figure(r.metrics.get(s)) for s in _SCORES)
        data = hashlib.sha256("\n".join(f"{k} {v}" for k, v in sorted(r.files.items())).encode()).hexdigest()[:8]
        version = f"{r.signal}@{r.signal_version}"
        lines.append(
            f"{r.measured_at:%Y-%m-%d %H:%M}  {version:18}{r.model:20}{r.data_set:38}{r.n:>7}{scores}  {data}  {r.code_version}"
        )
    return "\n".join(lines)


def _figure(value: Any) -> str:
    return f"{'-':>10}" if value is None else f"{value:>10.4f}"

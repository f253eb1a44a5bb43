"""What the registry knows of signals, for people: versions, stages, how far they are filled, and the audit."""

from __future__ import annotations

from datetime import datetime

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.scoring.catalogue import read_catalogue
from app.scoring.lifecycle import Filling, filling, named

MOST_DEPLOYMENTS = 100


class Deployment(msgspec.Struct, frozen=True):
    """One line of the audit: who put which version where, when and why."""

    at: datetime
    principal: str
    action: str
    version: int
    from_version: int | None
    matches: list[str] | None
    reason: str | None


class SignalVersion(msgspec.Struct, frozen=True):
    """One version. filled: how far it is, where it is scored beside the air. problem: why it cannot be run as it was
    registered (its text, its model), None where it can or is not scored."""

    sport: str
    signal: str
    version: int
    title: str
    stage: str
    sha256: str | None
    model: str | None
    registered_at: datetime
    canary_matches: int
    filled: Filling | None
    problem: str | None
    deployments: list[Deployment]


async def versions(pool: Pool, text: str | None) -> list[SignalVersion]:
    """Every version of a signal, or of all. Raises UnknownSignal."""
    sport, signal = None, None
    if text is not None:
        sport, signal, _ = await named(pool, text)
    problems = (await read_catalogue(pool)).problems()
    found = []
    audit: dict[tuple[str, str], list[Deployment]] = {}
    for r in await pool.fetch(query("signal_versions"), sport, signal):
        of = (r["sport"], r["signal"])
        if of not in audit:
            rows = await pool.fetch(query("deployments"), *of, MOST_DEPLOYMENTS)
            audit[of] = [
                Deployment(
                    d["at"],
                    d["principal"],
                    d["action"],
                    d["version"],
                    d["from_version"],
                    d["match_ids"],
                    d["reason"],
                )
                for d in rows
            ]
        name = (r["sport"], r["signal"], r["version"])
        found.append(
            SignalVersion(
                sport=r["sport"],
                signal=r["signal"],
                version=r["version"],
                title=r["title"],
                stage=r["stage"],
                sha256=r["sha256"],
                model=None if r["model"] is None else f"{r['model']}@{r['model_version']}",
                registered_at=r["registered_at"],
                canary_matches=r["canary_matches"],
                filled=await filling(pool, name) if r["stage"] == "shadow" else None,
                problem=problems.get(name),
                deployments=[d for d in audit[of] if d.version == r["version"]],
            )
        )
    return found

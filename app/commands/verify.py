"""`touchline verify` and `rebuild` over one match or all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from app.commands.database import pool_of
from app.db.pool import Pool
from app.db.sql import query
from app.log.read import match_row
from app.models.registry import load_all
from app.scoring.rebuild import SHOWN_DIFFERENCES, rebuild, verify
from app.settings import Settings


async def _ids(pool: Pool, match: str | None) -> list[str]:
    if match is not None:
        return [(await match_row(pool, match)).match_id]
    return [r["match_id"] for r in await pool.fetch(query("match_ids"))]


async def verify_all(dsn: str, match: str | None, as_json: bool, say: Callable[[str], None]) -> bool:
    """Compare; True when nothing differs. The last line has one digest over all matches."""
    models = load_all()
    whole = hashlib.sha256()
    points = wrong = 0
    verdicts = []
    async with pool_of(dsn, "touchline-verify") as pool:
        ids = await _ids(pool, match)
        for match_id in ids:
            verdict = await verify(pool, match_id, models)
            verdicts.append(verdict)
            whole.update(f"{verdict.match}:{verdict.digest}\n".encode())
            points += verdict.points
            wrong += not verdict.clean
            if as_json:
                continue
            state = "no difference" if verdict.clean else f"{len(verdict.differences)} differences"
            say(
                f"{match_id}: {verdict.points} points at version {verdict.version}, {state}, digest {verdict.digest[:16]}"
            )
            for difference in verdict.differences[:SHOWN_DIFFERENCES]:
                say(f"  {difference}")
    if as_json:
        body = {"matches": verdicts, "points": points, "differing": wrong, "digest": whole.hexdigest()}
        say(msgspec.json.encode(body).decode())
    else:
        verdict = "no difference" if not wrong else f"{wrong} differ"
        say(f"{len(ids)} matches, {points} points: {verdict}; digest {whole.hexdigest()[:16]}")
    return not wrong


async def rebuild_all(
    dsn: str, settings: Settings, match: str | None, as_json: bool, say: Callable[[str], None]
) -> None:
    """Recompute and write what differs."""
    models = load_all()
    done: list[dict[str, Any]] = []
    async with pool_of(dsn, "touchline-rebuild") as pool:
        for match_id in await _ids(pool, match):
            changed = await rebuild(pool, match_id, models, settings.lease_s)
            done.append({"match": match_id, "changed_points": changed})
            if not as_json:
                say(f"{match_id}: {changed} points changed")
    if as_json:
        body = {"matches": done, "changed_points": sum(d["changed_points"] for d in done)}
        say(msgspec.json.encode(body).decode())

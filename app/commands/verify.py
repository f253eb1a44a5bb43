"""`touchline verify` and `rebuild` over one match or all. A match that cannot be computed holds up no other."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from app.commands.database import pool_of
from app.db.pool import UNREACHABLE, Pool
from app.db.sql import query
from app.errors import TouchlineError
from app.log.read import match_row
from app.scoring.rebuild import SHOWN_DIFFERENCES, Verdict, rebuild, verify
from app.scoring.refold import PoisonousEvent
from app.scoring.worker import PIPELINE
from app.settings import Settings
from app.warehouse.export_read import opened
from app.warehouse.packing import differing

Say = Callable[[str], None]


class Failed(msgspec.Struct, frozen=True):
    """A match that could not be computed. version: of the event that is the cause, where one is."""

    match: str
    reason: str
    version: int | None = None


class Checked(msgspec.Struct, frozen=True):
    """One match beside a clean run. waiting: versions of its log that are not scored, so that nothing is said of them.

    parked_reason: why its scoring has stopped, None where it goes on. left_out: how many stored values of which signal were
    not compared: it came on the air lately, and whoever scores the match next makes them whole.
    """

    match: str
    version: int
    points: int
    digest: str
    differences: list[str]
    waiting: int
    parked_reason: str | None
    left_out: dict[str, int]

    def line(self) -> str:
        """One match in one line."""
        state = "no difference" if not self.differences else f"{len(self.differences)} differences"
        told = f"{self.match}: {self.points} points at version {self.version}, {state}"
        if self.parked_reason is not None:
            told += f", parked with {versions(self.waiting)} not scored ({self.parked_reason})"
        elif self.waiting:
            told += f", {versions(self.waiting)} not scored yet"
        if self.left_out:
            told += f", {_named(self.left_out)} left out"
        return f"{told}, digest {self.digest[:16]}"


def versions(count: int) -> str:
    """`1 version`, `40 versions`."""
    return f"{count} version{'' if count == 1 else 's'}"


def matches(count: int) -> str:
    """`1 match`, `40 matches`."""
    return f"{count} match{'' if count == 1 else 'es'}"


def _named(left_out: Mapping[str, int]) -> str:
    """`12 values of xg@2 and 3 of xt@4`."""
    first, *others = sorted(left_out.items())
    told = f"{first[1]} value{'' if first[1] == 1 else 's'} of {first[0]}"
    return " and ".join([told, *(f"{count} of {key}" for key, count in others)])


def _all_left_out(checked: list[Checked]) -> dict[str, int]:
    """Over all matches."""
    counted = Counter[str]()
    for c in checked:
        counted.update(c.left_out)
    return dict(sorted(counted.items()))


async def _ids(pool: Pool, match: str | None) -> list[str]:
    if match is not None:
        return [(await match_row(pool, match)).match_id]
    return [r["match_id"] for r in await pool.fetch(query("match_ids"))]


async def verify_all(dsn: str, match: str | None, as_json: bool, say: Say) -> bool:
    """Compare; True when everything could be computed and nothing differs. The last line has one digest over all."""
    checked: list[Checked] = []
    failed: list[Failed] = []
    async with pool_of(dsn, "touchline-verify") as pool:
        for match_id in await _ids(pool, match):
            # Before the comparison: what comes meanwhile is the next one's.
            cursor = await pool.fetchrow(query("cursor_row"), match_id, PIPELINE)
            try:
                verdict = await verify(pool, match_id)
            except Exception as exc:
                failed.append(_failed(match_id, exc))
                if not as_json:
                    say(f"{match_id}: cannot be computed: {failed[-1].reason}")
                continue
            async with opened(dsn) as connection:
                packed = [f"{name}: other rows are packed" for name in await differing(connection, match_id)]
            checked.append(_checked(verdict, cursor, packed))
            if as_json:
                continue
            say(checked[-1].line())
            for difference in checked[-1].differences[:SHOWN_DIFFERENCES]:
                say(f"  {difference}")
    whole = hashlib.sha256("".join(f"{c.match}:{c.digest}\n" for c in checked).encode()).hexdigest()
    wrong = sum(bool(c.differences) for c in checked)
    if as_json:
        body = {
            "matches": checked,
            "failed": failed,
            "points": sum(c.points for c in checked),
            "differing": wrong,
            "waiting": sum(c.waiting for c in checked),
            "parked": sum(c.parked_reason is not None for c in checked),
            "left_out": _all_left_out(checked),
            "digest": whole,
        }
        say(msgspec.json.encode(body).decode())
    else:
        say(_sum(checked, failed, wrong, whole))
    return not wrong and not failed


def _checked(verdict: Verdict, cursor: Any, packed: Sequence[str]) -> Checked:
    return Checked(
        match=verdict.match,
        version=verdict.version,
        points=verdict.points,
        digest=verdict.digest,
        differences=[*verdict.differences, *packed],
        waiting=0 if cursor is None else max(cursor["head"] - verdict.version, 0),
        parked_reason=None if cursor is None else cursor["parked_reason"],
        left_out=verdict.left_out,
    )


def _sum(checked: list[Checked], failed: list[Failed], wrong: int, digest: str) -> str:
    """The last line: over all matches."""
    told = [f"{wrong} differ" if wrong else "no difference"]
    late = [c for c in checked if c.waiting and c.parked_reason is None]
    if late:
        told.append(f"{versions(sum(c.waiting for c in late))} of {matches(len(late))} not scored yet")
    parked = [c for c in checked if c.parked_reason is not None]
    if parked:
        more = "" if len(parked) == 1 else f", and {len(parked) - 1} more"
        told.append(f"{matches(len(parked))} parked ({parked[0].match}: {parked[0].parked_reason}{more})")
    if left_out := _all_left_out(checked):
        told.append(f"{_named(left_out)} left out, as it came on the air lately: verify again in a moment")
    if failed:
        told.append(f"{matches(len(failed))} could not be computed")
    points = sum(c.points for c in checked)
    return f"{matches(len(checked) + len(failed))}, {points} points: {'; '.join(told)}; digest {digest[:16]}"


def _failed(match_id: str, exc: Exception) -> Failed:
    """Why a match could not be computed. Raises what no other match would fare better with: the database is away."""
    if isinstance(exc, (*UNREACHABLE, asyncpg.PostgresError)):
        raise exc
    if isinstance(exc, PoisonousEvent):
        return Failed(match_id, str(exc), exc.version)
    return Failed(match_id, str(exc) if isinstance(exc, TouchlineError) else f"{type(exc).__name__}: {exc}")


async def rebuild_all(dsn: str, settings: Settings, match: str | None, as_json: bool, say: Say) -> bool:
    """Recompute and write what differs; True when every match could be computed."""
    done: list[dict[str, Any]] = []
    failed: list[Failed] = []
    async with pool_of(dsn, "touchline-rebuild") as pool:
        for match_id in await _ids(pool, match):
            try:
                changed = await rebuild(pool, match_id, settings.lease_s)
            except Exception as exc:
                failed.append(_failed(match_id, exc))
                if not as_json:
                    say(f"{match_id}: left as it is, for it cannot be computed: {failed[-1].reason}")
                continue
            done.append({"match": match_id, "changed_points": changed})
            if not as_json:
                say(f"{match_id}: {changed} points changed")
    if as_json:
        body = {"matches": done, "failed": failed, "changed_points": sum(d["changed_points"] for d in done)}
        say(msgspec.json.encode(body).decode())
    elif failed:
        say(f"{matches(len(failed))} could not be computed.")
    return not failed

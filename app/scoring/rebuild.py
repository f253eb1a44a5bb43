"""Rebuild and verify: compute a match anew beside the stored values, compare, and write only what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import facts, kept_facts, query
from app.errors import UnknownMatch
from app.log.control import FINISHED
from app.log.read import MatchRow, match_row
from app.scoring.catalogue import read_catalogue, signals_of
from app.scoring.commit import Batch, OtherAir, commit, state_record
from app.scoring.difference import difference
from app.scoring.history import clean_run
from app.scoring.leases import FREED, PIPELINE, worker_id
from app.scoring.session import Session
from app.scoring.stored import columns, stored_points
from app.sports.fold import Point

_encode = msgspec.json.Encoder(order="deterministic").encode
SHOWN_DIFFERENCES = 20


class Verdict(msgspec.Struct):
    """How a match compares with a clean run. digest: SHA-256 over its current values and statuses. left_out: how many values
    are stored of signals (by key) that came on the air lately and are still owed: they were not compared."""

    match: str
    version: int
    points: int
    digest: str
    differences: list[str]
    left_out: dict[str, int] = {}

    @property
    def clean(self) -> bool:
        return not self.differences


def digest(points: list[Point]) -> str:
    """One number for all current values of a match, whatever order and revisions they came in."""
    hashed = hashlib.sha256()
    for p in sorted(points, key=lambda p: p.key):
        hashed.update(_encode((p.key, p.value, p.status, p.period, p.elapsed_s, p.team_id, p.source_event_id)))
    return hashed.hexdigest()


async def verify(pool: Pool, match_id: str) -> Verdict:
    """Compare stored points, picture and facts with a clean run up to the version the match is scored to.

    Everything stored is read in one snapshot, so that a live match can be verified while it goes on.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        match = await match_row(connection, match_id)
        cursor = await connection.fetchrow(query("cursor_row"), match_id, PIPELINE)
        version = 0 if cursor is None else cursor["version"]
        signals = await signals_of(connection, match.sport, match_id)
        # What has come on the air and is still owed is nobody's fault: whoever scores the match next sees to it.
        owed = [] if cursor is None else [key for key in cursor["owed"] if key in signals]
        counted = await connection.fetch(query("count_points"), match_id, *columns(owed)) if owed else []
        left_out = {r["key"]: r["points"] for r in counted}
        signals = {key: signal for key, signal in signals.items() if key not in owed}
        stored = await stored_points(connection, match, signals)
        points, fold = await clean_run(connection, match, signals, version)
        picture = await connection.fetchval(query("state_columns"), match_id)
        wrong = []
        for fact in facts(match.sport):
            rows = await connection.fetch(query("diff_fact"), fact.name, match_id)
            wrong.extend(f"{fact.name}, {r['side']}: {r['row_data']}" for r in rows)
        for name in kept_facts(match.sport):
            rows = await connection.fetch(query("diff_kept"), name, match_id)
            wrong.extend(f"fact_{name}, {r['side']}: {r['row_data']}" for r in rows)
    final = fold.summary().status in FINISHED
    clean = {p.key: p for p in points}
    found = [*_point_differences(stored, clean, final), *wrong]
    if version and msgspec.json.decode(picture or b"{}") != msgspec.to_builtins(state_record(fold.summary())):
        found.append(f"picture: stored {picture}, clean {_encode(state_record(fold.summary())).decode()}")
    return Verdict(match_id, version, len(stored), digest(list(stored.values())), found, left_out)


def _point_differences(stored: dict[Any, Point], clean: dict[Any, Point], final: bool) -> list[str]:
    change = difference(stored, clean, final)
    lines = [f"{_name(k)}: stored {stored[k].value}, clean {clean[k].value}" for k in sorted(change.changed)]
    lines += [f"{_name(k)}: stored {stored[k].value}, clean run has none" for k in sorted(change.vanished)]
    lines += [f"{_name(k)}: clean {clean[k].value}, nothing stored" for k in sorted(change.added)]
    wrong = [k for k in stored if k in clean and stored[k].status != clean[k].status and k not in change.changed]
    return lines + [f"{_name(k)}: status {stored[k].status}, clean {clean[k].status}" for k in sorted(wrong)]


def _name(key: tuple[str, int, str, str]) -> str:
    signal, version, subject, anchor = key
    return f"{signal}@{version} of {subject} at {anchor}"


async def rebuild(pool: Pool, match_id: str, lease_s: float) -> int:
    """Recompute a match and apply differences as corrections. Returns how many points changed.

    Takes the match under a lease of its own, from whoever scores it; that worker takes it back afterwards.
    Raises UnknownMatch; LeaseLost when somebody else rebuilds it at the same time.
    """
    owner = worker_id()
    await match_row(pool, match_id)
    try:
        while True:
            row = await pool.fetchrow(query("take_lease"), match_id, PIPELINE, owner, max(lease_s, 30.0))
            if row is None:
                raise UnknownMatch(match_id)
            try:
                return await _rebuilt(pool, match_id, row, lease_s)
            except OtherAir:
                # What is on the air has changed meanwhile: once more, with that.
                continue
    finally:
        await pool.execute(query("release"), PIPELINE, owner, FREED)


async def _rebuilt(pool: Pool, match_id: str, row: Mapping[str, Any], lease_s: float) -> int:
    match: MatchRow = await match_row(pool, match_id)
    catalogue = await read_catalogue(pool)
    session = Session(match, catalogue.on_air(match.sport, match_id), row["lease_epoch"], catalogue.generation)
    await session.restore(pool, row["version"], row["owed"])
    outcomes = [await session.settled(pool)] if session.owed else []
    for out in outcomes:
        await commit(pool, Batch(match_id, session.epoch, row["version"], out, session.generation), PIPELINE, lease_s)
    outcomes.append(await session.recompute(pool, row["recompute_versions"]))
    last = Batch(match_id, session.epoch, row["version"], outcomes[-1], session.generation)
    await commit(pool, last, PIPELINE, lease_s)
    return len({p.key for out in outcomes for p in (*out.points, *out.removed)})

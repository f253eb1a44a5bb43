"""Reading stored values back as points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.log.read import MatchRow
from app.scoring.difference import Key
from app.sports.base import Sport, sports
from app.sports.fold import Point


def columns(keys: Collection[str]) -> tuple[list[str], list[int]]:
    """Signals by key, as names and versions."""
    pairs = [key.split("@") for key in keys]
    return [name for name, _ in pairs], [int(version) for _, version in pairs]


async def stored_points(pool: Pool | Connection, match: MatchRow, keys: Collection[str]) -> dict[Key, Point]:
    """Every stored point of some signals (by key) of a match."""
    sport = sports()[match.sport]
    rows = await pool.fetch(query("stored_points"), match.match_id, *columns(keys))
    return {p.key: p for p in (point_of(sport, r) for r in rows)}


def point_of(sport: Sport, row: Mapping[str, Any]) -> Point:
    """A point from its row."""
    return Point(offset_s=sport.wall_offset_s(row["period"], row["elapsed_s"]), **row)

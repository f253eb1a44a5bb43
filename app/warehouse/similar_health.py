"""What `touchline doctor` says of the moments that can be compared: how far they are behind the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.db.doctor import Finding
from app.db.sql import query
from app.settings import Settings
from app.sports.similar import embeddings
from app.warehouse.looked import looked
from app.warehouse.similar_pipeline import pipeline_of

# A match that goes on is looked at every 20 s, and live matches come first.
_LONGEST_S = 180.0


def similar_moments(settings: Settings) -> Iterator[Finding]:
    """The findings; none where there is no database to be reached, or none with cursors: that is said elsewhere."""
    return looked(settings, "similar moments", "ops.cursor", findings)


def findings(connection: psycopg.Connection) -> Iterator[Finding]:
    """Of each sport that has an embedding and a table for it."""
    for sport, embedding in embeddings().items():
        with psycopg.RawCursor(connection, row_factory=dict_row) as cursor:
            asked = [pipeline_of(embedding), sport, embedding.table]
            found = cursor.execute(query("similar_lag"), asked).fetchone()  # pyright: ignore  (a file of ours)
        if found is not None and found["is_there"]:
            yield _lag(sport, found)
            if found["parked_matches"]:
                advice = f"ops.cursor says why, in parked_reason of pipeline {pipeline_of(embedding)}."
                yield Finding(
                    "similar moments", f"{sport}, parked", f"{found['parked_matches']} matches", False, advice
                )


def _lag(sport: str, found: dict[str, Any]) -> Finding:
    if not found["waiting_events"]:
        return Finding("similar moments", sport, "up to date with the log", True)
    value = f"{found['waiting_events']} events of {found['waiting_matches']} matches behind, the oldest for {found['lag_s']:.0f} s"
    if found["lag_s"] <= _LONGEST_S:
        return Finding("similar moments", sport, value, True)
    advice = (
        "A background process writes them (`touchline up`), live matches first; `touchline similar --refresh` at once."
    )
    return Finding("similar moments", sport, value, None, advice)

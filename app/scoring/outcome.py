"""What a batch of one match came to: what a commit has to write and to publish."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from app.scoring.frames import Frame
from app.sports.base import Summary
from app.sports.fold import Point


class Outcome(msgspec.Struct):
    """What one batch came to.

    removed, points: keys to take away and points to insert. facts: fact to the events that touched it, None for
    the whole match. entities: teams and players named for the first time. finality: the status that every value
    of the match takes now, when that changed. scored: the signals that it is of, by key. settled: what the match owed is
    among the points.
    """

    version: int
    summary: Summary
    points: list[Point] = []
    removed: list[Point] = []
    frames: list[Frame] = []
    facts: dict[str, list[str] | None] = {}
    entities: list[tuple[str, str, str | None]] = []
    dims_changed: bool = False
    finality: str | None = None
    scored: Collection[str] = ()
    settled: bool = False

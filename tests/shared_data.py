"""The real matches that lie beside the repository, where they do."""

from __future__ import annotations

import os
from pathlib import Path

STATSBOMB = Path(__file__).resolve().parents[2] / "shared" / "data" / "statsbomb"
DFL = STATSBOMB.parent / "dfl"
PART = 4


def statsbomb_matches(turn: int) -> dict[str, Path]:
    """Their event files by name: every fourth, beginning with this one; all of them with `TEST_EVERY_MATCH=1`."""
    found = sorted((STATSBOMB / "events").glob("*.json.gz"))
    if os.environ.get("TEST_EVERY_MATCH") != "1":
        found = found[turn % PART :: PART]
    return {path.name.removesuffix(".json.gz"): path for path in found}

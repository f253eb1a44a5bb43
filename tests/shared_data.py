"""The real matches that lie beside the repository, where they do."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
STATSBOMB = DATA / "statsbomb"
WYSCOUT = DATA / "wyscout"
DFL = DATA / "dfl"
CFB_ESPN = DATA / "cfb_espn"
NFL = DATA / "nfl"
PART = 20
WYSCOUT_PART = 12
GRIDIRON_PART = 8


def statsbomb_matches(turn: int) -> dict[str, Path]:
    """Their event files by name: every twentieth, beginning with this one; all of them with `TEST_EVERY_MATCH=1`."""
    return _part(STATSBOMB / "events", turn, PART)


def wyscout_matches(turn: int) -> dict[str, Path]:
    """The files of Wyscout matches by name: every twelfth, beginning with this one, or all of them."""
    return _part(WYSCOUT / "files", turn, WYSCOUT_PART)


def cfb_games(turn: int) -> dict[str, Path]:
    """The summaries of college games by name: every eighth, beginning with this one, or all of them."""
    return _part(CFB_ESPN / "summary", turn, GRIDIRON_PART)


def nfl_games(turn: int) -> dict[str, Path]:
    """The details of NFL games by name: every eighth, beginning with this one, or all of them."""
    return _part(NFL / "games", turn, GRIDIRON_PART)


def _part(folder: Path, turn: int, part: int) -> dict[str, Path]:
    found = sorted(folder.glob("*.json.gz"))
    if os.environ.get("TEST_EVERY_MATCH") != "1":
        found = found[turn % part :: part]
    return {path.name.removesuffix(".json.gz"): path for path in found}

"""What was thought of a match before it began: bookmakers' odds, made fair, and the goals that they stand for. Pure.

Odds are decimal, of home win, draw and away win after 90 minutes. They are made fair by Shin's method (`app.sports.odds`);
the expected goals of the two teams are those whose independent Poisson counts give the same three chances
(`win_chances.means_of`). Solved once, when the odds are told. Home is the home team of whoever states them, so that a
match_info which seats the teams of a feed the other way round does not turn them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sports.odds import shin
from app.sports.soccer.win_chances import means_of


class Prior(msgspec.Struct, frozen=True):
    """Fair chances before kick-off, which add up to 1, and the expected goals of both teams in 90 minutes."""

    home_win: float
    draw: float
    away_win: float
    home_goals: float
    away_goals: float


def prior_of(fields: Any) -> Prior | None:
    """The prior of a `pre_match` event; None where an outcome has no odds, or the odds imply less than 1 together."""
    odds = (fields.home_odds, fields.draw_odds, fields.away_odds)
    if None in odds:
        return None
    try:
        home_win, draw, away_win = shin(odds)
    except ValueError:
        return None
    return Prior(home_win, draw, away_win, *means_of(home_win, draw, away_win))

"""Ratings of NFL teams from the results of earlier games, in points: a stand-in for the spread that the data lacks.

The line of a game is what the home team was expected to win by before it: home advantage (none on neutral ground) plus the
difference of two ratings. After it, each rating moves by a share of what the margin was more than the line (Elo's update on
margins), and between seasons part of the way back to 0. Nothing of a game, or of a later one, is in its line.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analytics.data import table
from analytics.gridiron_data import NFL_FILES

# Chosen by the squared error of the lines of 2014 to 2020.
HOME_ADVANTAGE, MOVES, KEPT = 1.5, 0.07, 0.65
# A rout says less than its margin: what is above this many points more than expected does not count.
MOST_SURPRISE = 24.0


def nfl_lines(data: Path) -> pl.DataFrame:
    """game_id, line: points by which the home team was expected to win, from the games before it."""
    games = table(data, NFL_FILES[0]).sort("kickoff_utc", "game_id").collect()
    ratings: dict[str, float] = {}
    season, lines = 0, []
    for row in games.select("season", "home", "away", "home_final", "away_final", "neutral_site").iter_rows():
        if row[0] != season:
            season, ratings = row[0], {team: rating * KEPT for team, rating in ratings.items()}
        _, home, away, scored, conceded, neutral = row
        line = (0.0 if neutral else HOME_ADVANTAGE) + ratings.get(home, 0.0) - ratings.get(away, 0.0)
        lines.append(line)
        surprise = min(max(scored - conceded - line, -MOST_SURPRISE), MOST_SURPRISE)
        ratings[home] = ratings.get(home, 0.0) + MOVES * surprise
        ratings[away] = ratings.get(away, 0.0) - MOVES * surprise
    return games.select("game_id").with_columns(line=pl.Series(lines, dtype=pl.Float64))

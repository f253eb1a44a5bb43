"""Bookmakers' odds before kick-off beside the Wyscout matches of the same leagues.

Odds are Pinnacle's closing ones (`PSC…`, the last before kick-off) from football-data.co.uk. The two sources share no ids, and
write clubs in their own ways, so a club is the name whose matches have its dates, sides and scores.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analytics.data import table

TABLE = "odds/soccer_odds.parquet"
_DIVISIONS = {"England": "E0", "Germany": "D1", "Spain": "SP1", "Italy": "I1"}
_SEASON = "2017-18"
_SAME = ("division", "date", "home_score", "away_score")


def closing_odds(data: Path, matches: pl.DataFrame) -> pl.DataFrame:
    """match_id, home_odds, draw_odds, away_odds of those `matches` (analytics.matches.Incidents.matches) that have them.

    Errors: UnreadableFile where the table is missing.
    """
    ours = matches.select(
        "match_id",
        pl.col("date").cast(pl.Date),
        "home_team_id",
        "away_team_id",
        "home_score",
        "away_score",
        division=pl.col("competition").replace_strict(_DIVISIONS, default=None, return_dtype=pl.String),
    ).drop_nulls("division")
    theirs = _quoted(data)
    name = _names(ours.join(theirs, on=_SAME))
    named = ours.with_columns(
        home=pl.col("home_team_id").replace_strict(name, default=None, return_dtype=pl.String),
        away=pl.col("away_team_id").replace_strict(name, default=None, return_dtype=pl.String),
    )
    found = named.join(theirs, on=("division", "home", "away"), suffix="_quoted", maintain_order="left")
    return found.filter(
        (pl.col("home_score") == pl.col("home_score_quoted")) & (pl.col("away_score") == pl.col("away_score_quoted"))
    ).select("match_id", "home_odds", "draw_odds", "away_odds")


def _quoted(data: Path) -> pl.DataFrame:
    """The season's matches that have closing odds. The table keeps odds in single precision: thousandths are meant."""
    odds = {f"{side}_odds": pl.col(column) for side, column in (("home", "PSCH"), ("draw", "PSCD"), ("away", "PSCA"))}
    return (
        table(data, TABLE)
        .filter((pl.col("season") == _SEASON) & pl.col("Div").is_in(list(_DIVISIONS.values())))
        .select(
            "date",
            division="Div",
            home="HomeTeam",
            away="AwayTeam",
            home_score=pl.col("FTHG").cast(pl.Int64),
            away_score=pl.col("FTAG").cast(pl.Int64),
            **{name: column.cast(pl.Float64).round(3) for name, column in odds.items()},
        )
        .drop_nulls()
        .collect()
    )


def _names(pairs: pl.DataFrame) -> dict[int, str]:
    """Of each club's number the name that it shares the most matches with; among equals the first by alphabet."""
    sides = [pairs.select("match_id", team=f"{side}_team_id", name=pl.col(side)) for side in ("home", "away")]
    counted = pl.concat(sides).group_by("team", "name").agg(pl.col("match_id").n_unique().alias("matches"))
    best = counted.sort("team", pl.col("matches") * -1, "name").group_by("team", maintain_order=True).first()
    return dict(best.select("team", "name").iter_rows())

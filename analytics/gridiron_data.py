"""American football's tables as situations with what became of them, read from the data folder (its README says how).

One row a play from scrimmage, in order. Columns, beside the fields of `app.sports.gridiron.situation.Situation`:
game_id, date (kick-off, UTC), season, held_out; play (kind: "run_or_pass", "punt", "field_goal", "other"), made (bool, of a field
goal), home_won (None for a tie), next_score (place in `expected_points.CLASSES`), scored (net points of the offense by
this play; a touchdown counts 7), and the next play from scrimmage of the same half: next_is_ours, next_down,
next_yards_to_goal, next_half_s, None where there is none or a kick-off comes before. `provider_…`: what the data's own
models say of the same plays (college).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from analytics.data import table

# Left out of every training: of college every third game in the order of kick-offs (the first weeks of the only season are
# full of mismatches, so that a date would part unlike games), of the NFL everything from here on: 3 of 12 seasons.
CFB_HELD_OUT_EVERY = 3
NFL_HELD_OUT_FROM = date(2021, 8, 1)
# College games from here on are measured by themselves, too: teams of one conference, nearer to each other.
CFB_LATE_FROM = date(2022, 10, 11)

CFB_FILES = ("cfb_espn/games.parquet", "cfb_espn/plays.parquet")
NFL_FILES = ("nfl/games.parquet", "nfl/plays.parquet")
_CFB_PUNTS = ("Punt", "Blocked Punt", "Punt Return Touchdown", "Blocked Punt Touchdown", "Punt Team Fumble Recovery")
_CFB_NO_SNAP = "Kickoff|Timeout|Two Point|2pt|End |Extra Point"


def cfb(data: Path) -> pl.DataFrame:
    """College plays of the games whose list of scores adds up."""
    games = (
        table(data, CFB_FILES[0])
        .filter("scoring_list_consistent")
        .sort("start_utc", "game_id")
        .with_columns(held_out=pl.int_range(1, pl.len() + 1) % CFB_HELD_OUT_EVERY == 0)
    )
    of_game = ("game_id", "season", "start_utc", "home_spread", "home_final", "away_final", "home_win", "held_out")
    plays = (
        table(data, CFB_FILES[1])
        .join(
            games.select(of_game),
            on="game_id",
        )
        .sort("game_id", "play_number")
    )
    kind = pl.col("play_type")
    rows = plays.select(
        pl.col("game_id").cast(pl.String),
        pl.col("start_utc").alias("date"),
        pl.col("season").cast(pl.Int64),
        "held_out",
        league=pl.lit("cfb"),
        offense_is_home="pos_is_home",
        down=pl.when(kind.str.contains(_CFB_NO_SNAP) | ~pl.col("down").is_between(1, 4)).then(None).otherwise("down"),
        distance_yd="distance",
        yards_to_goal="yards_to_endzone",
        half_s=pl.col("half_seconds_remaining").cast(pl.Float64),
        game_s=pl.col("game_seconds_remaining").cast(pl.Float64),
        period=pl.col("period").cast(pl.Int64),
        home_score="home_score_list",
        away_score="away_score_list",
        home_timeouts="home_timeouts",
        away_timeouts="away_timeouts",
        home_receives_second_half=pl.col("pos_receives_2h_kickoff") == pl.col("pos_is_home"),
        home_spread="home_spread",
        home_won="home_win",
        kick_off=kind.str.contains("Kickoff"),
        home_gain=pl.col("home_score_list").shift(-1).over("game_id").fill_null(pl.col("home_final"))
        - pl.col("home_score_list"),
        away_gain=pl.col("away_score_list").shift(-1).over("game_id").fill_null(pl.col("away_final"))
        - pl.col("away_score_list"),
        play=pl.when(kind.str.contains("^Punt|Blocked Punt"))
        .then(pl.lit("punt"))
        .when(kind.str.contains("Field Goal"))
        .then(pl.lit("field_goal"))
        .when(kind.str.contains("Penalty"))
        .then(pl.lit("other"))
        .otherwise(pl.lit("run_or_pass")),
        made=kind == "Field Goal Good",
        provider_ep=pl.col("ep_before").cast(pl.Float64),
        provider_home_wp=pl.col("model_home_wp_before").cast(pl.Float64),
        provider_tv_home_wp=pl.col("espn_home_wp_after").shift(1).over("game_id").cast(pl.Float64),
    ).collect()
    return _with_what_follows(rows)


def nfl(data: Path) -> pl.DataFrame:
    """NFL plays of the games whose scores add up. The table tells neither time-outs nor spreads."""
    games = table(data, NFL_FILES[0]).filter("scores_consistent")
    plays = (
        table(data, NFL_FILES[1])
        .join(games.select("game_id", "season", "start_time_utc", "kickoff_utc", "home_win"), on="game_id")
        .filter(pl.col("possession_is_home").is_not_null() & pl.col("game_seconds_remaining").is_not_null())
        .sort("game_id", "play_number")
    )
    kind, clock = pl.col("play_type"), pl.col("clock_seconds").cast(pl.Float64)
    first_kick = pl.col("possession_is_home").filter(kind == "KICK_OFF").first().over("game_id")
    rows = plays.select(
        "game_id",
        pl.col("kickoff_utc").str.to_datetime("%Y-%m-%dT%H:%M:%SZ").alias("date"),
        "season",
        held_out=pl.col("kickoff_utc").str.to_datetime("%Y-%m-%dT%H:%M:%SZ").dt.date() >= NFL_HELD_OUT_FROM,
        league=pl.lit("nfl"),
        # On a kick-off the table names the team that kicks.
        offense_is_home=pl.col("possession_is_home") ^ kind.is_in(["KICK_OFF", "FREE_KICK"]),
        down=pl.when(kind.is_in(["PASS", "RUSH", "SACK", "PUNT", "FIELD_GOAL", "PENALTY"]))
        .then("down")
        .otherwise(None),
        distance_yd="yards_to_go",
        yards_to_goal="yards_to_endzone",
        half_s=pl.when(pl.col("quarter").is_in([1, 3])).then(clock + 900.0).otherwise(clock),
        game_s=pl.when(pl.col("quarter") > 4).then(0.0).otherwise(pl.col("game_seconds_remaining").cast(pl.Float64)),
        period=pl.col("quarter").cast(pl.Int64),
        home_score="home_score_before",
        away_score="away_score_before",
        home_timeouts=pl.lit(None, pl.Int64),
        away_timeouts=pl.lit(None, pl.Int64),
        # Who kicks off first receives after half-time.
        home_receives_second_half=first_kick,
        home_spread=pl.lit(None, pl.Float64),
        home_won="home_win",
        kick_off=kind.is_in(["KICK_OFF", "FREE_KICK"]),
        home_gain=pl.when(kind.is_in(["XP_KICK", "PAT2"]))
        .then(0)
        .otherwise(pl.col("home_score_after") - pl.col("home_score_before")),
        away_gain=pl.when(kind.is_in(["XP_KICK", "PAT2"]))
        .then(0)
        .otherwise(pl.col("away_score_after") - pl.col("away_score_before")),
        play=pl.when(kind == "PUNT")
        .then(pl.lit("punt"))
        .when(kind == "FIELD_GOAL")
        .then(pl.lit("field_goal"))
        .when(kind == "PENALTY")
        .then(pl.lit("other"))
        .otherwise(pl.lit("run_or_pass")),
        made=(kind == "FIELD_GOAL") & pl.col("scoring_type").eq_missing("FIELD_GOAL"),
        provider_ep=pl.lit(None, pl.Float64),
        provider_home_wp=pl.lit(None, pl.Float64),
        provider_tv_home_wp=pl.lit(None, pl.Float64),
    ).collect()
    return _with_what_follows(rows)


def _points(gain: pl.Expr) -> pl.Expr:
    """What a change of the score counts for: 7, 3, 2 or 0."""
    return pl.when(gain >= 6).then(7).when(gain == 3).then(3).when(gain == 2).then(2).otherwise(0)


def _with_what_follows(rows: pl.DataFrame) -> pl.DataFrame:
    home_scored = _points(pl.col("home_gain")) - _points(pl.col("away_gain"))
    half = ["game_id", "half"]
    rows = rows.with_columns(
        half=pl.when(pl.col("period") <= 2).then(1).when(pl.col("period") <= 4).then(2).otherwise(pl.col("period") - 2),
        home_scored=home_scored,
        is_overtime=pl.col("period") > 4,
    )
    # The next score of the half, this play's own counted.
    rows = rows.with_columns(
        next_home=pl.when(pl.col("home_scored") != 0).then("home_scored").otherwise(None).backward_fill().over(half)
    )
    sign = pl.when("offense_is_home").then(1).otherwise(-1)
    place = {7: 0, 3: 1, 2: 2, 0: 3, -2: 4, -3: 5, -7: 6}
    snap = pl.col("down").is_not_null() & pl.col("yards_to_goal").is_between(1, 99) & (pl.col("distance_yd") >= 1)
    rows = rows.with_columns(
        next_score=(pl.col("next_home").fill_null(0) * sign).replace_strict(place, default=3),
        scored=pl.col("home_scored") * sign,
    ).filter(snap | pl.col("kick_off"))
    following = {
        "next_is_home": pl.col("offense_is_home"),
        "next_down": pl.col("down"),
        "next_yards_to_goal": pl.col("yards_to_goal"),
        "next_half_s": pl.col("half_s"),
    }
    return (
        rows.with_columns(**{name: column.shift(-1).over(half) for name, column in following.items()})
        .with_columns(next_is_ours=pl.col("next_is_home") == pl.col("offense_is_home"))
        .filter(~pl.col("kick_off"))
        .with_columns(pl.col("distance_yd").clip(1, pl.col("yards_to_goal")))
        .drop("kick_off", "home_gain", "away_gain", "next_home", "home_scored", "next_is_home")
    )


def two_point_share(data: Path) -> float:
    """The share of tries for two points that the NFL made before the held-out games; college's are not told apart."""
    games = table(data, NFL_FILES[0]).filter(pl.col("season") < NFL_HELD_OUT_FROM.year).select("game_id")
    tries = table(data, NFL_FILES[1]).filter(pl.col("play_type") == "PAT2").join(games, on="game_id")
    return round(tries.select(pl.col("scored").mean()).collect().item(), 3)

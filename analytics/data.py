"""The training and evaluation tables, read from the data folder (its README describes every column)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from analytics import files_read, wyscout_pitch
from app.errors import UnreadableFile
from app.feeds._statsbomb.pitch import PITCH as STATSBOMB_PITCH
from app.sports.soccer.features import SHOOT_OUT_PERIOD

# Everything from this day on (the last fifth of the matches) is left out of every training.
HELD_OUT_FROM = date(2018, 2, 17)

WYSCOUT_CARD = {
    "training_data": "Wyscout open data: five leagues 2017/18, Euro 2016, World Cup 2018",
    "licence": "CC BY 4.0",
    "source": "Pappalardo et al., A public data set of spatio-temporal match events in soccer competitions, "
    "Scientific Data 6:236 (2019)",
    "doi": "10.1038/s41597-019-0247-7",
    "split": f"trained on matches before {HELD_OUT_FROM:%Y-%m-%d}, tested on those from that day on",
}

# What a folder of the data folder is called in what is recorded.
DATA_SETS = {"wyscout": "Wyscout open data", "statsbomb": "StatsBomb open data"}

_WYSCOUT_BODY = {"head_or_body": "head", "left_foot": "left_foot", "right_foot": "right_foot"}
_WYSCOUT_KIND = {"open_play_or_other": "open_play", "free_kick": "free_kick", "penalty": "penalty"}
_STATSBOMB_BODY = {"Head": "head", "Left Foot": "left_foot", "Right Foot": "right_foot", "Other": "other"}
_STATSBOMB_KIND = {
    "Open Play": "open_play",
    "Free Kick": "free_kick",
    "Penalty": "penalty",
    "Corner": "corner",
    "Kick Off": "kick_off",
}


def table(data: Path, name: str) -> pl.LazyFrame:
    """One parquet table of the data folder, lazily. Errors: UnreadableFile with the path that is missing."""
    path = Path(data) / name
    if not path.is_file():
        raise UnreadableFile(
            f"There is no {path}. --data takes the folder that holds wyscout/ and statsbomb/, such as ../shared/data."
        )
    try:
        frame = pl.scan_parquet(path)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableFile(f"{path} is not a readable parquet file: {error}") from error
    folder = name.partition("/")[0]
    files_read.note(path, DATA_SETS.get(folder, folder))
    return frame


def wyscout_shots(data: Path) -> pl.DataFrame:
    """Every Wyscout shot in the canonical frame.

    Columns: match_id, date, period, x_m, y_m, body_part, shot_kind, goal (bool). Shoot-out kicks have period 5.
    Wyscout does not tell the head from the trunk: "head_or_body" counts as head.
    """
    return (
        table(data, "wyscout/shots.parquet")
        .select(
            "match_id",
            pl.col("date_utc").alias("date"),
            pl.when("shootout").then(5).otherwise("period").alias("period"),
            wyscout_pitch.x_m("x").alias("x_m"),
            wyscout_pitch.y_m("y").alias("y_m"),
            pl.col("body_part").replace_strict(_WYSCOUT_BODY, default=None),
            pl.col("shot_kind").replace_strict(_WYSCOUT_KIND, default=None),
            pl.col("is_goal").alias("goal"),
        )
        .collect()
    )


def statsbomb_shots(data: Path) -> pl.DataFrame:
    """Every StatsBomb shot in the canonical frame, with the provider's own xG (`provider_xg`).

    Columns as `wyscout_shots`, without the date. A location names a cell of 1.0 (older matches: every coordinate
    is whole) or 0.1 yards; half a cell is taken off and the rest is the live decoder's own map, point by point.
    """
    whole = ((pl.col("x") % 1 == 0) & (pl.col("y") % 1 == 0)).all().over("match_id")
    half = pl.when(whole).then(0.5).otherwise(0.05)
    frame = (
        table(data, "statsbomb/shots.parquet")
        .select(
            "match_id",
            "period",
            pl.col("x") - half,
            pl.col("y") - half,
            pl.col("body_part").replace_strict(_STATSBOMB_BODY, default=None),
            pl.col("shot_type").replace_strict(_STATSBOMB_KIND, default=None).alias("shot_kind"),
            pl.col("is_goal").alias("goal"),
            pl.col("statsbomb_xg").alias("provider_xg"),
        )
        .collect()
    )
    points = [
        (None, None) if x is None or y is None else STATSBOMB_PITCH.to_metres(x, y)
        for x, y in frame.select("x", "y").iter_rows()
    ]
    metres = pl.DataFrame(points, schema={"x_m": pl.Float64, "y_m": pl.Float64}, orient="row")
    return frame.drop("x", "y").hstack(metres)


def complete(shots: pl.DataFrame) -> pl.DataFrame:
    """The shots that are told in full: none that would be degraded for want of an input."""
    return shots.drop_nulls(["x_m", "y_m", "body_part", "shot_kind", "goal"])


def in_play(shots: pl.DataFrame) -> pl.DataFrame:
    """The shots that get an xG: told in full, and no kick of a shoot-out."""
    return complete(shots).filter(pl.col("period") != SHOOT_OUT_PERIOD)

"""xG on Wyscout shots that training never saw, and on StatsBomb's shots beside StatsBomb's own xG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics import shots
from analytics.data import HELD_OUT_FROM, complete, in_play
from analytics.scorecard import measured
from analytics.shot_events import shots_of, statsbomb_matches, wyscout_matches
from app.models.registry import Model
from app.sports.soccer.features import SHOOT_OUT_PERIOD
from app.sports.soccer.signals import xg

SIGNAL = xg.SIGNAL
MODEL = "xg"
FILES = ("wyscout/events.parquet", "wyscout/matches.parquet")


def wyscout(data: Path) -> pl.DataFrame:
    """Every Wyscout shot, by way of the live decoder."""
    return shots.table_of(shots_of(wyscout_matches(data)))


def statsbomb(data: Path) -> pl.DataFrame:
    """Every StatsBomb shot, by way of the live decoder."""
    return shots.table_of(shots_of(statsbomb_matches(data)))


def evaluate(data: Path, model: Model, resamples: int) -> dict[str, Any]:
    """Figures of xG on held-out Wyscout shots (all, open play, each half) and on StatsBomb shots.

    `statsbomb` is the main figure: the shots that get an xG live. `statsbomb_with_shoot_outs` adds the kicks of
    shoot-outs, valued as the penalties they are; live they get no xG. `…_provider` is StatsBomb's own xG, and
    `…_base_rate` the share of goals among the shots of training, said of every shot.
    """
    seen = in_play(wyscout(data))
    training = seen.filter(pl.col("date") < HELD_OUT_FROM)["goal"]
    base_rate = float(training.to_numpy().mean()) if len(training) else 0.0
    # The card's order: many shots share a place, and ECE depends a little on which of them fall into which bin.
    held_out = seen.filter(pl.col("date") >= HELD_OUT_FROM).sort("date", "match_id", maintain_order=True)
    every = complete(statsbomb(data))
    other = in_play(every)
    # The signal has no value for period 5; in extra time the same kick is a penalty like any other.
    with_kicks = every.with_columns(pl.col("period").clip(upper_bound=SHOOT_OUT_PERIOD - 1))

    def ours(frame: pl.DataFrame) -> dict[str, Any]:
        return _measured(frame, shots.predict(frame, model), resamples)

    def provider(frame: pl.DataFrame) -> dict[str, Any]:
        return {"by": "StatsBomb", **_measured(frame, frame["provider_xg"].to_numpy(), resamples)}

    def base(frame: pl.DataFrame) -> dict[str, Any]:
        if training.is_empty():
            return {"n": 0}
        return {"by": "base rate", **_measured(frame, np.full(len(frame), base_rate), 0, bins=1)}

    found = {
        "wyscout_held_out": ours(held_out),
        "wyscout_held_out_base_rate": base(held_out),
        "wyscout_held_out_open_play": ours(held_out.filter(pl.col("shot_kind") == "open_play")),
        "wyscout_held_out_first_half": ours(held_out.filter(pl.col("period") == 1)),
        "wyscout_held_out_second_half": ours(held_out.filter(pl.col("period") == 2)),
        "statsbomb": ours(other),
        "statsbomb_provider": provider(other),
        "statsbomb_base_rate": base(other),
        "statsbomb_with_shoot_outs": ours(with_kicks),
        "statsbomb_with_shoot_outs_provider": provider(with_kicks),
    }
    return {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}", **{k: v for k, v in found.items() if v["n"]}}


def _measured(frame: pl.DataFrame, p: np.ndarray, resamples: int, bins: int = 10) -> dict[str, Any]:
    if frame.is_empty():
        return {"n": 0}
    return measured(frame["goal"].to_numpy(), p, frame["match_id"].to_numpy(), resamples, bins)

"""How good the two probabilities behind action values are: on matches left out of training, and on another provider's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics import actions, metrics
from analytics.data import HELD_OUT_FROM
from analytics.train_action_value import measure as figures_of
from analytics.train_action_value import predict
from app.models.registry import Model


def measure(data: Path, model: Model) -> dict[str, Any]:
    """Figures of P(score) and P(concede) on held-out Wyscout matches and on all StatsBomb matches.

    One entry a provider and probability: those of `train_action_value.measure`, and the reliability table. Takes some
    minutes: every event of the matches is decoded.
    """
    found: dict[str, Any] = {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}"}
    for name, matches in (
        ("wyscout_held_out", actions.wyscout_matches(data, since=HELD_OUT_FROM)),
        ("statsbomb", actions.statsbomb_matches(data)),
    ):
        rows = actions.rows(matches)
        figures = figures_of(rows, model)
        for what, happened, p in zip(figures, rows[1:], predict(rows.terms, model), strict=True):
            found[f"{name}_{what}"] = {**figures[what], "reliability": metrics.reliability(happened, p)}
    return found

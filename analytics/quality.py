"""How good the committed models are: what `touchline quality [--signal NAME] --data FOLDER` calls.

Measured with the signals' own functions, on matches that training never saw (from HELD_OUT_FROM on) and, for
xg, on the shots of another provider beside that provider's own xG on the same shots. Read docs/models.md for what the figures mean.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from analytics import metrics, quality_post_shot, quality_win_probability, shots
from analytics.data import HELD_OUT_FROM, complete, in_play
from analytics.matches import split, wyscout
from analytics.shot_events import shots_of, statsbomb_matches, wyscout_matches
from app.errors import UsageError
from app.models.registry import Model, load
from app.sports.soccer.features import SHOOT_OUT_PERIOD


def run(data: Path | None = None, signal: str | None = None) -> dict[str, Any]:
    """A report of plain numbers, ready for JSON: one entry a signal with its model's label and its figures.

    Without a data folder, only what the model's card states. Errors: UsageError for a signal without a measure,
    UnreadableFile for missing data, BrokenModel.
    """
    if signal is not None and signal not in MEASURES:
        raise UsageError(f"There is no quality measure for '{signal}'. Signals: {', '.join(sorted(MEASURES))}.")
    report: dict[str, Any] = {}
    for name in [signal] if signal else sorted(MEASURES):
        model = load(name)
        measured = {"card": model.card["metrics"]} if data is None else MEASURES[name](Path(data), model)
        report[name] = {"model": model.label, **measured}
    return report


def xg(data: Path, model: Model) -> dict[str, Any]:
    """Figures of xG on held-out Wyscout shots (all, and open play only) and on StatsBomb shots.

    `statsbomb` is the main figure: the shots that get an xG live. `statsbomb_with_shoot_outs` adds the kicks of
    shoot-outs, valued as the penalties they are; live they get no xG. `…_provider` is StatsBomb's own xG.
    """
    held_out = in_play(shots.table_of(shots_of(wyscout_matches(data)))).filter(pl.col("date") >= HELD_OUT_FROM)
    # The card's order: many shots share a place, and ECE depends a little on which of them fall into which bin.
    held_out = held_out.sort("date", "match_id", maintain_order=True)
    open_play = held_out.filter(pl.col("shot_kind") == "open_play")
    every = complete(shots.table_of(shots_of(statsbomb_matches(data))))
    other = in_play(every)
    # The signal has no value for period 5; in extra time the same kick is a penalty like any other.
    with_kicks = every.with_columns(pl.col("period").clip(upper_bound=SHOOT_OUT_PERIOD - 1))
    return {
        "held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}",
        "wyscout_held_out": _measure(held_out, model),
        "wyscout_held_out_open_play": _measure(open_play, model),
        "statsbomb": _measure(other, model),
        "statsbomb_provider": _provider(other),
        "statsbomb_with_shoot_outs": _measure(with_kicks, model),
        "statsbomb_with_shoot_outs_provider": _provider(with_kicks),
    }


def win_probability(data: Path, model: Model) -> dict[str, Any]:
    """Figures of win probability at each 5 minutes of the held-out Wyscout matches."""
    found = wyscout(data)
    before, after = split(found, True, HELD_OUT_FROM), split(found, False, HELD_OUT_FROM)
    measured = quality_win_probability.measure(before, after, model)
    return {"held_out_from": f"{HELD_OUT_FROM:%Y-%m-%d}", **measured}


def xt(data: Path, model: Model) -> dict[str, Any]:
    """The grid's own figures: there is no truth to measure xT against."""
    return dict(model.card["metrics"])


MEASURES: dict[str, Callable[[Path, Model], dict[str, Any]]] = {
    "post_shot_xg": quality_post_shot.measure,
    "win_probability": win_probability,
    "xg": xg,
    "xt": xt,
}


def render(report: dict[str, Any]) -> str:
    """The report as a table for people."""
    lines: list[str] = []
    for name, entry in report.items():
        lines += [f"{name} ({entry['model']})"]
        groups = {k: v for k, v in entry.items() if isinstance(v, dict) and "log_loss" in v and k != "card"}
        if groups:
            lines.append(
                f"  {'':36}{'n':>7}{'happened':>10}{'expected':>10}{'log loss':>10}{'Brier':>9}{'AUC':>8}{'ECE':>8}"
            )
            lines += [f"  {group:36}{_figures(row)}" for group, row in groups.items()]
        plain = {k: v for k, v in (entry.get("card") or entry).items() if isinstance(v, int | float | str)}
        lines += [
            f"  {k:36}{v:.5g}" if isinstance(v, float) else f"  {k:36}{v}" for k, v in plain.items() if k != "model"
        ]
        for row in entry.get("by_minute", []):
            lines.append(f"  minute {row['minute']:>2}   RPS {row['rps']:.4f}   base rate {row['rps_base_rate']:.4f}")
        tables = {"reliability": entry.get("reliability")} | {k: v.get("reliability") for k, v in groups.items()}
        for title, rows in tables.items():
            if rows:
                lines += [f"  {title}: bin, n, mean p, observed (95 % Wilson)"]
                lines += [
                    f"    {r['bin']:>2}{r['n']:>7}{r['mean_p']:>9.4f}{r['observed']:>9.4f}"
                    f"  ({r['wilson_low']:.4f} to {r['wilson_high']:.4f})"
                    for r in rows
                ]
        lines.append("")
    return "\n".join(lines)


def _measure(frame: pl.DataFrame, model: Model) -> dict[str, Any]:
    goal, predicted = frame["goal"].to_numpy(), shots.predict(frame, model)
    return {**metrics.summary(goal, predicted), "reliability": metrics.reliability(goal, predicted)}


def _provider(frame: pl.DataFrame) -> dict[str, Any]:
    return metrics.summary(frame["goal"].to_numpy(), frame["provider_xg"].to_numpy())


def _figures(row: dict[str, Any]) -> str:
    ranked = "-" if row["auc"] is None else f"{row['auc']:.4f}"
    return (
        f"{row['n']:>7}{row['positives']:>10}{row['expected']:>10.1f}{row['log_loss']:>10.4f}"
        f"{row['brier']:>9.4f}{ranked:>8}{row['ece']:>8.4f}"
    )

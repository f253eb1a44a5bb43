"""The figures of one group of forecasts, ready for JSON, and their lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analytics import metrics
from analytics.bootstrap import Resamples, intervals

_HEAD = f"{'n':>7}{'happened':>10}{'expected':>10}{'log loss':>10}{'Brier':>9}{'AUC':>8}{'ECE':>8}"
_SCORES = ("log_loss", "brier", "auc", "ece", "rps")


def measured(y: np.ndarray, p: np.ndarray, match: np.ndarray, resamples: int, bins: int = 10) -> dict[str, Any]:
    """All figures of forecasts p of y (0 or 1), each of a match (all of shape n).

    `brier_parts` add up to `brier`; `intervals` (95 %, drawn by match) are there where resamples > 0; `reliability` is
    the table of quantile bins with Wilson intervals. bins: 1 for a p that is always the same, as quantiles would only
    deal its rows out.
    """
    found: dict[str, Any] = {
        **metrics.summary(y, p, bins),
        "matches": len(np.unique(match)),
        "brier_parts": metrics.brier_parts(y, p, bins),
    }
    if resamples:
        found["intervals"] = intervals(y, p, Resamples(match, resamples))
    return {**found, "reliability": metrics.reliability(y, p, bins)}


def groups(entry: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The groups of forecasts in a signal's entry of the report, by name."""
    return {k: v for k, v in entry.items() if isinstance(v, dict) and "log_loss" in v and "n" in v}


def lines(entry: Mapping[str, Any]) -> list[str]:
    """A signal's entry of the report, for people."""
    found, of = [], groups(entry)
    if of:
        found.append(f"  {'':36}{_HEAD}")
        found += [f"  {name:36}{_row(figures)}" for name, figures in of.items()]
    plain = {k: v for k, v in (entry.get("card") or entry).items() if isinstance(v, int | float | str)}
    found += [f"  {k:36}{v:.5g}" if isinstance(v, float) else f"  {k:36}{v}" for k, v in plain.items() if k != "model"]
    for row in entry.get("by_minute", []):
        found.append(f"  minute {row['minute']:>2}   RPS {row['rps']:.4f}   base rate {row['rps_base_rate']:.4f}")
    for number, row in enumerate(entry.get("by_fifth", []), start=1):
        found.append(f"  fifth {number}   expected {row['expected']:.3f}   happened {row['happened']:.3f}")
    for name, figures in {"all": entry, **of}.items():
        found += _intervals(name, figures) + _parts(name, figures) + _reliability(name, figures)
    return found


def _row(figures: Mapping[str, Any]) -> str:
    ranked = "-" if figures["auc"] is None else f"{figures['auc']:.4f}"
    return (
        f"{figures['n']:>7}{figures['positives']:>10}{figures['expected']:>10.1f}{figures['log_loss']:>10.4f}"
        f"{figures['brier']:>9.4f}{ranked:>8}{figures['ece']:>8.4f}"
    )


def _intervals(name: str, figures: Mapping[str, Any]) -> list[str]:
    of = figures.get("intervals")
    if not of:
        return []
    told = [f"{score.replace('_', ' ')} {of[score][0]:.4f} to {of[score][1]:.4f}" for score in _SCORES if of.get(score)]
    return [f"  {name}: 95 % by match: " + ", ".join(told)]


def _parts(name: str, figures: Mapping[str, Any]) -> list[str]:
    parts = figures.get("brier_parts")
    if not parts:
        return []
    return [
        f"  {name}: Brier {figures['brier']:.5f} = reliability {parts['reliability']:.5f} - resolution "
        f"{parts['resolution']:.5f} + uncertainty {parts['uncertainty']:.5f} + within bins {parts['within_bin']:.5f}"
    ]


def _reliability(name: str, figures: Mapping[str, Any]) -> list[str]:
    rows = figures.get("reliability")
    if not rows:
        return []
    return [f"  {name}: bin, n, mean p, observed (95 % Wilson), lowest and highest p"] + [
        f"    {r['bin']:>2}{r['n']:>7}{r['mean_p']:>9.4f}{r['observed']:>9.4f}"
        f"  ({r['wilson_low']:.4f} to {r['wilson_high']:.4f})   {r['p_low']:.4f} to {r['p_high']:.4f}"
        for r in rows
    ]

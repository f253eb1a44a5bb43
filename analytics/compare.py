"""Two versions of a signal beside each other: how far apart they are, and which of them is nearer to what happened."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from analytics.metrics import summary

# Disagreements that are listed.
SHOWN = 10
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def distribution(values: pl.Series) -> dict[str, Any]:
    """n, mean, sd, min, max and quantiles of the values that are known (`q05` … `q95`)."""
    known = values.drop_nulls()
    found: dict[str, Any] = {"n": len(known), "unknown": len(values) - len(known)}
    if len(known):
        found |= {"mean": known.mean(), "sd": known.std() or 0.0, "min": known.min(), "max": known.max()}
        found |= {f"q{int(q * 100):02d}": known.quantile(q, "linear") for q in _QUANTILES}
    return found


def compare(points: pl.DataFrame) -> dict[str, Any]:
    """What two versions have said.

    points: one row a match, subject and anchor, with `a` and `b` (values, null where unknown), `has_a`, `has_b` (said at
    all) and `happened` (bool, null where nothing tells).
    Returns counts, a distribution each, and over the anchors where both are known `mae`, `max_abs` and Spearman's rank
    correlation (null for fewer than two), the largest disagreements, and, where the outcome is known and both are
    probabilities, the quality of each (analytics.metrics.summary, same rows).
    """
    both = points.filter(pl.col("a").is_not_null() & pl.col("b").is_not_null())
    apart = both.with_columns((pl.col("b") - pl.col("a")).alias("difference"))
    found: dict[str, Any] = {
        "matches": points["match_id"].n_unique(),
        "points_a": int(points["has_a"].sum()),
        "points_b": int(points["has_b"].sum()),
        "both": len(both),
        "a": distribution(points.filter(pl.col("has_a"))["a"]),
        "b": distribution(points.filter(pl.col("has_b"))["b"]),
        "mae": None,
        "max_abs": None,
        "same": 0,
        "spearman": None,
        "disagreements": [],
        "outcomes": None,
    }
    if len(both):
        size = apart["difference"].abs()
        found["mae"], found["max_abs"] = size.mean(), size.max()
        found["same"] = int((size < 1e-12).sum())
        rank = both.select(pl.corr("a", "b", method="spearman")).item() if len(both) > 1 else None
        # Where one of them never moves there is no rank.
        found["spearman"] = None if rank is None or math.isnan(rank) else rank
        worst = apart.with_columns(size.alias("size")).sort("size", descending=True, maintain_order=True).head(SHOWN)
        columns = ["match_id", "subject", "anchor", "period", "elapsed_s", "a", "b", "difference"]
        found["disagreements"] = worst.filter(pl.col("size") > 0).select(columns).to_dicts()
    found["outcomes"] = _outcomes(both)
    return found


def _outcomes(both: pl.DataFrame) -> dict[str, Any] | None:
    known = both.filter(pl.col("happened").is_not_null())
    inside = all(known[c].is_between(0.0, 1.0).all() for c in ("a", "b"))
    if not len(known) or not inside:
        return None
    happened = known["happened"].to_numpy()
    return {name: summary(happened, known[name].to_numpy()) for name in ("a", "b")}


def render(report: dict[str, Any]) -> str:
    """The report for people."""
    a, b = report["versions"]
    lines = [
        f"{report['signal']}: {a} beside {b}, {report['matches']} matches",
        f"  said: {report['points_a']} and {report['points_b']} points, {report['both']} at the same anchors, "
        f"{report['same']} of them the same",
    ]
    for name, version in (("a", a), ("b", b)):
        d = report[name]
        if d["n"]:
            lines.append(
                f"  {version}: mean {d['mean']:.4f}, sd {d['sd']:.4f}, {d['min']:.4f} to {d['max']:.4f}, "
                f"median {d['q50']:.4f}; {d['unknown']} unknown"
            )
    if report["mae"] is not None:
        rank = "no rank correlation" if report["spearman"] is None else f"rank correlation {report['spearman']:.4f}"
        lines.append(f"  mean difference {report['mae']:.4f}, largest {report['max_abs']:.4f}, {rank}")
    if report["outcomes"] is not None:
        for name, version in (("a", a), ("b", b)):
            o = report["outcomes"][name]
            auc = "-" if o["auc"] is None else f"{o['auc']:.4f}"
            lines.append(
                f"  {version} against {o['n']} outcomes: log loss {o['log_loss']:.4f}, Brier {o['brier']:.4f}, "
                f"AUC {auc}, calibration error {o['ece']:.4f}"
            )
    cost = report.get("cost_us_per_event")
    if cost:
        lines.append(f"  cost: {cost[a]:.1f} and {cost[b]:.1f} µs an event (match {report['cost_match']})")
    for d in report["disagreements"]:
        minute = int(d["elapsed_s"] // 60)
        lines.append(f"  {d['match_id']} {d['subject']} {d['anchor']} (minute {minute}): {d['a']:.4f}, {d['b']:.4f}")
    return "\n".join(lines)

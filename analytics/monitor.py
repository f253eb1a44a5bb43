"""Verdicts: have values moved, are probabilities still right? Pure: what was stored in, rows of plain numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from analytics import calibration, drift, metrics

OK, DRIFT, TOO_FEW = "ok", "drift", "too few"


class Limits(NamedTuple):
    """When a verdict is given, and which. edges: "quantile" (of `bins`) or "sturges"."""

    min_matches: int
    min_values: int
    edges: str
    bins: int
    psi: float
    gap: float
    alpha: float


def compared(reference: Sequence[np.ndarray], recent: Sequence[np.ndarray], limits: Limits) -> dict[str, Any]:
    """How far the recent matches' values are from the reference's: one array of values a match, empty ones left out.

    Gives matches_reference, matches_recent, n_reference, n_recent, psi, ks, ks_p, kl, js, p (see analytics.drift) and
    verdict: "too few" below min_matches or min_values on either side; "drift" where psi reaches its limit and p, by
    match, is below alpha; else "ok". The numbers are None where one side has no value at all.
    """
    before, after = [v for v in reference if len(v)], [v for v in recent if len(v)]
    row: dict[str, Any] = {
        "matches_reference": len(before),
        "matches_recent": len(after),
        "n_reference": sum(map(len, before)),
        "n_recent": sum(map(len, after)),
        **dict.fromkeys(("psi", "ks", "ks_p", "kl", "js", "p")),
        "verdict": TOO_FEW,
    }
    if not before or not after:
        return row
    every, late = np.concatenate(before), np.concatenate(after)
    edges = drift.sturges_edges(every, late) if limits.edges == "sturges" else drift.quantile_edges(every, limits.bins)
    e, a = drift.counts(before, edges), drift.counts(after, edges)
    expected, actual = drift.shares(e.sum(axis=0)), drift.shares(a.sum(axis=0))
    row["psi"] = float(drift.psi(expected, actual))
    row["kl"], row["js"] = drift.kl(expected, actual), drift.js(expected, actual)
    row["ks"], row["ks_p"] = drift.ks(every, late)
    row["p"] = drift.by_match(e, a)
    enough = min(len(before), len(after)) >= limits.min_matches
    if enough and min(row["n_reference"], row["n_recent"]) >= limits.min_values:
        row["verdict"] = DRIFT if row["psi"] >= limits.psi and row["p"] < limits.alpha else OK
    return row


def calibrated(y: np.ndarray, p: np.ndarray, match: np.ndarray, limits: Limits) -> dict[str, Any]:
    """Are the probabilities p of y (0 or 1) right, each of a match (all of shape n)?

    Gives matches, n, mean_p, observed, gap, p (see analytics.calibration), log_loss, brier, ece and verdict: "too few"
    below min_matches or min_values; "drift" where the gap reaches its limit and p is below alpha; else "ok". The numbers
    are None where there is none.
    """
    row: dict[str, Any] = {
        "matches": len(np.unique(match)),
        "n": len(y),
        **dict.fromkeys(("mean_p", "observed", "gap", "p", "log_loss", "brier", "ece")),
        "verdict": TOO_FEW,
    }
    if not len(y):
        return row
    row |= {"mean_p": float(np.mean(p)), "observed": float(np.mean(y))}
    row |= {"gap": calibration.gap(y, p), "p": calibration.chance(y, p, match)}
    row |= {"log_loss": metrics.log_loss(y, p), "brier": metrics.brier(y, p), "ece": metrics.ece(y, p)}
    if row["matches"] >= limits.min_matches and row["n"] >= limits.min_values:
        row["verdict"] = DRIFT if abs(row["gap"]) >= limits.gap and row["p"] < limits.alpha else OK
    return row

"""How good probabilities are, in plain numpy. p: predicted, y: what happened (0 or 1), both of shape (n,)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_Z95 = 1.959964


def log_losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """-ln of the probability given to what happened, of each forecast (shape: n)."""
    p = np.clip(p, 1e-15, 1 - 1e-15)
    return -np.where(np.asarray(y, dtype=bool), np.log(p), np.log1p(-p))


def log_loss(y: np.ndarray, p: np.ndarray) -> float:
    """Mean of -ln of the probability given to what happened; lower is better."""
    return float(np.mean(log_losses(y, p)))


def brier(y: np.ndarray, p: np.ndarray) -> float:
    """Mean of (p - y) squared; lower is better."""
    return float(np.mean((p - np.asarray(y, dtype=float)) ** 2))


def auc(y: np.ndarray, p: np.ndarray) -> float | None:
    """P(a random positive is ranked above a random negative), ties half; None where one of them is absent."""
    y = np.asarray(y, dtype=bool)
    positives, negatives = int(y.sum()), int((~y).sum())
    if positives == 0 or negatives == 0:
        return None
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[inverse][y].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) where there is nothing to go by."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = successes / n, _Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def reliability(y: np.ndarray, p: np.ndarray, bins: int = 10) -> list[dict[str, Any]]:
    """One row a quantile bin of p: bin, n, low and high p, mean p, observed share and its Wilson interval."""
    order = np.argsort(p, kind="stable")
    rows: list[dict[str, Any]] = []
    for number, chosen in enumerate(np.array_split(order, bins), start=1):
        if len(chosen) == 0:
            continue
        happened, n = int(np.sum(y[chosen])), len(chosen)
        low, high = wilson(happened, n)
        rows.append(
            {
                "bin": number,
                "n": n,
                "p_low": float(p[chosen].min()),
                "p_high": float(p[chosen].max()),
                "mean_p": float(p[chosen].mean()),
                "observed": happened / n,
                "wilson_low": low,
                "wilson_high": high,
            }
        )
    return rows


def ece(y: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: |observed - mean p| over quantile bins, weighted by their size."""
    rows = reliability(y, p, bins)
    return float(sum(row["n"] * abs(row["observed"] - row["mean_p"]) for row in rows) / len(p))


def brier_parts(y: np.ndarray, p: np.ndarray, bins: int = 10) -> dict[str, float]:
    """The Brier score taken apart over quantile bins: reliability - resolution + uncertainty + within_bin.

    reliability: how far each bin's mean p is from its observed share (lower is better). resolution: how far those
    shares are from the base rate (higher is better). uncertainty: the base rate's own variance. The three add up to the
    score only where p is constant within a bin; within_bin is the rest, variance of p less twice its covariance with
    what happened, both inside the bins, so that the four add up exactly (Stephenson, Coelho and Jolliffe 2008).
    """
    y = np.asarray(y, dtype=float)
    n, base = len(y), float(np.mean(y))
    parts = {"reliability": 0.0, "resolution": 0.0, "uncertainty": base * (1 - base), "within_bin": 0.0}
    for chosen in np.array_split(np.argsort(p, kind="stable"), bins):
        if len(chosen) == 0:
            continue
        mean_p, observed = float(np.mean(p[chosen])), float(np.mean(y[chosen]))
        p_off, y_off = p[chosen] - mean_p, y[chosen] - observed
        parts["reliability"] += len(chosen) / n * (mean_p - observed) ** 2
        parts["resolution"] += len(chosen) / n * (observed - base) ** 2
        parts["within_bin"] += float(np.sum(p_off**2) - 2 * np.sum(p_off * y_off)) / n
    return parts


def ranked_scores(outcome: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Ranked probability score of each forecast, 0 to 1, lower is better (shape: n). As `rps` takes."""
    happened = np.eye(p.shape[1])[outcome]
    gaps = np.cumsum(p - happened, axis=1)[:, :-1]
    return np.sum(gaps**2, axis=1) / (p.shape[1] - 1)


def rps(outcome: np.ndarray, p: np.ndarray) -> float:
    """Mean ranked probability score of ordered classes. p: (n, k) in the classes' order, outcome: (n,) of 0..k-1."""
    return float(np.mean(ranked_scores(outcome, p)))


def summary(y: np.ndarray, p: np.ndarray, bins: int = 10) -> dict[str, Any]:
    """n, positives and their expected number, log loss, Brier, AUC and ECE (quantile bins)."""
    return {
        "n": len(y),
        "positives": int(np.sum(y)),
        "expected": float(np.sum(p)),
        "log_loss": log_loss(y, p),
        "brier": brier(y, p),
        "auc": auc(y, p),
        "ece": ece(y, p, bins),
    }

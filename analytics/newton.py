"""Logistic regression on many rows, in plain numpy: Newton's method with a weak ridge, added up part by part."""

from __future__ import annotations

import numpy as np

from app.errors import UsageError

_PART = 50_000
_MOST_STEPS, _TOLERANCE = 60, 1e-6


def fit(
    terms: np.ndarray, happened: np.ndarray, stands_for: np.ndarray | None = None, ridge: float = 1.0
) -> tuple[np.ndarray, float]:
    """Coefficients (shape: terms a row) and intercept by maximum likelihood.

    terms: (n, k), any float. happened: (n,) of bool. stands_for: (n,), how many rows each one is there for; 1 each where
    none is given. ridge: the weight of half the sum of squares of the coefficients of
    standardised terms, the intercept left out; in rows, so 1 matters only for a term that hardly ever varies, and keeps
    one that never does at 0. Errors: UsageError where all happened, or nothing, or it does not converge.
    """
    n, k = terms.shape
    if not 0 < int(happened.sum()) < n:
        raise UsageError("Fitting a probability takes rows where it happened and rows where it did not.")
    counts = np.ones(n) if stands_for is None else np.asarray(stands_for, dtype=float)
    mean, spread = terms.mean(axis=0, dtype=np.float64), terms.std(axis=0, dtype=np.float64)
    spread[spread == 0] = 1.0
    share = float(counts @ happened / counts.sum())
    weights = np.zeros(k + 1)
    weights[-1] = np.log(share / (1 - share))
    pull = np.full(k + 1, ridge)
    pull[-1] = 0.0
    best, kept, step = np.inf, weights, np.zeros(k + 1)
    for _ in range(_MOST_STEPS):
        loss, slope, curve = _at(weights, terms, happened, counts, (mean, spread), pull)
        if loss > best:
            # Too far: half the way back to where it was better.
            step = step / 2
            weights = kept + step
            continue
        best, kept = loss, weights
        step = np.linalg.solve(curve, slope)
        weights = kept + step
        if float(np.max(np.abs(step))) < _TOLERANCE:
            coefficients = weights[:-1] / spread
            return coefficients, float(weights[-1] - coefficients @ mean)
    raise UsageError(f"The regression did not converge in {_MOST_STEPS} steps: its terms may say the same twice.")


def _at(
    weights: np.ndarray,
    terms: np.ndarray,
    happened: np.ndarray,
    counts: np.ndarray,
    scale: tuple[np.ndarray, np.ndarray],
    pull: np.ndarray,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The penalised loss at weights of standardised terms, the way down, and the curvature."""
    (n, k), (mean, spread) = terms.shape, scale
    loss, slope, curve = float(pull @ weights**2) / 2, -pull * weights, np.diag(pull)
    for start in range(0, n, _PART):
        part = np.empty((min(_PART, n - start), k + 1))
        part[:, :k] = (terms[start : start + _PART] - mean) / spread
        part[:, k] = 1.0
        y, c = happened[start : start + _PART], counts[start : start + _PART]
        z = part @ weights
        p = 1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))
        loss += float(c @ (np.logaddexp(0.0, z) - np.where(y, z, 0.0)))
        slope = slope + part.T @ (c * (y - p))
        curve = curve + part.T @ (part * (c * p * (1 - p))[:, None])
    return loss, slope, curve

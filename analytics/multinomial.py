"""Multinomial logistic regression on many rows, in plain numpy: Newton's method with a weak ridge, part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics import artifact
from app.errors import UsageError

_PART = 50_000
_MOST_STEPS, _TOLERANCE = 40, 1e-4


def fit(
    terms: np.ndarray, happened: np.ndarray, names: tuple[str, ...], classes: tuple[str, ...], ridge: float = 1.0
) -> dict[str, Any]:
    """Parameters of an `app.models.softmax.Softmax` by maximum likelihood.

    terms: (n, k). happened: (n,), the place of what happened in `classes`, the last of which is compared with; or (n, c),
    how much of each happened (a tie is half a win). ridge: as in `analytics.newton.fit`. Errors: UsageError where a class
    never happened or it does not converge.
    """
    n, k, others = len(terms), terms.shape[1], len(classes) - 1
    share = np.eye(others + 1)[happened] if happened.ndim == 1 else happened
    if not (share.sum(axis=0) > 0).all():
        raise UsageError(f"Fitting {', '.join(classes)} takes rows in which each of them happened.")
    mean, spread = terms.mean(axis=0), terms.std(axis=0)
    spread[spread == 0] = 1.0
    weights = np.zeros((others, k + 1))
    base = share.mean(axis=0)
    weights[:, -1] = np.log(base[:-1] / base[-1])
    pull = np.full((others, k + 1), ridge)
    pull[:, -1] = 0.0
    best, kept, step = np.inf, weights, np.zeros_like(weights)
    for _ in range(_MOST_STEPS):
        loss, slope, curve = _at(weights, terms, share, (mean, spread), pull)
        if loss > best + 1e-9 * abs(best):
            step = step / 2
            weights = kept + step
            continue
        best, kept = loss, weights
        step = np.linalg.solve(curve, slope.ravel()).reshape(weights.shape)
        weights = kept + step
        if float(np.max(np.abs(step))) < _TOLERANCE:
            coefficients = weights[:, :-1] / spread
            return {
                "features": list(names),
                "classes": list(classes),
                "coefficients": [[artifact.rounded(c, 5) for c in row] for row in coefficients],
                "intercepts": [artifact.rounded(b, 5) for b in weights[:, -1] - coefficients @ mean],
            }
    raise UsageError(
        f"The regression did not converge in {_MOST_STEPS} steps ({n} rows): terms may say the same twice."
    )


def _at(
    weights: np.ndarray,
    terms: np.ndarray,
    share: np.ndarray,
    scale: tuple[np.ndarray, np.ndarray],
    pull: np.ndarray,
) -> tuple[float, np.ndarray, np.ndarray]:
    """The penalised loss at weights of standardised terms, the way down, and the curvature."""
    (n, k), (mean, spread), others = terms.shape, scale, len(weights)
    width = k + 1
    loss, slope, curve = float(np.sum(pull * weights**2)) / 2, -pull * weights, np.diag(pull.ravel())
    for start in range(0, n, _PART):
        part = np.empty((min(_PART, n - start), width))
        part[:, :k] = (terms[start : start + _PART] - mean) / spread
        part[:, k] = 1.0
        y = share[start : start + _PART]
        scores = np.zeros((len(part), others + 1))
        scores[:, :-1] = part @ weights.T
        highest = scores.max(axis=1, keepdims=True)
        whole = np.log(np.exp(scores - highest).sum(axis=1, keepdims=True)) + highest
        p = np.exp(scores - whole)
        loss += float(np.sum(whole[:, 0] - np.sum(y * scores, axis=1)))
        slope = slope + (y - p)[:, :-1].T @ part
        for a in range(others):
            for b in range(a, others):
                weight = p[:, a] * ((a == b) - p[:, b])
                block = part.T @ (part * weight[:, None])
                curve[a * width : (a + 1) * width, b * width : (b + 1) * width] += block
                if a != b:
                    curve[b * width : (b + 1) * width, a * width : (a + 1) * width] += block
    return loss, slope, curve

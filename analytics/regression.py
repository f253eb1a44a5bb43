"""Logistic regression by maximum likelihood, in the units of its inputs. Needs scikit-learn, an extra."""

from __future__ import annotations

import numpy as np

from app.errors import UsageError


def regress(design: np.ndarray, goal: np.ndarray, strength: float = 100.0) -> tuple[list[float], float]:
    """Coefficients (one a column of the design) and intercept.

    strength: the inverse of the penalty on standardised weights; 100 is too weak to matter, but keeps a term that never
    varies at zero. Errors: UsageError where scikit-learn is missing.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UsageError(
            "Training needs scikit-learn, which is an extra: pip install 'touchline[train]', then run this again."
        ) from error
    mean, spread = design.mean(axis=0), design.std(axis=0)
    spread[spread == 0] = 1.0
    fitted = LogisticRegression(C=strength, max_iter=5000, tol=1e-8).fit((design - mean) / spread, goal)
    coefficients = fitted.coef_[0] / spread
    return [float(c) for c in coefficients], float(fitted.intercept_[0] - coefficients @ mean)

"""Many rows at once: what the kernels that take a batch have in common.

A sum in floating point depends on its order. Here the products of all rows lie in an array of (terms x rows), and are
added up along its first axis: term after term, each row for itself, as the plain loop over one row does. numpy adds in
pairs only along the axis that lies together in memory (numpy.sum, Notes), which is the second one; of a single row there
is no second one, so that it goes by `predict`. Tests compare every size of a batch with single rows to the last bit.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from math import exp
from typing import Any

import numpy as np

Rows = np.ndarray | Sequence[Sequence[float]]
# The least number of columns that are added up side by side.
SIDE_BY_SIDE = 2
# Looked up once: each look-up is a hundredth of a batch of 32.
_multiply, _add, _from = np.multiply, np.add.reduce, np.fromiter


def array_of(rows: Rows, width: int) -> np.ndarray:
    """Rows as an array of float64 (shape: n x width). Errors: ValueError where a row has another number of values, or one
    of them is no number."""
    if isinstance(rows, np.ndarray):
        found = np.asarray(rows, dtype=float)
        if found.ndim != 2 or found.shape[1] != width:
            raise ValueError(f"rows of shape {found.shape} for {width} features")
        return found
    pack = _packer(width)
    try:
        # Several times as quick as numpy's own way from tuples of Python's floats.
        packed = b"".join([pack(*row) for row in rows])
    except struct.error as exc:
        raise ValueError(f"a row is not {width} numbers: {exc}") from exc
    return np.frombuffer(packed, dtype=float).reshape(len(rows), width) if packed else np.empty((len(rows), width))


@cache
def _packer(width: int) -> Any:
    return struct.Struct(f"{width}d").pack


def column(numbers: Sequence[float]) -> np.ndarray:
    """Numbers below one another (shape: n x 1)."""
    return np.array(numbers, dtype=float).reshape(-1, 1)


def log_odds(terms: np.ndarray, coefficients: np.ndarray, intercept: float) -> list[float]:
    """intercept + coefficient * term + ..., from left to right, of each column of `terms` (shape: terms x n, n from 2 on).

    coefficients: shape terms x 1.
    """
    return _add(_multiply(terms, coefficients, order="C"), axis=0, initial=intercept).tolist()


def probabilities(odds: Sequence[float]) -> np.ndarray:
    """`odds.probability` of each (shape: n), to the last bit: numpy's exp may differ from Python's in it."""
    found: list[float] = []
    told = found.append
    # Most are below 0.
    for z in odds:
        if z < 0.0:
            e = exp(z)
            told(e / (1.0 + e))
        else:
            told(1.0 / (1.0 + exp(-z)))
    return _from(found, float)

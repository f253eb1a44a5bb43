"""From bookmakers' decimal odds to probabilities. Plain functions of numbers, for any sport.

A book's implied probabilities q = 1 / odds add up to B; B - 1 is the overround, its margin. Three ways to take it out:
- multiplicative: p = q / B, the same share of each price;
- power: p = q ** k with the k for which they add up to 1 (Clarke, Kovalchik and Ingram 2017);
- Shin (1993): p = (sqrt(z² + 4 (1 - z) q² / B) - z) / (2 (1 - z)) with the z, the share of insiders among bettors, for
  which they add up to 1. Usually iterated as z = (sum of sqrt(…) - 2) / (n - 2) from 0; here found by halving, which
  gets there for every book. It takes more from long shots, and predicts better than the first (Štrumbelj 2014, doi
  10.1016/j.ijforecast.2014.02.008).

Golden: 4.20, 3.70, 1.95 have B = 1.021186; multiplicative 0.23316, 0.26466, 0.50218; power (k = 1.020656) 0.23114,
0.26306, 0.50579; Shin (z = 0.010608) 0.23157, 0.26357, 0.50485.
Edge cases: one outcome, a price of 1 or less, or B < 1 (a book that pays whoever backs everything, or a stale price) is
a ValueError. B = 1 gives q back. With two outcomes Shin has a closed form, which is q less half of the overround.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt

# 1 / 2 + 1 / 3 + 1 / 6 is a fair book, and less than 1 in floating point.
_ROUNDING = 1e-12
_HALVINGS = 60


def overround(odds: Sequence[float]) -> float:
    """B - 1 of decimal odds, 0 or more. Errors: ValueError for odds that are not those of a whole book."""
    if len(odds) < 2:
        raise ValueError(f"A book has the odds of two outcomes or more, not {len(odds)}.")
    wrong = [o for o in odds if not (isfinite(o) and o > 1.0)]
    if wrong:
        raise ValueError(f"Decimal odds are above 1, not {wrong[0]:g}.")
    over = sum(1.0 / o for o in odds) - 1.0
    if over < -_ROUNDING:
        raise ValueError(
            f"The odds {', '.join(f'{o:g}' for o in odds)} imply probabilities that add up to {over + 1.0:.4f}, below 1: "
            "a price is stale or mistyped."
        )
    return max(over, 0.0)


def multiplicative(odds: Sequence[float]) -> tuple[float, ...]:
    """Implied probabilities over their sum. Errors: ValueError, see `overround`."""
    total = 1.0 + overround(odds)
    return tuple(1.0 / o / total for o in odds)


def power(odds: Sequence[float]) -> tuple[float, ...]:
    """q ** k that add up to 1; k is 1 or more. Errors: ValueError, see `overround`."""
    overround(odds)
    implied = [1.0 / o for o in odds]
    low, high = 1.0, 2.0
    while sum(q**high for q in implied) > 1.0:
        low, high = high, high * 2.0
    for _ in range(_HALVINGS):
        k = (low + high) / 2.0
        if sum(q**k for q in implied) > 1.0:
            low = k
        else:
            high = k
    return _adding_up([q**high for q in implied])


def shin(odds: Sequence[float]) -> tuple[float, ...]:
    """Fair probabilities by Shin's method, in the order of the odds. Errors: ValueError, see `overround`."""
    over = overround(odds)
    if len(odds) == 2:
        return tuple(1.0 / o - over / 2.0 for o in odds)
    return _adding_up(_of_insiders(odds, over, insiders(odds)))


def insiders(odds: Sequence[float]) -> float:
    """Shin's z for three outcomes or more, from 0 to below 1. Errors: ValueError, see `overround`."""
    over = overround(odds)
    if len(odds) < 3:
        raise ValueError("Shin's z is sought for three outcomes or more; with two there is a closed form.")
    # The sum falls with z: from the root of B at 0 to the sum of q² / B, which is below 1, towards 1.
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        z = (low + high) / 2.0
        if z == 1.0:
            break
        if sum(_of_insiders(odds, over, z)) > 1.0:
            low = z
        else:
            high = z
    return low


def _of_insiders(odds: Sequence[float], over: float, z: float) -> list[float]:
    """Shin's formula for a given z from 0 to below 1."""
    return [(sqrt(z * z + 4.0 * (1.0 - z) / (o * o * (1.0 + over))) - z) / (2.0 * (1.0 - z)) for o in odds]


def _adding_up(probabilities: Sequence[float]) -> tuple[float, ...]:
    """What is left of the last step's error is spread, so that they add up."""
    total = sum(probabilities)
    return tuple(p / total for p in probabilities)

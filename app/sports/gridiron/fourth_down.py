"""Fourth down: the win probability of going for it, kicking and punting, and how sure the difference is. Pure.

WP(go) = P(converted) * mean WP of where that leads + (1 - P) * WP after the ball is handed over; WP(kick) = P(made) *
WP after three points + (1 - P) * WP after a miss; WP(punt) = mean WP of where the receivers begin (cfb4th, Burke). All of the
team with the ball. The margin is the best less the second best choice. Its standard error comes from the covariance of
the coefficients (delta method, robust to plays of one game): of the win probability, of P(converted) and of P(made). It is far
larger than is usually shown (Brill, Yurko and Wyner 2023, arXiv:2311.03490), and still leaves out what the formula itself
may miss: these very teams, wind, and expected points.

A decision is a toss-up where the margin is below TOSS_UP or below its standard error.
Golden: with P(converted) 0.6, WP 0.7 after and 0.3 else, go is 0.54; with P(made) 0.8, WP 0.55 and 0.35, kick is 0.51.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import msgspec

from app.sports.gridiron.play_outcomes import (
    Weighted,
    convert_chance,
    converted,
    failed,
    field_goal_chance,
    kicked,
    punted,
)
from app.sports.gridiron.situation import Situation
from app.sports.gridiron.win_chances import home_wins, regression_of

TOSS_UP = 0.01
CHOICES = ("go", "kick", "punt")


class Decision(msgspec.Struct, frozen=True):
    """chances: P(win) of the team with the ball by choice; those that are not open are left out. best: the highest.
    margin: over the second best, 1 where there is none. error: standard error of the margin. toss_up: see above."""

    chances: dict[str, float]
    best: str
    margin: float
    error: float
    toss_up: bool


class _Choice(msgspec.Struct, frozen=True):
    """results: what may come of it, with weights that add up to 1. chance, terms, part: the regression of its success, where
    it has one, and by how much its success is worth more than its failure."""

    results: list[Weighted]
    chance: float = 0.0
    terms: tuple[float, ...] = ()
    part: str = ""
    worth: float = 0.0


def decide(kernel: Any, s: Situation, *, spread: bool = True) -> Decision | None:
    """What a fourth down offers; None where no fourth down is due or its place is not told."""
    if s.down != 4 or s.distance_yd is None or s.yards_to_goal is None:
        return None
    choices = _choices(kernel, s, spread)
    chances = {name: _mean(kernel, s, choice.results, spread) for name, choice in choices.items()}
    order = sorted(chances, key=lambda name: -chances[name])
    best, second = order[0], order[1] if len(order) > 1 else None
    if second is None:
        return Decision(chances, best, 1.0, 0.0, False)
    margin = chances[best] - chances[second]
    error = _error(kernel, s, choices[best], choices[second], spread)
    return Decision(chances, best, margin, error, margin < max(TOSS_UP, error))


def blend(chance: float, after: float, otherwise: float) -> float:
    """The mean of two win probabilities."""
    return chance * after + (1.0 - chance) * otherwise


def _choices(kernel: Any, s: Situation, spread: bool) -> dict[str, _Choice]:
    chance, terms = convert_chance(kernel, s)
    good, bad = converted(kernel, s), [(1.0, failed(kernel, s))]
    found = {"go": _either(kernel, s, chance, good, bad, terms, "convert", spread)}
    made = field_goal_chance(kernel, s)
    if made is not None:
        through, wide = kicked(kernel, s)
        found["kick"] = _either(kernel, s, made[0], [(1.0, through)], [(1.0, wide)], made[1], "field_goal", spread)
    places = punted(kernel, s)
    if places:
        found["punt"] = _Choice(places)
    return found


def _either(
    kernel: Any,
    s: Situation,
    chance: float,
    good: list[Weighted],
    bad: list[Weighted],
    terms: tuple[float, ...],
    part: str,
    spread: bool,
) -> _Choice:
    results = [(chance * w, after) for w, after in good] + [((1.0 - chance) * w, after) for w, after in bad]
    worth = _mean(kernel, s, good, spread) - _mean(kernel, s, bad, spread)
    return _Choice(results, chance, terms, part, worth)


def _mean(kernel: Any, s: Situation, results: list[Weighted], spread: bool) -> float:
    """Mean win probability of the team that has the ball in `s`."""
    total = 0.0
    for weight, after in results:
        home = home_wins(kernel, after, spread=spread)
        total += weight * (home if s.offense_is_home else 1.0 - home)
    return total


def _error(kernel: Any, s: Situation, best: _Choice, second: _Choice, spread: bool) -> float:
    """Standard error of the difference of two choices."""
    covariance = kernel.tables[s.league]["covariance"]
    variance = _variance_of_wins(kernel, s, best, second, spread)
    for choice in (best, second):
        if choice.part:
            slope = choice.worth * choice.chance * (1.0 - choice.chance)
            variance += slope * slope * _quadratic(covariance[choice.part], (*choice.terms, 1.0))
    return sqrt(variance)


def _variance_of_wins(kernel: Any, s: Situation, best: _Choice, second: _Choice, spread: bool) -> float:
    """What the coefficients of the win probability add: those of both choices' situations are the same ones."""
    slope: list[float] | None = None
    part = ""
    for sign, choice in ((1.0, best), (-1.0, second)):
        for weight, after in choice.results:
            told = regression_of(kernel, after, spread=spread)
            if told is None:
                continue
            part, terms, p = told
            # The chance is of who has the ball afterwards: for the other team it counts the other way round.
            ours = isinstance(after, Situation) and after.offense_is_home == s.offense_is_home
            side = sign if ours else -sign
            push = side * weight * p * (1.0 - p)
            if slope is None:
                slope = [0.0] * (len(terms) + 1)
            for i, term in enumerate((*terms, 1.0)):
                slope[i] += push * term
    if slope is None:
        return 0.0
    return _quadratic(kernel.tables[s.league]["covariance"][part.removeprefix(f"{s.league}_")], slope)


def _quadratic(covariance: Sequence[Sequence[float]], slope: Sequence[float]) -> float:
    total = 0.0
    for a, row in zip(slope, covariance, strict=True):
        if a:
            total += a * sum(b * c for b, c in zip(slope, row, strict=True))
    return max(total, 0.0)

"""The arithmetic of the chances of a match: goals still to come, who wins, how much that may move. Pure functions.

Shared by the signals `win_probability`, `goal_probability`, `win_probability_added`, `leverage` and `key_moments`, and by
training. The goals that a team still scores are Poisson; the two teams are independent. Their mean is the sum over the
periods left of
    per_s * left * (1 + rise * (middle - 1/2)) * own_red ** (own players off) * other_red ** (opponent's players off)
where `left` is the seconds left in the period, expected stoppage time included, and `middle` is the middle of what is
left as a share of the period: goals get more frequent within a half. All numbers are the committed model
"win_probability" (docs/models.md), fitted on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7,
CC BY 4.0). Where odds were known before kick-off, each team's mean is scaled by one factor for the whole match, so that
the chances at kick-off are those of the odds (`means_of`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from typing import Any

OUTCOMES = ("home", "draw", "away")
OVER = ("finished", "full_time")
NOT_PLAYED = ("postponed", "abandoned")
SHOOT_OUT = 5
# "The next five minutes" of `goal_probability` and `leverage`.
SOON_S = 300.0
_STARTS_S = (0.0, 2700.0, 5400.0, 6300.0)
_LENGTHS_S = (2700.0, 2700.0, 900.0, 900.0)
_LAST_OF = (2, 2, 4, 4)  # the period in which the block that a period belongs to ends: 90 or 120 minutes
# With a mean of 3 goals to come, more than 15 happen once in ten million.
_MOST_GOALS = 15
# In five minutes: four goals of one team happen twice in a million times.
_MOST_GOALS_SOON = 3
# Means that no match has; between them a solution is looked for.
_LEAST_MEAN, _MOST_MEAN = 0.01, 8.0
_NEWTON_STEPS = 25


def decided(status: str, period: int) -> bool:
    """Is there no goal to come any more: after the whistle, or in a shoot-out, whose kicks are no goals."""
    return status in OVER or period >= SHOOT_OUT


def chances(
    k: Any,
    status: str,
    period: int,
    elapsed_s: float,
    score: tuple[int, int],
    reds: tuple[int, int] = (0, 0),
    prior: tuple[float, float] = (0.0, 0.0),
) -> dict[str, float] | None:
    """{"home", "draw", "away"} in thousandths that add up to 1; None for a match that will not be played.

    k: the model's parameters. score, reds: home's and away's goals and dismissals. prior: see `goals_to_come`.
    """
    if status in NOT_PLAYED:
        return None
    lead = score[0] - score[1]
    if decided(status, period):
        return thousandths((float(lead > 0), float(lead == 0), float(lead < 0)))
    home, away = goals_to_come(k, period, elapsed_s, home_reds=reds[0], away_reds=reds[1], status=status, prior=prior)
    return thousandths(result(lead, home, away))


def goals_to_come(
    k: Any,
    period: int,
    elapsed_s: float,
    *,
    home_reds: int = 0,
    away_reds: int = 0,
    status: str = "live",
    prior: tuple[float, float] = (0.0, 0.0),
    within_s: float = inf,
) -> tuple[float, float]:
    """Expected goals of home and away until the end of the 90 (period 0 to 2) or 120 minutes (period 3, 4).

    k: the model's parameters. elapsed_s: match clock in seconds; before kick-off the whole match is to come.
    prior: expected goals of both in the whole 90 minutes as seen before kick-off (`means_of`); (0, 0) where nobody said.
    within_s: count the next so many seconds of play only; what a half has no room for goes on in the next half.
    """
    current = max(period, 1)
    home = away = 0.0
    for number in range(current, _LAST_OF[current - 1] + 1):
        i = number - 1
        played_s = max(elapsed_s - _STARTS_S[i], 0.0) if number == period else 0.0
        left_s = 0.0 if number == period and status == "half_time" else _left_s(k, i, played_s)
        left_s = min(left_s, within_s)
        within_s -= left_s
        middle = (played_s + left_s / 2) / _LENGTHS_S[i]
        weight = left_s * (1.0 + k.rise[i] * (middle - 0.5))
        home += k.home_per_s[i] * weight
        away += k.away_per_s[i] * weight
    home *= k.own_red**home_reds * k.other_red**away_reds
    away *= k.own_red**away_reds * k.other_red**home_reds
    if prior[0] > 0.0 and prior[1] > 0.0:
        average_home, average_away = goals_to_come(k, 0, 0.0)
        home *= prior[0] / average_home
        away *= prior[1] / average_away
    return home, away


def _left_s(k: Any, i: int, played_s: float) -> float:
    """Expected seconds left in a period, stoppage time included; never less than what is always expected."""
    return max(_LENGTHS_S[i] + k.stoppage_s[i] - played_s, k.stoppage_left_s)


def result(lead: int, home: float, away: float) -> tuple[float, float, float]:
    """P(home win), P(draw), P(away win) for a lead and the means of the goals still to come."""
    return _outcome(lead, _poisson(home), *_with_sums(_poisson(away)))


def _outcome(
    lead: int, home_p: Sequence[float], away_p: Sequence[float], below: Sequence[float]
) -> tuple[float, float, float]:
    """`result` from the distributions of the goals to come; below[n]: P(away scores fewer than n)."""
    win = draw = 0.0
    for goals, p in enumerate(home_p):
        level = goals + lead  # away needs exactly this many more for a draw
        if level < 0:
            continue
        if level > _MOST_GOALS:
            win += p
            continue
        win += p * below[level]
        draw += p * away_p[level]
    return win, draw, max(1.0 - win - draw, 0.0)


def _with_sums(away_p: list[float]) -> tuple[list[float], list[float]]:
    below = [0.0]
    for p in away_p:
        below.append(below[-1] + p)
    return away_p, below


def _poisson(mean: float) -> list[float]:
    """P(0 goals) to P(_MOST_GOALS goals)."""
    p = exp(-mean)
    probabilities = [p]
    for goals in range(1, _MOST_GOALS + 1):
        p *= mean / goals
        probabilities.append(p)
    return probabilities


def thousandths(probabilities: Sequence[float]) -> dict[str, float]:
    """Rounded to 0.001 so that they add up: what is left over goes to the largest remainders, home first."""
    scaled = [p * 1000.0 for p in probabilities]
    units = [int(s) for s in scaled]
    by_remainder = sorted(range(3), key=lambda i: units[i] - scaled[i])
    for i in by_remainder[: 1000 - sum(units)]:
        units[i] += 1
    return {name: n / 1000 for name, n in zip(OUTCOMES, units, strict=True)}


def at_least_one(mean: float) -> float:
    """P(one goal or more) for a mean of 0 or more."""
    return 1.0 - exp(-mean)


def soon_and_later(
    k: Any,
    status: str,
    period: int,
    elapsed_s: float,
    reds: tuple[int, int] = (0, 0),
    prior: tuple[float, float] = (0.0, 0.0),
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Expected goals of home and away within the next SOON_S of play, and after that; arguments as of `chances`."""

    def to_come(within_s: float) -> tuple[float, float]:
        return goals_to_come(
            k,
            period,
            elapsed_s,
            home_reds=reds[0],
            away_reds=reds[1],
            status=status,
            prior=prior,
            within_s=within_s,
        )

    soon, whole = to_come(SOON_S), to_come(inf)
    return soon, (max(whole[0] - soon[0], 0.0), max(whole[1] - soon[1], 0.0))


def expected_swing(lead: int, soon: tuple[float, float], later: tuple[float, float]) -> float:
    """E|change| of home's share, P(win) + P(draw) / 2, over a stretch of play; 0 to 0.5.

    soon, later: means of the goals of home and away within the stretch and after it. The share now is the mean of the
    shares afterwards (the model is consistent over time), so this is their mean absolute deviation.
    """
    home_p, (away_p, below) = _poisson(later[0]), _with_sums(_poisson(later[1]))
    home_soon, away_soon = (_poisson(mean)[: _MOST_GOALS_SOON + 1] for mean in soon)
    by_change = [0.0] * (2 * _MOST_GOALS_SOON + 1)
    for i, p in enumerate(home_soon):
        for j, q in enumerate(away_soon):
            by_change[i - j + _MOST_GOALS_SOON] += p * q
    shares: list[float] = []
    for change in range(-_MOST_GOALS_SOON, _MOST_GOALS_SOON + 1):
        win, draw, _ = _outcome(lead + change, home_p, away_p, below)
        shares.append(win + draw / 2.0)
    now = sum(p * s for p, s in zip(by_change, shares, strict=True)) / sum(by_change)
    return sum(p * abs(s - now) for p, s in zip(by_change, shares, strict=True))


def means_of(home_win: float, draw: float, away_win: float) -> tuple[float, float]:
    """The expected goals of home and away whose independent Poisson counts give these three chances.

    Chances above 0 that add up to 1. Newton's method in the logarithms of the two means, always the same number of
    steps, so that it costs and gives the same everywhere; d/dmean of E[f(goals)] is E[f(goals + 1)] - E[f(goals)].
    Means stay within 0.01 and 8: chances that only others would give are met as nearly as these do.
    """
    # A start that is near enough: equal teams draw about 0.38 / sqrt(goals) of their matches.
    total = min(max(0.145 / max(draw * draw, 1e-6), 0.5), 8.0)
    tilt = min(max((home_win - away_win) * 0.9, -0.9), 0.9)
    home, away = total * (1.0 + tilt) / 2.0, total * (1.0 - tilt) / 2.0
    for _ in range(_NEWTON_STEPS):
        home_p, (away_p, below) = _poisson(home), _with_sums(_poisson(away))
        win, level, lost = _outcome(0, home_p, away_p, below)
        ahead, ahead_level, _ = _outcome(1, home_p, away_p, below)
        behind, behind_level, _ = _outcome(-1, home_p, away_p, below)
        # Of P(win) - P(lost) and P(draw), by the logarithms of home and away.
        margin = win - lost - (home_win - away_win)
        margin_home = home * ((2.0 * ahead + ahead_level) - (2.0 * win + level))
        margin_away = away * ((2.0 * behind + behind_level) - (2.0 * win + level))
        excess = level - draw
        excess_home, excess_away = home * (ahead_level - level), away * (behind_level - level)
        determinant = margin_home * excess_away - margin_away * excess_home
        if abs(determinant) < 1e-300:
            break
        by_home = (excess * margin_away - margin * excess_away) / determinant
        by_away = (margin * excess_home - excess * margin_home) / determinant
        longest = max(abs(by_home), abs(by_away), 0.5)
        home = _within(home * exp(by_home * 0.5 / longest))
        away = _within(away * exp(by_away * 0.5 / longest))
    return home, away


def _within(mean: float) -> float:
    return min(max(mean, _LEAST_MEAN), _MOST_MEAN)

"""Win probability: how likely home win, draw and away win are, given the score, the clock and the red cards.

Formula: the goals a team still scores are Poisson with mean = sum over the periods left of
    per_s * left * (1 + rise * (middle - 1/2)) * own_red ** (own players off) * other_red ** (opponent's players off)
where `left` is the seconds left in the period, expected stoppage time included, and `middle` is the middle of
what is left as a share of the period: goals get more frequent within a half. The two teams are independent; the
final result is the score plus what both still score. All numbers are the committed model "win_probability"
(docs/models.md), fitted on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7, CC BY 4.0).
Unit: probability; the three add up to exactly 1 at the resolution (largest remainder). No team strengths, no
odds: at kick-off every match starts from the average home advantage.

Edge cases
- Stoppage time: beyond the expected end at least `stoppage_left_s` are still expected, so nothing is certain
  before the whistle. Half time: nothing is left of the half that ended.
- Finished, or full time: 1 for the result. Postponed or abandoned: nothing to say.
- The result counts play, extra time included, but not the shoot-out: in a shoot-out (and after it) draw is 1.
- Extra time is not foreseen: at the end of a level cup match draw nears 1, and opens again when extra time
  starts, for which only the goals of extra time are to come.
"""

from collections.abc import Sequence
from math import exp
from typing import Any

from app.sports.base import Signal

SIGNAL = Signal(
    name="win_probability",
    title="Win probability",
    description="Probability of home win, draw and away win after 90 minutes (after 120 once extra time has started).",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="outcome",
    source="Poisson goals to come; rates fitted on Wyscout open data (doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"shot", "own_goal", "card", "foul", "period_start", "period_end", "status"}),
    minute=True,
    features=(
        "match_status",
        "match_period",
        "match_elapsed_s",
        "home_score",
        "away_score",
        "home_red_cards",
        "away_red_cards",
    ),
    model="win_probability",
    sums_to_one=True,
)

OUTCOMES = ("home", "draw", "away")
_STARTS_S = (0.0, 2700.0, 5400.0, 6300.0)
_LENGTHS_S = (2700.0, 2700.0, 900.0, 900.0)
_LAST_OF = (2, 2, 4, 4)  # the period in which the block that a period belongs to ends: 90 or 120 minutes
# With a mean of 3 goals to come, more than 15 happen once in ten million.
_MOST_GOALS = 15


def value(f: Any, model: Any, memory: Any) -> dict[str, float] | None:
    """{"home", "draw", "away"} in thousandths that add up to 1; None for a match that will not be played."""
    if f.match_status in ("postponed", "abandoned"):
        return None
    lead = f.home_score - f.away_score
    if f.match_status in ("finished", "full_time") or f.match_period >= 5:
        return _thousandths((float(lead > 0), float(lead == 0), float(lead < 0)))
    home, away = goals_to_come(
        model.kernel,
        f.match_period,
        f.match_elapsed_s,
        home_reds=f.home_red_cards,
        away_reds=f.away_red_cards,
        status=f.match_status,
    )
    return _thousandths(result(lead, home, away))


def goals_to_come(
    k: Any, period: int, elapsed_s: float, *, home_reds: int = 0, away_reds: int = 0, status: str = "live"
) -> tuple[float, float]:
    """Expected goals of home and away until the end of the 90 (period 0 to 2) or 120 minutes (period 3, 4).

    k: the model's parameters. elapsed_s: match clock in seconds; before kick-off the whole match is to come.
    """
    current = max(period, 1)
    home = away = 0.0
    for number in range(current, _LAST_OF[current - 1] + 1):
        i = number - 1
        played_s = max(elapsed_s - _STARTS_S[i], 0.0) if number == period else 0.0
        left_s = 0.0 if number == period and status == "half_time" else _left_s(k, i, played_s)
        middle = (played_s + left_s / 2) / _LENGTHS_S[i]
        weight = left_s * (1.0 + k.rise[i] * (middle - 0.5))
        home += k.home_per_s[i] * weight
        away += k.away_per_s[i] * weight
    home *= k.own_red**home_reds * k.other_red**away_reds
    away *= k.own_red**away_reds * k.other_red**home_reds
    return home, away


def _left_s(k: Any, i: int, played_s: float) -> float:
    """Expected seconds left in a period, stoppage time included; never less than what is always expected."""
    return max(_LENGTHS_S[i] + k.stoppage_s[i] - played_s, k.stoppage_left_s)


def result(lead: int, home: float, away: float) -> tuple[float, float, float]:
    """P(home win), P(draw), P(away win) for a lead and the means of the goals still to come."""
    home_p, away_p = _poisson(home), _poisson(away)
    below = [0.0]  # below[n]: the probability that away scores fewer than n
    for p in away_p:
        below.append(below[-1] + p)
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


def _poisson(mean: float) -> list[float]:
    """P(0 goals) to P(_MOST_GOALS goals)."""
    p = exp(-mean)
    probabilities = [p]
    for goals in range(1, _MOST_GOALS + 1):
        p *= mean / goals
        probabilities.append(p)
    return probabilities


def _thousandths(probabilities: Sequence[float]) -> dict[str, float]:
    """Rounded to 0.001 so that they add up: what is left over goes to the largest remainders, home first."""
    scaled = [p * 1000.0 for p in probabilities]
    units = [int(s) for s in scaled]
    by_remainder = sorted(range(3), key=lambda i: units[i] - scaled[i])
    for i in by_remainder[: 1000 - sum(units)]:
        units[i] += 1
    return {name: n / 1000 for name, n in zip(OUTCOMES, units, strict=True)}

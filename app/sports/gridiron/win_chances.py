"""The chances of a football game from the situation before a snap. Pure functions, shared by signals and by training.

In regulation P(the team with the ball wins) is a logistic regression on terms of its lead, of its lead with expected points
added, each over a root of the time left (what is still to come spreads like a random walk, so a lead weighs as lead / root of
time: Stern 1994, JASA 89), of who is at home, who receives after half-time, time-outs, leads of one score late, and, in the other variant, the points by which the team was favoured. Overtime follows the rules of the
league instead (`overtime`), and a lead whose clock can be knelt out is as good as won. A tie counts half. The regressions are parts of the model "gridiron" (docs/models.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from app.sports.gridiron import overtime
from app.sports.gridiron.expected_points import KICK_OFF, expected_points
from app.sports.gridiron.play_outcomes import Result, Settled, Weighted
from app.sports.gridiron.situation import REGULATION_S, Situation

TERMS = (
    "lead_and_points_now",
    "lead_and_points_soon",
    "lead_and_points",
    "lead_soon",
    "home",
    "receives",
    "timeouts",
    "late",
    "late_behind_field_goal",
    "late_behind_touchdown",
    "late_ahead_field_goal",
    "late_ahead_touchdown",
    "late_fourth",
    "late_fourth_ahead",
    "to_come_cubed",
)
SPREAD_TERMS = (*TERMS, "spread", "spread_of_time_left")
# The clock runs 40 s between kneel-downs, which take some 3 s themselves.
_BETWEEN_S, _KNEEL_S = 40.0, 3.0
ALL_TIMEOUTS = 3
# Beyond so many points over the root of the time left nothing changes any more; this holds the cube to what was seen.
_MOST = 40.0
# Of 297 such snaps in training every one was won.
KNELT_OUT = 0.99
# A kick after a touchdown is good 19 times in 20.
TRY_POINTS = 1


def kneeling_s(down: Any, defense_timeouts: Any) -> Any:
    """Seconds that a team can burn by kneeling, from this down on: each time-out of the defense saves one run-off."""
    runs_off = 4 - down - defense_timeouts
    return (5 - down) * _KNEEL_S + (runs_off > 0) * runs_off * _BETWEEN_S


def knelt_out(lead: Any, game_s: Any, down: Any, defense_timeouts: Any) -> Any:
    """Can the team with the ball, being ahead, run the clock out without another play?"""
    return (lead > 0) & (game_s > 0.0) & (kneeling_s(down, defense_timeouts) >= game_s)


def terms(
    lead: Any,
    points: Any,
    game_s: Any,
    home: Any,
    receives: Any,
    timeouts: Any,
    down: Any,
    spread: Any = None,
    of: Any = math,
) -> tuple[Any, ...]:
    """The values of TERMS, or of SPREAD_TERMS where a spread is given, from the view of the team with the ball.

    lead: points ahead. points: expected points. game_s: seconds left in regulation. home: 1 at home, -1 away.
    receives: 1 where it receives after half-time, -1 where the other does, 0 once that is past. timeouts: its own less
    the opponent's. down: 1 to 4. spread: points by which it is favoured. of: as in expected_points.terms.
    """
    left = game_s / REGULATION_S
    soon = of.sqrt(left + 0.02)
    late = of.exp(-game_s / 240.0)
    late_fourth = late * (down == 4)
    both = lead + points
    # Nearly decided games are decided more often than a straight line of log-odds has it.
    to_come = (both if spread is None else both + spread * left) / soon
    to_come = (abs(to_come + _MOST) - abs(to_come - _MOST)) / 2.0
    found = (
        both / of.sqrt(left + 0.001),
        both / soon,
        both / of.sqrt(left + 0.3),
        lead / soon,
        home * left / soon,
        receives / soon,
        timeouts * late,
        late,
        late * ((lead < 0) & (lead >= -3)),
        late * ((lead < -3) & (lead >= -8)),
        late * ((lead > 0) & (lead <= 3)),
        late * ((lead > 3) & (lead <= 8)),
        late_fourth,
        late_fourth * (lead > 0),
        to_come * to_come * to_come / 1000.0,
    )
    if spread is None:
        return found
    return (*found, spread * left / soon, spread * left)


def offense_wins(kernel: Any, s: Situation, *, spread: bool = True) -> float:
    """P(the team with the ball wins) + P(tie) / 2, 0 to 1. kernel: of the model "gridiron".

    spread: use the pre-game spread where one is known. No snap due and no time left: the result. A try that is due counts as its usual point, and a kick-off as a
    first down of the receivers after a touchback.
    """
    if s.down is None and s.yards_to_goal is not None:
        return 1.0 - offense_wins(kernel, _after_try(s), spread=spread)
    lead = s.home_score - s.away_score if s.offense_is_home else s.away_score - s.home_score
    if s.is_overtime:
        return overtime.offense_wins(kernel, s, lead)
    if s.period == 4 and s.game_s <= 0.0 and s.down is None:
        return ended(lead)
    part, values = _terms(kernel, s, lead, spread)
    p = kernel.regressions[part].predict(values)[0]
    timeouts = s.away_timeouts if s.offense_is_home else s.home_timeouts
    if s.down is not None and knelt_out(lead, s.game_s, s.down, ALL_TIMEOUTS if timeouts is None else timeouts):
        return max(p, KNELT_OUT)
    return p


def regression_of(kernel: Any, s: Result, *, spread: bool = True) -> tuple[str, tuple[float, ...], float] | None:
    """The regression that a win probability comes from, its terms, and what it says of the team with the ball; None in
    overtime, after the end, and where a try is due."""
    if isinstance(s, Settled):
        return None
    over = s.period == 4 and s.game_s <= 0.0 and s.down is None
    if over or s.is_overtime or (s.down is None and s.yards_to_goal is not None):
        return None
    lead = s.home_score - s.away_score if s.offense_is_home else s.away_score - s.home_score
    part, values = _terms(kernel, s, lead, spread)
    return part, values, kernel.regressions[part].predict(values)[0]


def _terms(kernel: Any, s: Situation, lead: int, spread: bool) -> tuple[str, tuple[float, ...]]:
    down, distance, yards = _place(s)
    points = expected_points(kernel.regressions[f"{s.league}_next_score"], down, distance, yards, s.half_s)
    sign = 1 if s.offense_is_home else -1
    receives = 0
    if s.period <= 2 and s.home_receives_second_half is not None:
        receives = sign if s.home_receives_second_half else -sign
    own, other = (s.home_timeouts, s.away_timeouts) if s.offense_is_home else (s.away_timeouts, s.home_timeouts)
    timeouts = 0 if own is None or other is None else own - other
    favoured = s.home_spread * sign if spread and s.home_spread is not None else None
    values = terms(float(lead), points, s.game_s, sign, receives, timeouts, down, favoured)
    return f"{s.league}_win" if favoured is None else f"{s.league}_win_spread", values


def home_wins(kernel: Any, s: Result, *, spread: bool = True) -> float:
    """P(home wins) + P(tie) / 2, 0 to 1; see `offense_wins`."""
    if isinstance(s, Settled):
        return s.home_share
    p = offense_wins(kernel, s, spread=spread)
    return p if s.offense_is_home else 1.0 - p


def ended(lead: int) -> float:
    """The share of who leads by so much when the game is over: 1, 0, or half of a tie."""
    return 1.0 if lead > 0 else 0.0 if lead < 0 else 0.5


def _place(s: Situation) -> tuple[int, int, int]:
    """Down, distance and yards to the goal line; a kick-off as `KICK_OFF`."""
    if s.down is None or s.yards_to_goal is None:
        return KICK_OFF
    return s.down, s.yards_to_goal if s.distance_yd is None else s.distance_yd, s.yards_to_goal


def _after_try(s: Situation) -> Situation:
    """The kick-off after a try: the other team receives, one point further behind."""
    home, away = (TRY_POINTS, 0) if s.offense_is_home else (0, TRY_POINTS)
    return Situation(
        offense_is_home=not s.offense_is_home,
        down=None,
        distance_yd=None,
        yards_to_goal=None,
        half_s=s.half_s,
        game_s=s.game_s,
        period=s.period,
        home_score=s.home_score + home,
        away_score=s.away_score + away,
        home_timeouts=s.home_timeouts,
        away_timeouts=s.away_timeouts,
        home_receives_second_half=s.home_receives_second_half,
        is_overtime=s.is_overtime,
        league=s.league,
        home_spread=s.home_spread,
    )


def expected_swing(kernel: Any, outcomes: Iterable[Weighted], *, spread: bool = True) -> float:
    """E|change of the win probability| over what the next snap may lead to (`play_outcomes.outcomes`), 0 to 0.5.

    What is now is taken as the mean of what comes, so that a model that is not quite consistent over time expects nothing
    where nothing can happen.
    """
    found = [(weight, home_wins(kernel, after, spread=spread)) for weight, after in outcomes]
    whole = sum(weight for weight, _ in found)
    if whole == 0.0:
        return 0.0
    now = sum(weight * share for weight, share in found) / whole
    return sum(weight * abs(share - now) for weight, share in found) / whole

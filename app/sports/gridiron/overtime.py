"""Who wins an overtime, by the rules of each league. Pure.

College (since 1996): each team takes a turn from the 25; level after both turns, another overtime begins, and from the
third on (since 2021) a turn is one try for two points. NFL (2012 to 2024; since 2022 in the play-offs both teams have the ball
in any case, which is not told apart here): a touchdown of the first team to have the ball wins; after its field goal the other
team has one turn; level after both, the next score wins. An overtime that nobody wins is a tie, and counts half.

How a turn ends is taken from the next-score regression of the league (`expected_points`), and the share of tries from the
model's tables. Golden, with turns that end in a touchdown, a field goal or nothing with 0.5, 0.3 and 0.2: second at the
ball and 3 points behind wins 0.5 + 0.3 / 2 = 0.65; 7 behind 0.25; level 0.8 + 0.2 / 2 = 0.9; first at the ball
0.5 (1 - 0.25) + 0.3 (1 - 0.65) + 0.2 (1 - 0.9) = 0.5. A touchdown counts 7.
"""

from __future__ import annotations

from typing import Any

from app.sports.gridiron.expected_points import KICK_OFF, terms
from app.sports.gridiron.situation import FIRST_OVERTIME, Situation

# How a turn at the ball ends: with a touchdown, a field goal, or nothing.
Turn = tuple[float, float, float]
# Where a college turn begins.
COLLEGE_START = (1, 10, 25)
FIRST_OF_TRIES = FIRST_OVERTIME + 2
# No clock runs: as if the half was long.
NO_CLOCK_S = 1800.0
# Of snaps in a level game this share belongs to the first turn, as only a turn that made nothing leaves it level.
FIRST_TURN_SHARE = 0.75
# Nothing tells which NFL turn it is; with less than 4 minutes of 10 left it is not the first, with 7 it is.
_FIRST_TURN_OVER_S, _FIRST_TURN_FADES_S, _TURN_S = 240.0, 180.0, 180.0


def offense_wins(kernel: Any, s: Situation, lead: int) -> float:
    """P(the team with the ball wins) + P(tie) / 2. lead: points it is ahead."""
    return _college(kernel, s, lead) if s.league == "cfb" else _nfl(kernel, s, lead)


def _turn(kernel: Any, s: Situation, start: tuple[int, int, int], clock_s: float) -> Turn:
    """How the turn of who has the ball ends, from the situation or, where no snap is told, from a start."""
    down, distance, yards = start
    if s.down is not None and s.yards_to_goal is not None:
        down, yards = s.down, s.yards_to_goal
        distance = yards if s.distance_yd is None else s.distance_yd
    distance = min(max(distance, 1), yards)
    p = kernel.regressions[f"{s.league}_next_score"].predict(terms(down, distance, yards, clock_s))
    return p[0], p[1], 1.0 - p[0] - p[1]


def second_turn(turn: Turn, behind: int) -> float:
    """P(the team of the second turn wins), another overtime being even. behind: points it needs to draw level."""
    touchdown, field_goal, nothing = turn
    return touchdown * _answered(7 - behind) + field_goal * _answered(3 - behind) + nothing * _answered(-behind)


def turn_worth(start: Turn, lead: int) -> Turn:
    """P(win) of who has the ball in a college overtime once its turn has ended with a touchdown, a field goal, or nothing.

    start: how the other team's turn would end. lead: of who has the ball before it scores. Behind, the turn is the second
    one; in a level game it is the first with FIRST_TURN_SHARE.
    """
    if lead > 0:
        # It has scored, and the other team's turn is next.
        share = 1.0 - second_turn(start, lead)
        return share, share, share
    if lead < 0:
        return _answered(7 + lead), _answered(3 + lead), _answered(lead)
    first = (1.0 - second_turn(start, 7), 1.0 - second_turn(start, 3), 1.0 - second_turn(start, 0))
    second = (1.0, 1.0, 0.5)
    touchdown, field_goal, nothing = (
        FIRST_TURN_SHARE * a + (1.0 - FIRST_TURN_SHARE) * b for a, b in zip(first, second, strict=True)
    )
    return touchdown, field_goal, nothing


def _answered(lead: int) -> float:
    """After the second turn: a win, a loss, or another overtime; a touchdown's tries may go either way by a point."""
    return 0.5 if -1 <= lead <= 1 else float(lead > 0)


def mean_worth(turn: Turn, worth: Turn) -> float:
    """P(win) of who has the ball, from how its turn ends and what each end is worth."""
    return turn[0] * worth[0] + turn[1] * worth[1] + turn[2] * worth[2]


def is_turn(s: Situation) -> bool:
    """Does a change of possession end the turn: a college overtime, but for those of tries alone?"""
    return s.is_overtime and s.league == "cfb" and s.period < FIRST_OF_TRIES


def worth_now(kernel: Any, s: Situation) -> Turn:
    """`turn_worth` of a situation."""
    lead = s.home_score - s.away_score if s.offense_is_home else s.away_score - s.home_score
    return turn_worth(_fresh(kernel, "cfb", COLLEGE_START, NO_CLOCK_S), lead)


def _college(kernel: Any, s: Situation, lead: int) -> float:
    if s.period >= FIRST_OF_TRIES:
        share = kernel.tables["cfb"]["two_point"]
        if lead < 0:
            return share / 2.0 if lead >= -2 else 0.0
        return 0.5 if lead == 0 else 1.0 - share / 2.0
    return mean_worth(_turn(kernel, s, COLLEGE_START, NO_CLOCK_S), worth_now(kernel, s))


def _fresh(kernel: Any, league: str, start: tuple[int, int, int], clock_s: float) -> Turn:
    p = kernel.regressions[f"{league}_next_score"].predict(terms(*start, clock_s))
    return p[0], p[1], 1.0 - p[0] - p[1]


def _nfl(kernel: Any, s: Situation, lead: int) -> float:
    """Level: the next score wins, but for a field goal of the first turn. Behind: the turn is the last."""
    clock_s = max(s.half_s, 0.0)
    if clock_s == 0.0:
        return 1.0 if lead > 0 else 0.0 if lead < 0 else 0.5
    down, distance, yards = KICK_OFF
    if s.down is not None and s.yards_to_goal is not None:
        down, yards = s.down, s.yards_to_goal
        distance = yards if s.distance_yd is None else s.distance_yd
    if lead != 0:
        start = _fresh(kernel, s.league, KICK_OFF, clock_s)
        return 1.0 - second_turn(start, lead) if lead > 0 else second_turn(_turn(kernel, s, KICK_OFF, clock_s), -lead)
    p = kernel.regressions[f"{s.league}_next_score"].predict(terms(down, min(max(distance, 1), yards), yards, clock_s))
    # A field goal of the first turn is answered; later it wins.
    first = min(max((clock_s - _FIRST_TURN_OVER_S) / _FIRST_TURN_FADES_S, 0.0), 1.0)
    answer = _fresh(kernel, s.league, KICK_OFF, max(clock_s - _TURN_S, 1.0))
    field_goal = first * (1.0 - second_turn(answer, 3)) + 1.0 - first
    return p[0] + p[1] * field_goal + p[2] + p[3] / 2.0

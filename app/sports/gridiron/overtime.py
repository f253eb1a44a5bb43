"""Who wins an overtime, by the rules of each league. Pure.

College (since 1996): each team takes a turn from the 25; level after both turns, another overtime begins, and from the
third on (since 2021) a turn is one try for two points. NFL (2012 to 2024; since 2022 in the play-offs both teams have the ball
in any case, which is not told apart here): a touchdown of the first team to have the ball wins; after its field goal the other
team has one turn; level after both, the next score wins. An overtime that nobody wins is a tie, and counts half.

How a turn ends is taken from the next-score regression of the league (`expected_points`), and the share of tries from the
model's tables. Golden, with turns that end in a touchdown, a field goal or nothing with 0.5, 0.3 and 0.2: second at the
ball and 3 points behind wins 0.5 + 0.3 / 2 = 0.65; 7 behind 0.25; level 0.8 + 0.2 / 2 = 0.9; first at the ball
0.5 (1 - 0.25) + 0.3 (1 - 0.65) + 0.2 (1 - 0.9) = 0.5.
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
    touchdown, field_goal, _ = turn
    if behind <= 0:
        return 1.0 if behind < 0 else touchdown + field_goal + (1.0 - touchdown - field_goal) / 2.0
    if behind < 3:
        return touchdown + field_goal
    if behind == 3:
        return touchdown + field_goal / 2.0
    # With a kick after each touchdown 6 to 8 points are level on average.
    return touchdown if behind < 6 else touchdown / 2.0 if behind <= 8 else 0.0


def first_turn(turn: Turn, answer: Turn) -> float:
    """P(the team of the first turn wins) in a level game. answer: how the other team's turn ends."""
    touchdown, field_goal, nothing = turn
    return (
        touchdown * (1.0 - second_turn(answer, 7))
        + field_goal * (1.0 - second_turn(answer, 3))
        + nothing * (1.0 - second_turn(answer, 0))
    )


def _college(kernel: Any, s: Situation, lead: int) -> float:
    if s.period >= FIRST_OF_TRIES:
        share = kernel.tables["cfb"]["two_point"]
        if lead < 0:
            return share / 2.0 if lead >= -2 else 0.0
        return 0.5 if lead == 0 else 1.0 - share / 2.0
    turn = _turn(kernel, s, COLLEGE_START, NO_CLOCK_S)
    start = _fresh(kernel, "cfb", COLLEGE_START, NO_CLOCK_S)
    if lead > 0:
        return 1.0 - second_turn(start, lead)
    if lead < 0:
        return second_turn(turn, -lead)
    return FIRST_TURN_SHARE * first_turn(turn, start) + (1.0 - FIRST_TURN_SHARE) * second_turn(turn, 0)


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
    ours, theirs = p[0] + p[1] + p[2], p[4] + p[5] + p[6]
    return ours + (1.0 - ours - theirs) / 2.0

"""What one play changed: expected points added and win probability added. Pure.

EPA = EP after - EP before of the team with the ball, the sign turned where the other team has it afterwards; a score counts its
points instead of what follows (7 for a touchdown, the other team's below 0), and the end of a half or of the game counts 0. WPA =
WP after - WP before of the same team (both nflfastR). Of a kick-off the receivers are the team with the ball.
Golden: EP 1.0 before and 2.5 after is 1.5; a touchdown from EP 5.0 is 2.0; a lost ball after which the opponents have EP 1.2,
from EP 1.0, is -2.2; a touchdown returned against EP 2.0 is -9.0.
"""

from __future__ import annotations

from typing import Any

from app.sports.gridiron.expected_points import KICK_OFF, expected_points
from app.sports.gridiron.moments import TRIES, Moment
from app.sports.gridiron.situation import Situation
from app.sports.gridiron.win_chances import ended, home_wins


def points_before(kernel: Any, s: Situation) -> float:
    """Expected points of the team with the ball in `s`."""
    down, distance, yards = KICK_OFF
    if s.down is not None and s.yards_to_goal is not None:
        down, yards = s.down, s.yards_to_goal
        distance = yards if s.distance_yd is None else s.distance_yd
    half_s = 1800.0 if s.is_overtime else s.half_s
    return expected_points(kernel.regressions[f"{s.league}_next_score"], down, distance, yards, half_s)


def points_added(before: float, after: float, *, same_team: bool) -> float:
    """EPA of a play that did not score. before, after: EP of the team with the ball at each moment."""
    return (after if same_team else -after) - before


def epa(kernel: Any, m: Moment) -> float | None:
    """EPA of the team that had the ball, -14 to 14; None for no play, a try, and where what follows is not told."""
    s = m.before
    if s is None or m.type in TRIES or (s.down is None and m.type != "kickoff"):
        return None
    before = points_before(kernel, s)
    if m.points:
        return m.points - before
    if m.over:
        return -before
    after = m.after
    if after is None:
        return None
    if after.half_s <= 0.0 and not after.is_overtime:
        return -before
    return points_added(before, points_before(kernel, after), same_team=after.offense_is_home == s.offense_is_home)


def home_share(kernel: Any, m: Moment, *, spread: bool = True) -> float | None:
    """P(home wins) + P(tie) / 2 after the event; None where the situation is not told."""
    if m.over:
        return ended(m.home_lead)
    return None if m.after is None else home_wins(kernel, m.after, spread=spread)


def home_wpa(kernel: Any, m: Moment) -> float | None:
    """What the play added to the home team's win probability, -1 to 1; None for no play, and where what follows is not told."""
    if m.before is None:
        return None
    after = home_share(kernel, m)
    return None if after is None else after - home_wins(kernel, m.before)

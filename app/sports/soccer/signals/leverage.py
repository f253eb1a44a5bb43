"""Leverage: how much is at stake in the next five minutes, against the average minute of a match (1).

Leverage = E|change of the home team's share over the next 300 seconds of play| / `mean_swing`, where a share is P(win) +
P(draw) / 2 of `win_probability` (unrounded) and the expectation is over the goals that its model expects until then
(`app.sports.soccer.win_chances.expected_swing`). `mean_swing` is a parameter of the committed model "win_probability": the
mean of the same expectation over the 90 nominal minutes of the training matches, so that leverage is 1 on average over
them (docs/models.md). The away team's share is 1 minus the home team's: both have the same leverage.
Unit: 1, from 0 up. It is the leverage index (Tango 2006, for baseball) with the *expected* swing, not one that happened.

Edge cases: after the whistle, and in a shoot-out, whose kicks the win probability does not count, it is 0. The last minutes
of a level match are the highest, since a draw or a win hangs on the next goal, until hardly any time is left for one.
At half-time it is that of the second half's start. Extra time is not foreseen. Postponed or abandoned: nothing to say.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.soccer.win_chances import NOT_PLAYED, decided, expected_swing, soon_and_later

SIGNAL = Signal(
    name="leverage",
    title="Leverage",
    description="Expected change of the win probability in the next five minutes of play, 1 in the average minute.",
    unit="1",
    range=(0.0, 100.0),
    resolution=0.01,
    version=1,
    subject="match",
    source="leverage index: E|change of win probability| over its mean (Tango 2006), on Poisson goals to come",
    events=frozenset({"shot", "own_goal", "card", "foul", "period_start", "period_end", "status"}),
    minute=True,
    features=(
        "chances_may_turn",
        "match_status",
        "match_period",
        "match_elapsed_s",
        "home_score",
        "away_score",
        "home_red_cards",
        "away_red_cards",
        "pre_match_home_goals",
        "pre_match_away_goals",
    ),
    model="win_probability",
)


def value(f: Any, model: Any, memory: Any) -> float | None:
    """0 or more; None where nothing turned, or for a match that will not be played."""
    if not f.chances_may_turn or f.match_status in NOT_PLAYED:
        return None
    if decided(f.match_status, f.match_period):
        return 0.0
    soon, later = soon_and_later(
        model.kernel,
        f.match_status,
        f.match_period,
        f.match_elapsed_s,
        (f.home_red_cards, f.away_red_cards),
        (f.pre_match_home_goals, f.pre_match_away_goals),
    )
    return expected_swing(f.home_score - f.away_score, soon, later) / model.kernel.mean_swing

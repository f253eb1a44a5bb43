"""Goal probability: how likely a goal falls within the next five minutes of play, by home, by away, by either.

Value = 1 - exp(-mean), where the mean is the goals that the model of `win_probability` expects of the team within the next
300 seconds of play: the same rates, with red cards, the rise within a half, expected stoppage time, and the odds before
kick-off where there were any (`app.sports.soccer.win_chances`). For "either" the two means are added up. Unit: probability.
Subjects are home, away and either, so that all three are of one kind. Model: docs/models.md.
Golden: at kick-off, home, without odds: 300 s * 0.000231307 * (1 + 0.27 * (150 / 2700 - 0.5)) = 0.06106 goals, 1 - exp of
minus that = 0.0592.

Edge cases: what a half has no room for goes on in the next half; of the last minutes only what is expected to be left
counts, so the value falls towards the whistle and is 0 after it. At half-time it is that of the second half's start. A goal
or an own goal does not change it but for the rest of the clock: goals so far do not move the rates. In a shoot-out it is 0.
Extra time is not foreseen. Postponed or abandoned: nothing to say. A disallowed goal leaves no trace.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.soccer.win_chances import NOT_PLAYED, SOON_S, at_least_one, decided, goals_to_come

SIGNAL = Signal(
    name="goal_probability",
    title="Goal in five minutes",
    description="Probability of at least one goal by home, away or either within the next five minutes of play.",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.001,
    version=1,
    subject="outcome",
    source="Poisson goals to come; rates fitted on Wyscout open data (doi 10.1038/s41597-019-0247-7)",
    events=frozenset({"shot", "own_goal", "card", "foul", "period_start", "period_end", "status"}),
    minute=True,
    features=(
        "chances_may_turn",
        "match_status",
        "match_period",
        "match_elapsed_s",
        "home_red_cards",
        "away_red_cards",
        "pre_match_home_goals",
        "pre_match_away_goals",
    ),
    model="win_probability",
)


def value(f: Any, model: Any, memory: Any) -> dict[str, float] | None:
    """{"home", "away", "either"}; None where nothing turned, or for a match that will not be played."""
    if not f.chances_may_turn or f.match_status in NOT_PLAYED:
        return None
    if decided(f.match_status, f.match_period):
        return {"home": 0.0, "away": 0.0, "either": 0.0}
    home, away = goals_to_come(
        model.kernel,
        f.match_period,
        f.match_elapsed_s,
        home_reds=f.home_red_cards,
        away_reds=f.away_red_cards,
        status=f.match_status,
        prior=(f.pre_match_home_goals, f.pre_match_away_goals),
        within_s=SOON_S,
    )
    return {"home": at_least_one(home), "away": at_least_one(away), "either": at_least_one(home + away)}

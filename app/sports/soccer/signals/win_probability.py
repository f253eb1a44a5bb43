"""Win probability: how likely home win, draw and away win are, given the score, the clock and the red cards.

Formula: `app.sports.soccer.win_chances`. The goals that each team still scores are Poisson, with a mean that follows from
the period, the time left in it (expected stoppage time included) and dismissals; the two teams are independent, and the
final result is the score plus what both still score. All numbers are the committed model "win_probability"
(docs/models.md), fitted on Wyscout open data (Pappalardo et al. 2019, doi 10.1038/s41597-019-0247-7, CC BY 4.0).
Unit: probability; the three add up to exactly 1 at the resolution (largest remainder).

Team strengths are known by odds alone: where the odds of all three outcomes were said before kick-off (`pre_match`), each
team's goals are scaled by one factor for the whole match, so that the chances at kick-off are those of the odds, made
fair by Shin's method. Without them a match starts from the average home advantage, and every value is that of version 1.

Edge cases
- Odds count only if they were said before the ball rolled; the last word of those holds. What is said later, or implies
  less than 1 together, is in the log and changes nothing.
- Stoppage time: beyond the expected end at least `stoppage_left_s` are still expected, so nothing is certain
  before the whistle. Half time: nothing is left of the half that ended.
- Finished, or full time: 1 for the result. Postponed or abandoned: nothing to say.
- The result counts play, extra time included, but not the shoot-out: in a shoot-out (and after it) draw is 1.
- Extra time is not foreseen: at the end of a level cup match draw nears 1, and opens again when extra time
  starts, for which only the goals of extra time are to come.
"""

from typing import Any

from app.sports.base import Signal
from app.sports.soccer.win_chances import chances

SIGNAL = Signal(
    name="win_probability",
    title="Win probability",
    description="Probability of home win, draw and away win after 90 minutes (after 120 once extra time has started).",
    unit="probability",
    range=(0.0, 1.0),
    resolution=0.001,
    version=2,
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
        "pre_match_home_goals",
        "pre_match_away_goals",
    ),
    model="win_probability",
    sums_to_one=True,
)


def value(f: Any, model: Any, memory: Any) -> dict[str, float] | None:
    """{"home", "draw", "away"} in thousandths that add up to 1; None for a match that will not be played."""
    return chances(
        model.kernel,
        f.match_status,
        f.match_period,
        f.match_elapsed_s,
        (f.home_score, f.away_score),
        (f.home_red_cards, f.away_red_cards),
        (f.pre_match_home_goals, f.pre_match_away_goals),
    )

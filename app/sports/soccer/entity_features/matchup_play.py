"""Home against away in the match so far: differences and shares, seen from the home team."""

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S, completed, shot_counts

GROUP = Group(
    name="matchup_play",
    entity="matchup",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("goal_difference", int, "goals", "home less away, without a shoot-out"),
        EntityFeature("shot_difference", int, "shots", "home less away"),
        EntityFeature(
            "pass_share", float, "1", "completed passes of the home team over those of both; null before any"
        ),
        EntityFeature("pressure_difference", int, "pressures", "home less away"),
    ),
)


def init():
    return {}


def step(memory, event, state):
    if event.team is None or event.type not in ("pass", "shot", "pressure"):
        return
    counts = memory.setdefault(event.team, [0, 0, 0])
    counts[0] += shot_counts(event)[0]
    counts[1] += completed(event)
    counts[2] += event.type == "pressure"


def values(memory, entity, state):
    home = memory.get(state.home.id, (0, 0, 0))
    away = memory.get(state.away.id, (0, 0, 0))
    passes = home[1] + away[1]
    share = round(home[1] / passes, 4) if passes else None
    return (state.home.score - state.away.score, home[0] - away[0], share, home[2] - away[2])

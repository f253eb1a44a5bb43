"""The match itself: score, clock and men."""

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S

GROUP = Group(
    name="match_play",
    entity="match",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("home_goals", int, "goals", "goals of the home team, without a shoot-out"),
        EntityFeature("away_goals", int, "goals", "goals of the away team, without a shoot-out"),
        EntityFeature("period", int, "1", "0 before, 1 and 2 halves, 3 and 4 extra time, 5 shoot-out"),
        EntityFeature("elapsed_s", float, "s", "the match clock; a period starts at 0, 2700, 5400, 6300"),
        EntityFeature("home_players", int, "players", "home players on the pitch"),
        EntityFeature("away_players", int, "players", "away players on the pitch"),
        EntityFeature("events", int, "events", "events of the feed so far"),
    ),
)


def init():
    return [0]


def step(memory, event, state):
    memory[0] += not event.control


def values(memory, entity, state):
    home, away = state.home, state.away
    clock = (state.period, state.elapsed_s)
    return (home.score, away.score, *clock, len(home.on_pitch), len(away.on_pitch), memory[0])

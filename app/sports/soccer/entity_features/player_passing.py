"""Passing of a player, counted over the match so far."""

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S, completed, into_final_third

GROUP = Group(
    name="player_passing",
    entity="player",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("passes", int, "passes", "passes played, of whatever outcome"),
        EntityFeature("passes_completed", int, "passes", "passes that the feed calls complete"),
        EntityFeature("passes_final_third", int, "passes", "completed passes that end in the last 35 m"),
        EntityFeature("crosses", int, "passes", "passes that the feed calls crosses"),
        EntityFeature("receptions", int, "receptions", "passes received; those the feed calls failed are left out"),
    ),
)


def init():
    return {}


def step(memory, event, state):
    if event.player is None or event.type not in ("pass", "reception"):
        return
    counts = memory.setdefault(event.player, [0, 0, 0, 0, 0])
    if event.type == "reception":
        counts[4] += event.fields.won is not False
        return
    counts[0] += 1
    counts[1] += completed(event)
    counts[2] += into_final_third(event)
    counts[3] += bool(event.fields.cross)


def values(memory, entity, state):
    return tuple(memory.get(entity, (0, 0, 0, 0, 0)))

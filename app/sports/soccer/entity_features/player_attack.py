"""Shots, carries and take-ons of a player, counted over the match so far. A shoot-out counts for nothing."""

from math import hypot

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S, shot_counts

GROUP = Group(
    name="player_attack",
    entity="player",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("shots", int, "shots", "shots in play"),
        EntityFeature("shots_on_target", int, "shots", "goals and saved shots"),
        EntityFeature("goals", int, "goals", "goals in play, own goals left out"),
        EntityFeature("carries", int, "carries", "carries of the ball"),
        EntityFeature("carry_m", float, "m", "metres from start to end of each carry, added up"),
        EntityFeature("dribbles", int, "dribbles", "take-ons tried"),
        EntityFeature("dribbles_won", int, "dribbles", "take-ons that the feed calls won"),
    ),
)


def init():
    return {}


def step(memory, event, state):
    if event.player is None or event.type not in ("shot", "carry", "dribble"):
        return
    counts = memory.setdefault(event.player, [0, 0, 0, 0, 0.0, 0, 0])
    if event.type == "shot":
        for place, count in enumerate(shot_counts(event)):
            counts[place] += count
    elif event.type == "carry":
        f = event.fields
        counts[3] += 1
        if None not in (f.x_m, f.y_m, f.end_x_m, f.end_y_m):
            counts[4] += hypot(f.end_x_m - f.x_m, f.end_y_m - f.y_m)
    else:
        counts[5] += 1
        counts[6] += bool(event.fields.won)


def values(memory, entity, state):
    counts = memory.get(entity, (0, 0, 0, 0, 0.0, 0, 0))
    return (*counts[:4], round(counts[4], 3), *counts[5:])

"""What a player does without the ball, counted over the match so far."""

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S, is_tackle, is_won

GROUP = Group(
    name="player_defence",
    entity="player",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("pressures", int, "pressures", "opponents closed down"),
        EntityFeature("tackles", int, "duels", "duels on the ground, won or lost"),
        EntityFeature("interceptions", int, "interceptions", "passes of the opponent cut out"),
        EntityFeature("clearances", int, "clearances", "balls cleared"),
        EntityFeature("blocks", int, "blocks", "balls blocked"),
        EntityFeature("ball_recoveries", int, "recoveries", "loose balls collected; failed ones left out"),
        EntityFeature("duels_won", int, "duels", "duels, take-ons and loose balls that the feed calls won"),
        EntityFeature("fouls", int, "fouls", "fouls committed"),
        EntityFeature("fouls_won", int, "fouls", "fouls suffered"),
    ),
)
NOTHING = (0,) * len(GROUP.features)
PLACES = {
    "pressure": 0,
    "interception": 2,
    "clearance": 3,
    "block": 4,
    "ball_recovery": 5,
    "foul": 7,
    "foul_won": 8,
}
DUELS = ("duel", "dribble", "fifty_fifty")


def init():
    return {}


def step(memory, event, state):
    place = PLACES.get(event.type)
    if event.player is None or (place is None and event.type not in DUELS):
        return
    counts = memory.setdefault(event.player, list(NOTHING))
    if place is None:
        counts[1] += is_tackle(event)
        counts[6] += is_won(event)
    elif event.type != "ball_recovery" or event.fields.won is not False:
        counts[place] += 1


def values(memory, entity, state):
    return tuple(memory.get(entity, NOTHING))

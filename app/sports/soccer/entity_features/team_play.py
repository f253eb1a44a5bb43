"""A team in the match so far: goals as the score has them, everything else counted from its events."""

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.counts import MATCH_TTL_S, completed, into_final_third, is_tackle, shot_counts

GROUP = Group(
    name="team_play",
    entity="team",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("goals", int, "goals", "as the score has them: own goals of the opponent included, no shoot-out"),
        EntityFeature("goals_against", int, "goals", "goals of the opponent"),
        EntityFeature("yellow_cards", int, "cards", "yellow cards, second ones included"),
        EntityFeature("red_cards", int, "players", "players sent off"),
        EntityFeature("substitutions", int, "players", "players replaced"),
        EntityFeature("players_on_pitch", int, "players", "on the pitch now"),
        EntityFeature("shots", int, "shots", "shots in play"),
        EntityFeature("shots_on_target", int, "shots", "goals and saved shots"),
        EntityFeature("passes", int, "passes", "passes played, of whatever outcome"),
        EntityFeature("passes_completed", int, "passes", "passes that the feed calls complete"),
        EntityFeature("passes_final_third", int, "passes", "completed passes that end in the last 35 m"),
        EntityFeature("crosses", int, "passes", "passes that the feed calls crosses"),
        EntityFeature("corners", int, "passes", "corners played"),
        EntityFeature("carries", int, "carries", "carries of the ball"),
        EntityFeature("pressures", int, "pressures", "opponents closed down"),
        EntityFeature("tackles", int, "duels", "duels on the ground, won or lost"),
        EntityFeature("interceptions", int, "interceptions", "passes of the opponent cut out"),
        EntityFeature("clearances", int, "clearances", "balls cleared"),
        EntityFeature("fouls", int, "fouls", "fouls committed"),
        EntityFeature("offsides", int, "offsides", "times caught offside, as an event or as a pass's outcome"),
    ),
)
COUNTED = 14
PLACES = {"carry": 7, "pressure": 8, "interception": 10, "clearance": 11, "foul": 12, "offside": 13}


def init():
    return {}


def step(memory, event, state):
    place = PLACES.get(event.type)
    if event.team is None or (place is None and event.type not in ("pass", "shot", "duel")):
        return
    counts = memory.setdefault(event.team, [0] * COUNTED)
    if place is not None:
        counts[place] += 1
    elif event.type == "pass":
        counts[2] += 1
        counts[3] += completed(event)
        counts[4] += into_final_third(event)
        counts[5] += bool(event.fields.cross)
        counts[6] += event.fields.pass_kind == "corner"
        counts[13] += event.fields.outcome == "offside"
    elif event.type == "shot":
        shots, on_target, _ = shot_counts(event)
        counts[0] += shots
        counts[1] += on_target
    else:
        counts[9] += is_tackle(event)


def values(memory, entity, state):
    side, other = state.side(entity), state.opponent(entity)
    if side is None or other is None:
        return (None,) * len(GROUP.features)
    seen = (side.score, other.score, side.yellow_cards, side.red_cards, side.substitutions, len(side.on_pitch))
    return (*seen, *memory.get(entity, (0,) * COUNTED))

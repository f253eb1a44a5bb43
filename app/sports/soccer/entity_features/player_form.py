"""A player's form: the last ten matches before this one, as they ended, known when this match named the player."""

from app.sports.entity_features import EntityFeature, Group

# Two months: over a winter break, and not over a summer.
FORM_TTL_S = 60 * 86400.0
GROUP = Group(
    name="player_form",
    entity="player",
    ttl_s=FORM_TTL_S,
    features=(
        EntityFeature("form_matches", int, "matches", "of the last ten line-ups, those the player came to play in"),
        EntityFeature("form_minutes", float, "min", "minutes a match played"),
        EntityFeature("form_goals_90", float, "goals", "goals in 90 minutes"),
        EntityFeature("form_shots_90", float, "shots", "shots in 90 minutes"),
        EntityFeature("form_passes_90", float, "passes", "passes in 90 minutes"),
        EntityFeature("form_pass_completion", float, "1", "completed passes over passes, 0 to 1"),
        EntityFeature("form_pressures_90", float, "pressures", "pressures in 90 minutes"),
    ),
)
UNKNOWN = (0, None, None, None, None, None, None)


def init():
    return {}


def step(memory, event, state):
    """What was before the match does not change in it."""


def meet(memory, entity, earlier):
    played = [match for match in earlier if match.get("minutes")]
    minutes = sum(match["minutes"] for match in played)
    if not minutes:
        return

    def total(name):
        return sum(match.get(name) or 0 for match in played)

    def per_90(name):
        return round(total(name) / minutes * 90, 4)

    passes = total("passes")
    memory[entity] = (
        len(played),
        round(minutes / len(played), 3),
        per_90("goals"),
        per_90("shots"),
        per_90("passes"),
        round(total("passes_completed") / passes, 4) if passes else None,
        per_90("pressures"),
    )


def values(memory, entity, state):
    return memory.get(entity, UNKNOWN)

"""A team's form: the last ten matches before this one, as they ended, known when this match named the team."""

from app.sports.entity_features import EntityFeature, Group

# Two months: over a winter break, and not over a summer.
FORM_TTL_S = 60 * 86400.0
GROUP = Group(
    name="team_form",
    entity="team",
    ttl_s=FORM_TTL_S,
    features=(
        EntityFeature("form_matches", int, "matches", "matches that the form is made of, at most ten"),
        EntityFeature("form_points", float, "points", "points a match: 3, 1, 0; a shoot-out is a draw"),
        EntityFeature("form_goals", float, "goals", "goals a match"),
        EntityFeature("form_goals_against", float, "goals", "goals of the opponents a match"),
        EntityFeature("form_shots", float, "shots", "shots a match"),
        EntityFeature("form_pass_completion", float, "1", "completed passes over passes, 0 to 1"),
    ),
)
UNKNOWN = (0, None, None, None, None, None)


def init():
    return {}


def step(memory, event, state):
    """What was before the match does not change in it."""


def meet(memory, entity, earlier):
    played = [match for match in earlier if match.get("goals") is not None]
    if not played:
        return

    def total(name):
        return sum(match.get(name) or 0 for match in played)

    def mean(name):
        return round(total(name) / len(played), 4)

    passes = total("passes")
    memory[entity] = (
        len(played),
        round(sum(_points(match["goals"], match["goals_against"]) for match in played) / len(played), 4),
        mean("goals"),
        mean("goals_against"),
        mean("shots"),
        round(total("passes_completed") / passes, 4) if passes else None,
    )


def _points(own, others):
    return 3 if own > others else int(own == others)


def values(memory, entity, state):
    return memory.get(entity, UNKNOWN)

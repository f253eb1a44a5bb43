"""A team's strength by its results: an Elo rating, known when this match named the team, and after its end with this result.

Formula: after a match the rating moves by K (S - E); S is 1, 1/2, 0 of the score without a shoot-out, and
E = 1 / (1 + 10 ** ((other - own - advantage) / 400)) (Elo 1978, The Rating of Chessplayers, Past and Present). K is 20, as in
Hvattum & Arntzen 2010 (International Journal of Forecasting 26:460-470); the home team has 100 points more in E, as in the
World Football Elo Ratings (eloratings.net). What one team wins the other loses.
Limits: only matches in this log count, the first of a team from 1500; a neutral ground is nobody's home and not told; a result
that is corrected later moves the ratings of matches that were named before the correction no more, as with form.
"""

from app.sports.entity_features import EntityFeature, Group

START, K, HOME_ADVANTAGE, SCALE = 1500.0, 20.0, 100.0, 400.0
OVER = ("full_time", "finished")
# Over the break between two seasons, and one that was missed.
RATING_TTL_S = 400 * 86400.0
GROUP = Group(
    name="team_rating",
    entity="team",
    ttl_s=RATING_TTL_S,
    features=(
        EntityFeature(
            "elo", float, "points", "Elo rating before the match; after its end with its result; 1500 unrated"
        ),
        EntityFeature("elo_matches", int, "matches", "matches that the rating is made of; few are not worth much"),
    ),
)
UNRATED = (START, 0)
# Of a team that this match has not named.
UNKNOWN = (None, 0)


def init():
    return {}


def step(memory, event, state):
    """What was before the match does not change in it."""


def meet(memory, entity, earlier):
    last = next((match for match in earlier if match.get("elo") is not None), None)
    memory[entity] = UNRATED if last is None else (last["elo"], last["elo_matches"] or 0)


def values(memory, entity, state):
    own, matches = memory.get(entity, UNKNOWN)
    home, away = state.home, state.away
    if state.status not in OVER or own is None or None in (home.id, away.id):
        return (own, matches)
    if entity not in (home.id, away.id):
        return (own, matches)
    side, other = (home, away) if entity == home.id else (away, home)
    advantage = HOME_ADVANTAGE if side is home else -HOME_ADVANTAGE
    expected = 1 / (1 + 10 ** ((memory.get(other.id, UNRATED)[0] - own - advantage) / SCALE))
    result = 1.0 if side.score > other.score else 0.5 if side.score == other.score else 0.0
    return (round(own + K * (result - expected), 4), matches + 1)

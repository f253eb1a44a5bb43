"""Touchline's features of soccer as Feast sees them: one view a kind of entity. A sample to copy; add the fields you need."""

from datetime import timedelta

from feast import Entity, FeatureView, Field, ValueType
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource
from feast.types import Bool, Float64, Int64

# As the groups declare it (`touchline features list --json`): what a match has brought, and form.
MATCH_TTL, FORM_TTL = timedelta(hours=6), timedelta(days=60)


def source(kind: str) -> PostgreSQLSource:
    """The history of a kind of entity. Of several rows of one moment Feast takes the one created last."""
    return PostgreSQLSource(
        name=f"touchline_{kind}",
        query=f"SELECT * FROM feature.soccer_{kind}_features",  # noqa: S608
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    )


# Views of one kind share their source: Feast knows it by its name.
sources = {kind: source(kind) for kind in ("player", "team", "match", "matchup")}
player = Entity(name="player", join_keys=["player_id"], value_type=ValueType.STRING)
team = Entity(name="team", join_keys=["team_id"], value_type=ValueType.STRING)
match = Entity(name="match", join_keys=["match_id"], value_type=ValueType.STRING)
matchup = Entity(name="matchup", join_keys=["matchup_id"], value_type=ValueType.STRING)

player_match = FeatureView(
    name="player_match",
    entities=[player],
    ttl=MATCH_TTL,
    schema=[
        Field(name="passes", dtype=Int64),
        Field(name="passes_completed", dtype=Int64),
        Field(name="shots", dtype=Int64),
        Field(name="goals", dtype=Int64),
        Field(name="carry_m", dtype=Float64),
        Field(name="pressures", dtype=Int64),
        Field(name="minutes", dtype=Float64),
        Field(name="on_pitch", dtype=Bool),
        Field(name="touches", dtype=Int64),
    ],
    source=sources["player"],
)

player_form = FeatureView(
    name="player_form",
    entities=[player],
    ttl=FORM_TTL,
    schema=[
        Field(name="form_matches", dtype=Int64),
        Field(name="form_minutes", dtype=Float64),
        Field(name="form_goals_90", dtype=Float64),
        Field(name="form_shots_90", dtype=Float64),
    ],
    source=sources["player"],
)

team_match = FeatureView(
    name="team_match",
    entities=[team],
    ttl=MATCH_TTL,
    schema=[
        Field(name="goals", dtype=Int64),
        Field(name="goals_against", dtype=Int64),
        Field(name="shots", dtype=Int64),
        Field(name="passes_completed", dtype=Int64),
        Field(name="players_on_pitch", dtype=Int64),
    ],
    source=sources["team"],
)

match_now = FeatureView(
    name="match_now",
    entities=[match],
    ttl=MATCH_TTL,
    schema=[
        Field(name="home_goals", dtype=Int64),
        Field(name="away_goals", dtype=Int64),
        Field(name="elapsed_s", dtype=Float64),
    ],
    source=sources["match"],
)

matchup_now = FeatureView(
    name="matchup_now",
    entities=[matchup],
    ttl=MATCH_TTL,
    schema=[Field(name="shot_difference", dtype=Int64), Field(name="pass_share", dtype=Float64)],
    source=sources["matchup"],
)

"""Similar moments over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import Parameter
from prometheus_client import CollectorRegistry, Gauge

from app.api.replies import Reply, moment, reply
from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.sports.similar import embeddings
from app.warehouse.similar import MAX_LIMIT, Question, Similar
from app.warehouse.similar_pipeline import pipeline_of

Event = Annotated[str, Parameter(description="source event id; any event of an attack means the attack, a shot itself")]
Match = Annotated[str | None, Parameter(description="whose event it is, where several matches have one of this id")]
Most = Annotated[int, Parameter(ge=1, le=MAX_LIMIT, description="most answers")]
Competition = Annotated[str | None, Parameter(description="answers of this competition, by its name")]
After = Annotated[str | None, Parameter(description="answers at or after this time (2018-08-18T20:15:00Z)")]
Before = Annotated[str | None, Parameter(description="answers at or before this time")]
Team = Annotated[str | None, Parameter(description="answers of this team")]
Player = Annotated[str | None, Parameter(description="answers in which this player touched the ball")]


@get("/v1/similar", summary="Moments like this one", tags=["warehouse"])
async def similar_moments(
    request: Request[Any, Any, Any],
    event: Event,
    match: Match = None,
    limit: Most = 10,
    competition: Competition = None,
    after: After = None,
    before: Before = None,
    team: Team = None,
    player: Player = None,
) -> Reply:
    """Attacks and shots of real matches, the most alike first: `distance` from 0, `similarity` 1 / (1 + distance)."""
    similar: Similar = request.app.state.similar
    words = (event, match, competition, team, player)
    if any(word is not None and "\x00" in word for word in words):
        raise UsageError("A parameter holds a NUL character.")
    since = None if after is None else moment(after, "after")
    until = None if before is None else moment(before, "before")
    asked = Question(event, match, limit, competition, since, until, team, player)
    return reply(request, {**await similar.ask(asked), "next": None})


async def similar_metrics(pool: Pool, registry: CollectorRegistry) -> None:
    """Add how far the moments of each sport are behind the log; nothing of a sport without a table for them."""
    gauges = [
        (column, Gauge(f"touchline_similar_{name}", meaning, ["sport"], registry=registry))
        for column, name, meaning in (
            ("waiting_events", "backlog_events", "log versions that similar moments do not hold yet"),
            ("lag_s", "lag_seconds", "age of the oldest event that similar moments do not hold yet"),
            ("parked_matches", "parked_matches", "matches whose moments could not be made"),
        )
    ]
    for sport, embedding in embeddings().items():
        row = await pool.fetchrow(query("similar_lag"), pipeline_of(embedding), sport, embedding.table)
        if row is not None and row["is_there"]:
            for column, gauge in gauges:
                gauge.labels(sport).set(float(row[column]))

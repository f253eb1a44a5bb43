"""Control events: whatever comes from outside the feed and influences a value enters the match's own log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.feeds.base import PERIOD_POST, PERIOD_PRE, FeedEvent
from app.log.append import CONTROL_PROVIDER, Appended, Origin, append, open_stream
from app.sports.base import sports

FINISHED = ("finished", "abandoned")
STATUSES = ("scheduled", "postponed", "live", "half_time", "full_time", "suspended", *FINISHED)


class Said(msgspec.Struct, frozen=True):
    """One thing said about a match: a control type of its sport with its fields, about one team or the whole match."""

    type: str
    fields: dict[str, Any]
    team: str | None = None


async def append_control(
    pool: Pool,
    match_id: str,
    sport: str,
    event_type: str,
    fields: dict[str, Any],
    *,
    origin: Origin = "live",
    kickoff_at: datetime | None = None,
    team: str | None = None,
    principal: str = "local",
) -> Appended:
    """Append one control event, as append_controls does."""
    said = [Said(event_type, fields, team)]
    return await append_controls(pool, match_id, sport, said, origin=origin, kickoff_at=kickoff_at, principal=principal)


async def append_controls(
    pool: Pool,
    match_id: str,
    sport: str,
    said: Sequence[Said],
    *,
    origin: Origin = "live",
    kickoff_at: datetime | None = None,
    principal: str = "local",
) -> Appended:
    """Append what is said at once, all of it or nothing, in its order; what is known already is a repeat.

    Facts about the whole match stand before it (period 0); a status and a score stand where the match is now;
    odds stand there too, each word for itself, so that what is said after kick-off does not replace what was said before it;
    the end of a match stands after everything (period 100), so that a late event still comes before it, and is
    retracted when the match goes on after all. At most one status is said at once.
    Raises UsageError naming the field that does not fit.
    """
    typed = [_typed(match_id, sport, one) for one in said]
    stream = await open_stream(
        pool,
        match_id,
        sport=sport,
        provider=CONTROL_PROVIDER,
        role="control",
        origin=origin,
        kickoff_at=kickoff_at,
        principal=principal,
    )
    events: list[FeedEvent] = []
    known = 0
    for one, fields in zip(said, typed, strict=True):
        made = await _events(pool, match_id, one, fields)
        events += made
        known += not made
    done = await append(pool, stream, events, "follow", principal)
    return msgspec.structs.replace(done, repeated=done.repeated + known)


def _typed(match_id: str, sport: str, said: Said) -> Any:
    spec = sports()[sport]
    if said.type not in spec.control_types:
        raise UsageError(f"'{said.type}' is no control event of {sport}. Known: {', '.join(spec.control_types)}.")
    try:
        return msgspec.convert(said.fields, spec.fields)
    except msgspec.ValidationError as exc:
        raise UsageError(f"The {said.type} of match '{match_id}' does not fit: {exc}.") from None


async def _events(pool: Pool, match_id: str, said: Said, fields: Any) -> list[FeedEvent]:
    """The event, after the retractions that it asks for; nothing for a status that holds already."""
    source_event_id = said.type if said.team is None else f"{said.type}:{said.team}"
    period, order_key, elapsed_s = PERIOD_PRE, 0.0, 0.0
    ended: list[str] = []
    if said.type == "pre_match":
        known = await pool.fetch(query("current_controls"), match_id, said.type)
        if known and msgspec.convert(msgspec.json.decode(known[-1]["fields"]), type(fields)) == fields:
            return []
        head = (await pool.fetchrow(query("match_row"), match_id))["version"]
        source_event_id = f"pre_match:{head + 1:08d}"
    if said.type == "status":
        known = await pool.fetch(query("current_controls"), match_id, "status")
        if known and msgspec.json.decode(known[-1]["fields"]).get("status") == fields.status:
            return []
        if fields.status not in FINISHED:
            ended = [r["source_event_id"] for r in known if r["period"] == PERIOD_POST]
        head = (await pool.fetchrow(query("match_row"), match_id))["version"]
        # The number comes first: statuses at one place of the match then hold in order of arrival.
        source_event_id = f"status:{head + 1:08d}:{fields.status}"
    if said.type in ("status", "official_score", "pre_match"):
        row = await pool.fetchrow(query("end_position"), match_id)
        if row is not None:
            period, order_key, elapsed_s = row["period"], row["order_key"], row["elapsed_s"]
        if fields.status in FINISHED:
            period, order_key = PERIOD_POST, 0.0
    raw = msgspec.json.encode({"type": said.type, "fields": said.fields})
    event = FeedEvent(
        source_event_id=source_event_id,
        type=said.type,
        period=period,
        order_key=order_key,
        elapsed_s=elapsed_s,
        team=said.team,
        fields=fields,
        raw=raw,
    )
    undone = [
        FeedEvent(
            source_event_id=name,
            type=said.type,
            period=PERIOD_POST,
            order_key=0.0,
            elapsed_s=0.0,
            fields=type(fields)(),
            raw=raw,
            kind="retracted",
        )
        for name in ended
    ]
    return [*undone, event]

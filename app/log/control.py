"""Control events: whatever comes from outside the feed and influences a value enters the match's own log."""

from __future__ import annotations

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
    """Append one control event; what is known already is a repeat.

    Facts about the whole match stand before it (period 0); a status and a score stand where the match is now;
    the end of a match stands after everything (period 100), so that a late event still comes before it, and is
    retracted when the match goes on after all.
    Raises UsageError naming the field that does not fit.
    """
    spec = sports()[sport]
    if event_type not in spec.control_types:
        raise UsageError(f"'{event_type}' is no control event of {sport}. Known: {', '.join(spec.control_types)}.")
    try:
        typed = msgspec.convert(fields, spec.fields)
    except msgspec.ValidationError as exc:
        raise UsageError(f"The {event_type} of match '{match_id}' does not fit: {exc}.") from None
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
    source_event_id = event_type if team is None else f"{event_type}:{team}"
    period, order_key, elapsed_s = PERIOD_PRE, 0.0, 0.0
    ended: list[str] = []
    if event_type == "status":
        known = await pool.fetch(query("current_controls"), match_id, "status")
        if known and msgspec.json.decode(known[-1]["fields"]).get("status") == typed.status:
            return Appended(0, 0, 0, 1)
        if typed.status not in FINISHED:
            ended = [r["source_event_id"] for r in known if r["period"] == PERIOD_POST]
        head = (await pool.fetchrow(query("match_row"), match_id))["version"]
        # The number comes first: statuses at one place of the match then hold in order of arrival.
        source_event_id = f"status:{head + 1:08d}:{typed.status}"
    if event_type in ("status", "official_score"):
        row = await pool.fetchrow(query("end_position"), match_id)
        if row is not None:
            period, order_key, elapsed_s = row["period"], row["order_key"], row["elapsed_s"]
        if typed.status in FINISHED:
            period, order_key = PERIOD_POST, 0.0
    event = FeedEvent(
        source_event_id=source_event_id,
        type=event_type,
        period=period,
        order_key=order_key,
        elapsed_s=elapsed_s,
        team=team,
        fields=typed,
        raw=msgspec.json.encode({"type": event_type, "fields": fields}),
    )
    undone = [
        FeedEvent(
            source_event_id=name,
            type=event_type,
            period=PERIOD_POST,
            order_key=0.0,
            elapsed_s=0.0,
            fields=spec.fields(),
            raw=event.raw,
            kind="retracted",
        )
        for name in ended
    ]
    return await append(pool, stream, [*undone, event], "follow", principal)

"""The columns of the lists that come in other formats than JSON, in the order of JSON's members, with their types."""

from __future__ import annotations

from app.warehouse.columns import Column


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*word.split(":")) for word in text.split())


MATCHES = _columns(
    "id:text sport:text origin:text replay_of:text home:text home_id:text away:text away_id:text home_score:int4 away_score:int4 "
    "period:int2 elapsed_s:float8 clock_display:text status:text anchor_at:timestamptz version:int8 updated_at:timestamptz"
)
EVENTS = _columns(
    "version:int8 source_event_id:text provider:text kind:text type:text period:int2 elapsed_s:float8 order_key:float8 team:text "
    "player:text fields:json recorded_at:timestamptz clock_display:text"
)
POINTS = _columns(
    "signal:text signal_version:int4 subject:text team:text anchor:text source_event_id:text value:float8 status:text revision:int4 "
    "period:int2 elapsed_s:float8 order_key:float8 version:int8 model:text clock_display:text"
)
AIRED = (*POINTS[:-1], Column("published_at", "timestamptz"), POINTS[-1])

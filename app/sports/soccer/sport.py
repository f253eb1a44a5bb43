"""Soccer, as the engine sees it."""

from app.sports.base import Sport
from app.sports.soccer import state
from app.sports.soccer.clock import PERIODS, clock_display, minutes_passed, wall_offset_s
from app.sports.soccer.events import CONTROL_TYPES, FEED_TYPES, Fields
from app.sports.soccer.features import FEATURES

_IMPORTANCE = {
    "own_goal": 9,
    "shot": 8,
    "status": 8,
    "card": 7,
    "official_score": 7,
    "period_start": 6,
    "period_end": 6,
}

SPORT = Sport(
    name="soccer",
    title="Soccer",
    fields=Fields,
    feed_types=FEED_TYPES,
    control_types=CONTROL_TYPES,
    periods=PERIODS,
    features=FEATURES,
    new_state=state.new_state,
    apply=state.apply,
    summary=state.summary,
    minutes_passed=minutes_passed,
    tick=state.tick,
    clock_display=clock_display,
    wall_offset_s=wall_offset_s,
    entities=state.entities,
    importance=lambda event_type: _IMPORTANCE.get(event_type, 0),
    package="app.sports.soccer",
)

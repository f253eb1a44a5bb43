"""Soccer, as the engine sees it."""

from app.sports.base import Sport
from app.sports.soccer import state
from app.sports.soccer.clock import PERIODS, clock_display, minutes_passed, wall_offset_s
from app.sports.soccer.events import CONTROL_TYPES, FEED_TYPES, Fields
from app.sports.soccer.features import FEATURES
from app.sports.soccer.importance import importance

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
    importance=importance,
    package="app.sports.soccer",
)

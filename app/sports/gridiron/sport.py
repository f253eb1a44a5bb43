"""American football, as the engine sees it."""

from app.sports.base import Sport
from app.sports.gridiron import picture, state
from app.sports.gridiron.clock import PERIODS, clock_display, minutes_passed, wall_offset_s
from app.sports.gridiron.events import CONTROL_TYPES, FEED_TYPES, Fields
from app.sports.gridiron.features import FEATURES
from app.sports.gridiron.importance import importance

SPORT = Sport(
    name="gridiron",
    title="American football",
    fields=Fields,
    feed_types=FEED_TYPES,
    control_types=CONTROL_TYPES,
    periods=PERIODS,
    features=FEATURES,
    new_state=state.new_state,
    apply=state.apply,
    summary=picture.summary,
    minutes_passed=minutes_passed,
    tick=state.tick,
    clock_display=clock_display,
    wall_offset_s=wall_offset_s,
    entities=picture.entities,
    importance=importance,
    package="app.sports.gridiron",
)

"""Where a player is, and for how long: time on the pitch, cards, touches and the place of the last one."""

import msgspec

from app.sports.entity_features import EntityFeature, Group
from app.sports.soccer.clock import CLOCK_START_S
from app.sports.soccer.counts import MATCH_TTL_S

GROUP = Group(
    name="player_presence",
    entity="player",
    ttl_s=MATCH_TTL_S,
    features=(
        EntityFeature("minutes", float, "min", "on the pitch so far, stoppage time included, a shoot-out not"),
        EntityFeature("on_pitch", bool, "1", "is on the pitch now"),
        EntityFeature("yellow_cards", int, "cards", "yellow cards, the second one included"),
        EntityFeature("red_cards", int, "cards", "sent off: 1 for a red or a second yellow card"),
        EntityFeature("touches", int, "touches", "passes, carries, take-ons, shots, interceptions, … with the ball"),
        EntityFeature("last_touch_x_m", float, "m", "of the last touch, from the own goal line"),
        EntityFeature("last_touch_y_m", float, "m", "of the last touch, from the left touchline"),
    ),
)
MOVES = frozenset(("lineup", "substitution", "player_off", "player_on", "card", "foul", "match_info"))
TOUCHES = frozenset((
    "pass", "carry", "dribble", "shot", "interception", "clearance", "block", "ball_recovery", "miscontrol",
))  # fmt: skip


class Memory(msgspec.Struct):
    """since_s: of those on the pitch, the clock from which the running stay counts. played_s: of the stays before."""

    period: int = 0
    elapsed_s: float = 0.0
    since_s: dict[str, float] = {}
    played_s: dict[str, float] = {}
    cards: dict[str, list[int]] = {}
    touches: dict[str, int] = {}
    places: dict[str, tuple[float, float]] = {}


def init():
    return Memory()


def step(memory, event, state):
    if state.period != memory.period:
        _next_period(memory, state.period)
    memory.elapsed_s = max(memory.elapsed_s, state.elapsed_s)
    if event.type in MOVES:
        _move(memory, {p for side in (state.home, state.away) for p in side.on_pitch})
    if event.player is None:
        return
    if event.type in TOUCHES:
        memory.touches[event.player] = memory.touches.get(event.player, 0) + 1
        if None not in (event.fields.x_m, event.fields.y_m):
            memory.places[event.player] = (event.fields.x_m, event.fields.y_m)
    elif event.type in ("card", "foul") and event.fields.card is not None:
        cards = memory.cards.setdefault(event.player, [0, 0])
        cards[0] += event.fields.card in ("yellow", "second_yellow")
        # Some feeds tell a sending-off twice, with the foul and as a card of its own.
        cards[1] = max(cards[1], event.fields.card in ("red", "second_yellow"))


def _counts(period):
    return 1 <= period <= 4


def _next_period(memory, period):
    start_s = CLOCK_START_S.get(period, memory.elapsed_s)
    for player, since_s in memory.since_s.items():
        if _counts(memory.period):
            memory.played_s[player] = memory.played_s.get(player, 0.0) + memory.elapsed_s - since_s
        memory.since_s[player] = start_s
    memory.period, memory.elapsed_s = period, start_s


def _move(memory, on_pitch):
    for player in [p for p in memory.since_s if p not in on_pitch]:
        since_s = memory.since_s.pop(player)
        if _counts(memory.period):
            memory.played_s[player] = memory.played_s.get(player, 0.0) + memory.elapsed_s - since_s
    for player in on_pitch:
        memory.since_s.setdefault(player, memory.elapsed_s)


def values(memory, entity, state):
    played_s = memory.played_s.get(entity, 0.0)
    since_s = memory.since_s.get(entity)
    if since_s is not None and _counts(state.period):
        if state.period == memory.period:
            played_s += state.elapsed_s - since_s
        else:
            # The clock has moved into a period of which no event has come yet.
            last_s = memory.elapsed_s - since_s if _counts(memory.period) else 0.0
            played_s += last_s + state.elapsed_s - CLOCK_START_S[state.period]
    place = memory.places.get(entity, (None, None))
    cards = memory.cards.get(entity, (0, 0))
    return (round(played_s / 60, 3), since_s is not None, *map(int, cards), memory.touches.get(entity, 0), *place)

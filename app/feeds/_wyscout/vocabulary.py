"""Wyscout's numbered vocabulary (version 2) in canonical words: what each event says beyond who, when and where.

Source: Pappalardo et al. (2019), Scientific Data 6:236, tables of events and tags, and kloppy 3.19. Numbers are used, not names.
Where the training tables read the same rows (`analytics.data.wyscout_shots`), this says the same of a shot.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from app.sports.soccer.events import BodyPart, PassKind, ShotOutcome

PERIODS = {"1H": 1, "2H": 2, "E1": 3, "E2": 4, "P": 5}

# Events.
DUEL, FOUL, FREE_KICK, LEAVES_LINE, INTERRUPTION, OFFSIDE, ON_BALL, PASS, SAVE, SHOT = range(1, 11)
# Sub-events.
AIR, ATTACKING, DEFENDING, LOOSE_BALL = 10, 11, 12, 13
PROTEST, TIME_LOST = 24, 26
CORNER, FREE_KICK_PLAYED, FREE_KICK_CROSS, FREE_KICK_SHOT, GOAL_KICK, PENALTY, THROW_IN = range(30, 37)
WHISTLE = 51
ACCELERATION, CLEARANCE, TOUCH = 70, 71, 72
CROSS, HAND_PASS, HEAD_PASS = 80, 81, 82
# Tags.
GOAL, OWN_GOAL = 101, 102
LEFT_FOOT, RIGHT_FOOT, HEAD_OR_BODY = 401, 402, 403
TAKE_ON = frozenset((503, 504))
LOST, NEUTRAL, WON = 701, 702, 703
# Nine parts of the goal mouth as the shooter sees it: third across (-1 left, 1 right), third up (0 low, 2 high).
GOAL_PARTS = {
    1201: (0, 0),
    1202: (1, 0),
    1203: (0, 1),
    1204: (-1, 1),
    1205: (-1, 0),
    1206: (1, 1),
    1207: (0, 2),
    1208: (-1, 2),
    1209: (1, 2),
}
POST = frozenset(range(1217, 1224))
MISSED_BALL, INTERCEPTION = 1302, 1401
RED, YELLOW, SECOND_YELLOW = 1701, 1702, 1703
ACCURATE, NOT_ACCURATE = 1801, 1802
BLOCKED = 2101

SHOT_KINDS = {FREE_KICK_SHOT: "free_kick", PENALTY: "penalty"}
PASS_KINDS: dict[int, PassKind] = {
    CORNER: "corner",
    FREE_KICK_PLAYED: "free_kick",
    FREE_KICK_CROSS: "free_kick",
    GOAL_KICK: "goal_kick",
    THROW_IN: "throw_in",
}
# A card that is shown for words or for time is no foul: no defensive action.
_CARD_ALONE = (PROTEST, TIME_LOST)
# Where an event ends that is no move of the ball is not told, and the end of a shot is a placeholder.
_MOVES = ("pass", "carry", "clearance")

Said = tuple[str, dict[str, Any]]


def read(event: int, sub: int | None, tags: Set[int]) -> Said:
    """The canonical type and the members of `Fields` that follow from an event's numbers."""
    if event == SHOT or (event == FREE_KICK and sub in SHOT_KINDS):
        return "shot", _shot(sub, tags)
    if OWN_GOAL in tags and event != SAVE:
        return "own_goal", {}
    if event in (PASS, FREE_KICK):
        return "pass", _pass(sub, tags)
    reader = {DUEL: _duel, FOUL: _foul, INTERRUPTION: _interruption, ON_BALL: _on_ball}.get(event)
    if reader is not None:
        return reader(sub, tags)
    if event in (SAVE, LEAVES_LINE):
        # The goal tag is on the keeper's row as well.
        outcome = "fail" if GOAL in tags else "success" if ACCURATE in tags else None
        return "goalkeeper", {"outcome": outcome}
    return ("offside", {}) if event == OFFSIDE else ("other", {})


def has_end(said: Said) -> bool:
    """Is the second position of such an event where the ball was taken? A take-on that was not won takes it nowhere."""
    type_, fields = said
    return type_ in _MOVES or (type_ == "dribble" and fields["won"] is True)


def _shot(sub: int | None, tags: Set[int]) -> dict[str, Any]:
    outcome: ShotOutcome = "unknown"
    if GOAL in tags:
        outcome = "goal"
    elif BLOCKED in tags:
        outcome = "blocked"
    elif tags & POST:
        outcome = "post"
    elif ACCURATE in tags or GOAL_PARTS.keys() & tags:
        # Saved penalties are called not accurate, and have the zone of the goal that they went to.
        outcome = "saved"
    elif NOT_ACCURATE in tags:
        outcome = "off_target"
    kind = "open_play" if sub is None else SHOT_KINDS.get(sub, "open_play")
    return {"outcome": outcome, "shot_kind": kind, "body_part": _body_part(tags)}


def _pass(sub: int | None, tags: Set[int]) -> dict[str, Any]:
    body_part = _body_part(tags)
    if sub in (HAND_PASS, THROW_IN):
        body_part = "other"
    elif sub == HEAD_PASS:
        body_part = "head"
    kind = None if sub is None else PASS_KINDS.get(sub)
    if kind is None and INTERCEPTION in tags:
        kind = "interception"
    return {
        "outcome": "complete" if ACCURATE in tags else "incomplete" if NOT_ACCURATE in tags else "unknown",
        "pass_kind": kind,
        "cross": True if sub in (CROSS, FREE_KICK_CROSS) else None,
        "body_part": body_part,
    }


def _duel(sub: int | None, tags: Set[int]) -> Said:
    won = True if WON in tags else False if LOST in tags else None
    card = _card(tags)
    if sub == LOOSE_BALL:
        return "fifty_fifty", {"won": won, "card": card}
    if sub == ATTACKING and tags & TAKE_ON:
        return "dribble", {"won": won, "card": card}
    kind = {AIR: "aerial", DEFENDING: "tackle"}.get(sub or 0)
    return "duel", {"won": won, "duel_kind": kind, "card": card}


def _foul(sub: int | None, tags: Set[int]) -> Said:
    card = _card(tags)
    return ("card" if card and sub in _CARD_ALONE else "foul"), {"card": card}


def _interruption(sub: int | None, tags: Set[int]) -> Said:
    return ("stoppage" if sub == WHISTLE else "other"), {}


def _on_ball(sub: int | None, tags: Set[int]) -> Said:
    if sub == ACCELERATION:
        # A run that loses the ball carries it nowhere.
        return ("dribble", {"won": False}) if NOT_ACCURATE in tags else ("carry", {})
    if sub == CLEARANCE:
        return "clearance", {"body_part": _body_part(tags)}
    if INTERCEPTION in tags:
        return "interception", {}
    return ("miscontrol" if MISSED_BALL in tags else "other"), {}


def _body_part(tags: Set[int]) -> BodyPart | None:
    """Wyscout has one tag for head and body; like the training tables this takes it for the head."""
    if LEFT_FOOT in tags:
        return "left_foot"
    if RIGHT_FOOT in tags:
        return "right_foot"
    return "head" if HEAD_OR_BODY in tags else None


def _card(tags: Set[int]) -> str | None:
    return next((word for tag, word in CARDS if tag in tags), None)


CARDS = ((RED, "red"), (SECOND_YELLOW, "second_yellow"), (YELLOW, "yellow"))

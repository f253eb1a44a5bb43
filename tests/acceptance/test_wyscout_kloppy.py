"""Our Wyscout events against kloppy's, raw event by raw event, where the shared data lies beside the repository.

Places are compared in metres, with what kloppy's own transform to a metric pitch of 105 x 68 gives. kloppy looks at the
next event where we look at one alone, and puts its own meaning to some rows; the test accounts for it:
- A pass before an offside or before the ball goes out is `OFFSIDE` or `OUT` there, whoever touched the ball last.
- The end of a blocked pass is its start there; ours is as told, and left out where it is a placeholder.
- A touch is a recovery there, a run with the ball too; a row with the tag of an interception becomes one, or gets one beside
  it; a duel with that tag takes the place of the duel before it.
- A card is also an event beside its foul there. Own goals are not known: they are the pass, touch or clearance they are told by.
- A save is put to the place of the shot there; the feed does not say where the keeper stood, and nor do we.
"""

from __future__ import annotations

import gzip
import io
import json
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from kloppy import domain
from kloppy import wyscout as kloppy_wyscout

from app.feeds.base import FeedEvent
from app.feeds.wyscout import PROVIDER
from app.sports.soccer.clock import CLOCK_START_S
from tests.acceptance.test_statsbomb_kloppy import METRIC
from tests.shared_data import wyscout_matches

PASS_RESULTS = {"complete": {"COMPLETE"}, "incomplete": {"INCOMPLETE"}, "unknown": {None}}
LOOKED_AHEAD = {"OUT", "OFFSIDE"}
SHOT_RESULTS = {"goal": "GOAL", "saved": "SAVED", "post": "POST", "blocked": "BLOCKED", "off_target": "OFF_TARGET"}
BODY_PARTS = {"left_foot": {"LEFT_FOOT"}, "right_foot": {"RIGHT_FOOT"}, "head": {"HEAD", "HEAD_OTHER"}, None: {None}}
CARDS = {"yellow": "FIRST_YELLOW", "second_yellow": "SECOND_YELLOW", "red": "RED", None: None}
WON = {True: {"WON"}, False: {"LOST"}, None: {"NEUTRAL", None}}
CLASSES: dict[str, tuple[type, ...]] = {
    "pass": (domain.PassEvent,),
    "shot": (domain.ShotEvent,),
    "duel": (domain.DuelEvent, domain.InterceptionEvent),
    "fifty_fifty": (domain.DuelEvent, domain.InterceptionEvent),
    "foul": (domain.FoulCommittedEvent,),
    "card": (domain.FoulCommittedEvent,),
    "clearance": (domain.ClearanceEvent,),
    "interception": (domain.InterceptionEvent,),
    "miscontrol": (domain.MiscontrolEvent,),
    "goalkeeper": (domain.GoalkeeperEvent, domain.GenericEvent),
    "carry": (domain.RecoveryEvent, domain.InterceptionEvent),
}


def _close(ours: float | None, theirs: float) -> bool:
    # On the pitch; what lies off it goes on at another scale there.
    return ours is not None and (abs(ours - theirs) <= 1e-6 or theirs < 0)


def _same_point(x_m: float | None, y_m: float | None, point: Any) -> bool:
    return _close(x_m, point.x) and _close(y_m, point.y)


def _name(enum: Any) -> str | None:
    return None if enum is None else enum.name


def _general(ours: FeedEvent, theirs: Any) -> Iterator[tuple[str, bool]]:
    yield "period", ours.period == theirs.period.id
    yield "timestamp", abs(ours.elapsed_s - CLOCK_START_S[ours.period] - theirs.timestamp.total_seconds()) < 1e-5
    player = None if theirs.player is None else f"wyscout:player:{theirs.player.player_id}"
    yield "player", ours.player == player
    if ours.type != "own_goal":
        yield "team", ours.team == f"wyscout:team:{theirs.team.team_id}"
    no_place = ours.type == "goalkeeper" or ours.fields.pass_kind == "goal_kick" or ours.type == "own_goal"
    if not no_place:
        yield "place", _same_point(ours.fields.x_m, ours.fields.y_m, theirs.coordinates)


def _particular(ours: FeedEvent, theirs: Any, blocked: bool) -> Iterator[tuple[str, bool]]:
    f, result = ours.fields, _name(getattr(theirs, "result", None))
    if ours.type == "pass":
        yield "pass result", result in PASS_RESULTS[f.outcome or ""] | LOOKED_AHEAD
        if f.end_x_m is not None and not blocked:
            yield "pass end", _same_point(f.end_x_m, f.end_y_m, theirs.receiver_coordinates)
        if f.pass_kind != "free_kick":  # which it never calls a cross
            crossed = domain.PassType.CROSS in theirs.get_qualifier_values(domain.PassQualifier)
            yield "cross", bool(f.cross) == crossed
    elif ours.type == "shot":
        yield "shot result", SHOT_RESULTS.get(f.outcome or "") == result
        kind = _name(theirs.get_qualifier_value(domain.SetPieceQualifier))
        yield "kind of shot", {"free_kick": "FREE_KICK", "penalty": "PENALTY"}.get(f.shot_kind or "") == kind
        yield "body part", _name(theirs.get_qualifier_value(domain.BodyPartQualifier)) in BODY_PARTS[f.body_part]
    elif isinstance(theirs, domain.DuelEvent):
        yield "duel won", result in WON[f.won]
        aerial = domain.DuelType.AERIAL in theirs.get_qualifier_values(domain.DuelQualifier)
        yield "aerial", aerial == (f.duel_kind == "aerial")
    elif ours.type in ("foul", "card"):
        yield "card", CARDS[f.card] == _name(theirs.get_qualifier_value(domain.CardQualifier))


def compare(payload: bytes) -> tuple[Counter[str], list[str]]:
    """How often each thing was compared, and every difference as a line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = kloppy_wyscout.load(
            event_data=io.BytesIO(payload), coordinates="wyscout", data_version="V2"
        ).transform(to_pitch_dimensions=METRIC)
    theirs_by_id: dict[str, list[Any]] = defaultdict(list)
    for event in dataset.records:
        theirs_by_id[event.event_id.removeprefix("interception-")].append(event)
    messages = [m for m in PROVIDER.split(payload) if isinstance(m, bytes)]
    options = PROVIDER.stream_options(messages)
    compared: Counter[str] = Counter()
    differences: list[str] = []
    for message in messages:
        ours = PROVIDER.decode(message, options)
        if ours.period == 0:
            continue
        blocked = any(tag["id"] == 2101 for tag in json.loads(message)["tags"])
        found = theirs_by_id.get(ours.source_event_id, [])
        if all(event.event_id.startswith("interception-") for event in found):
            found = []  # what it stood beside was dropped
        wanted = CLASSES.get(ours.type)
        of_class = [e for e in found if wanted is not None and isinstance(e, wanted)]
        checks = [check for event in found for check in _general(ours, event)]
        if wanted is not None and found:
            checks.append((f"a {ours.type}", bool(of_class)))
        checks += [check for event in of_class for check in _particular(ours, event, blocked)]
        compared["events"] += 1
        compared["not there"] += not found
        for what, same in checks:
            compared[what] += 1
            if not same:
                differences.append(f"{what}: {ours.type} {ours.source_event_id} {ours.fields}")
    home, away = (team.team_id for team in dataset.metadata.teams)
    assert [f"{team}" for team, _ in options["teams"]] == [home, away]
    return compared, differences


FILES = wyscout_matches(2)

if FILES:

    @pytest.mark.parametrize("name", FILES)
    def test_every_event_as_kloppy_has_it(name: str) -> None:
        compared, differences = compare(gzip.decompress(FILES[name].read_bytes()))
        assert differences == []
        assert compared["events"] > 1000
        assert compared["shot result"] > 5
        assert compared["pass end"] > 500
        # Offsides are told by their passes there, and what stands before a duel that was an interception is dropped.
        assert compared["not there"] < 30

"""Wyscout events (version 2, as in the open data of Pappalardo et al. 2019) into canonical events.

Frame: Wyscout gives whole per cent of the pitch, x towards the goal that the acting team attacks, y from its left
touchline. That is the canonical frame but for scale; a point is taken from Wyscout's markings to the true ones on
105 x 68 m (`app.sports.soccer.pitch`), as the tables are that xG was trained on.
Clock: `eventSec` restarts with each period; the canonical clock starts at 0, 45, 90, 105 and 120 minutes.
Order: `eventSec`, and the id among events of one moment. Ids do not grow with time, but within a moment they do.
Not told by this feed: line-ups, substitutions, and when a period begins or ends. docs/feeds.md says what follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import DecodeError
from app.feeds._wyscout import document
from app.feeds._wyscout import vocabulary as v
from app.feeds._wyscout.message import Message, PlayerEntry, Position, TeamSheet, plain, read_event, read_sheet
from app.feeds._wyscout.pitch import PITCH
from app.feeds.base import PERIOD_PRE, FeedEvent, Provider
from app.sports.soccer.clock import CLOCK_START_S
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M, Fields, LineupPlayer
from app.sports.soccer.goal_mouth import ON_TARGET, middle_of

MATCH, TEAMS, PLAYERS = "match", "teams", "players"

# A goal kick is taken from the goal area (Law 16). Most say (0, 0) or (100, 100) instead, which is no place.
_GOAL_AREA_M = (5.5, PITCH_WIDTH_M / 2)
_CORNERS = ((0.0, 0.0), (100.0, 100.0))
# The last event of a whole match is some seconds before the end, and was never more than a minute short of it.
_NEARLY_ALL_S = 120.0
_LAST_S = {2: 5400.0, 4: 7200.0, 5: 0.0}


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """What a file knows of its match that single events do not say. Nothing for a live push. Never raises.

    match: Wyscout's number of the match. teams: [id, name or null] of each, home first where there are team sheets.
    players: id (as text) to name.
    """
    match: int | None = None
    teams: dict[int, str | None] = {}
    players: dict[str, str] = {}
    for raw in messages:
        try:
            if document.is_sheet(raw):
                team, squad = _of_sheet(read_sheet(raw))
                teams |= {team[0]: team[1]}
                players |= {str(p.player.wyId): name for p in squad if (name := _name(p)) is not None}
            else:
                m = read_event(raw)
                match = m.matchId if match is None else match
                if match == m.matchId and m.teamId:
                    teams.setdefault(m.teamId, None)
        except DecodeError:
            continue
    found = {MATCH: match, TEAMS: [list(team) for team in teams.items()], PLAYERS: players}
    return {name: value for name, value in found.items() if value}


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One Wyscout event, or one team sheet. Depends on nothing but the message and the stream's options.

    Raises DecodeError (only): not JSON, a missing or impossible field, a point off the pitch, an event of another match
    than the one that the stream's file was of.
    """
    return _squad(raw) if document.is_sheet(raw) else _event(raw, options)


def is_over(period: int, elapsed_s: float) -> bool:
    """Does a file that ends here tell a whole match? Wyscout does not tell when a period ends."""
    return period in _LAST_S and elapsed_s >= _LAST_S[period] - _NEARLY_ALL_S


def _event(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    m = read_event(raw)
    expected = options.get(MATCH)
    if expected is not None and m.matchId is not None and m.matchId != expected:
        raise DecodeError(f"Field `matchId`: {m.matchId} is another match; this stream is of {expected}.", str(m.id))
    period = v.PERIODS[m.matchPeriod]
    sub = m.subEventId if isinstance(m.subEventId, int) else None
    said = v.read(m.eventId, sub, {tag.id for tag in m.tags or ()})
    type_ = said[0]
    fields: dict[str, Any] = {**said[1], **_places(m, said, sub)}
    team, player = m.teamId or None, m.playerId or None
    names = dict(map(tuple, options.get(TEAMS, ())))
    if type_ == "own_goal":
        # The row is the scorer's, an own goal is told of the team that benefits.
        others = [other for other in names if other != team]
        if len(names) != 2 or len(others) != 1:
            # Nobody has said who plays: the fold knows, once both teams have acted.
            fields["conceded_by"] = _id("team", team)
            others = [None]
        team = others[0]
    return FeedEvent(
        source_event_id=str(m.id),
        type=type_,
        period=period,
        order_key=m.eventSec,
        elapsed_s=CLOCK_START_S[period] + m.eventSec,
        team=_id("team", team),
        player=_id("player", player),
        raw=raw,
        fields=Fields(
            team_name=names.get(team),
            player_name=options.get(PLAYERS, {}).get(str(player)),
            provider_type=m.eventName,
            detail=m.subEventName or None,
            **fields,
        ),
    )


def _places(m: Message, said: v.Said, sub: int | None) -> dict[str, float]:
    """Where the event is and, where that is told, where the ball went; metres."""
    positions = m.positions or []
    start = _point(m, 0) if positions else None
    if m.eventId in (v.SAVE, v.LEAVES_LINE) and start in _CORNERS:
        start = None  # a placeholder; nor is the other position of a save where the keeper stood
    places: dict[str, float] = {}
    if sub == v.GOAL_KICK and m.eventId == v.FREE_KICK and start in _CORNERS:
        places["x_m"], places["y_m"] = _GOAL_AREA_M
    elif start is not None:
        places["x_m"], places["y_m"] = _metres(m, 0, start)
    if said[0] == "own_goal" and start is not None:
        places["x_m"], places["y_m"] = PITCH_LENGTH_M - places["x_m"], PITCH_WIDTH_M - places["y_m"]
    if said[0] == "shot" and said[1]["outcome"] in ON_TARGET:
        part = next((v.GOAL_PARTS[tag.id] for tag in m.tags or () if tag.id in v.GOAL_PARTS), None)
        if part is not None:
            # The feed tells one of nine parts of the goal: its middle stands for it.
            places["end_x_m"] = PITCH_LENGTH_M
            places["end_y_m"], places["end_z_m"] = middle_of(*part)
    end = _point(m, 1) if v.has_end(said) and len(positions) > 1 else None
    # A ball that did not arrive often has a corner of the pitch for its end: a placeholder.
    if end is not None and (end not in _CORNERS or any(tag.id == v.ACCURATE for tag in m.tags or ())):
        places["end_x_m"], places["end_y_m"] = _metres(m, 1, end)
    return places


def _point(m: Message, which: int) -> tuple[float, float] | None:
    position: Position = (m.positions or [])[which]
    return None if position.x is None or position.y is None else (position.x, position.y)


def _metres(m: Message, which: int, point: tuple[float, float]) -> tuple[float, float]:
    x_m, y_m = PITCH.to_metres(*point)
    # The bounds of Fields, which a struct does not check when it is built.
    if not (-5.0 <= x_m <= 110.0 and -5.0 <= y_m <= 73.0):
        x, y = point
        raise DecodeError(f"Field `positions[{which}]`: ({x:g}, {y:g}) is off the pitch of 100 x 100.", str(m.id))
    return x_m, y_m


def _squad(raw: bytes) -> FeedEvent:
    """The team sheet of a file: who the team is, and the names of all who may play. Not who plays: it is no line-up."""
    sheet = read_sheet(raw)
    (team, name), squad = _of_sheet(sheet)
    return FeedEvent(
        source_event_id=f"squad-{team}",
        type="other",
        period=PERIOD_PRE,
        # The first team that a match is told of is its home team.
        order_key=1.0 if sheet.side == "away" else 0.0,
        elapsed_s=0.0,
        team=_id("team", team),
        raw=raw,
        fields=Fields(
            team_name=name,
            provider_type="Squad",
            lineup=[LineupPlayer(player=f"wyscout:player:{p.player.wyId}", name=_name(p)) for p in squad] or None,
        ),
    )


def _of_sheet(sheet: TeamSheet) -> tuple[tuple[int, str | None], list[PlayerEntry]]:
    team = next(iter(sheet.teams.values())).team
    squad = [p for squad in sheet.players.values() for p in squad if p is not None and p.player.wyId]
    return (team.wyId, plain(team.name or team.officialName)), squad


def _name(entry: PlayerEntry) -> str | None:
    p = entry.player
    return plain(p.shortName or " ".join(filter(None, (p.firstName, p.lastName))))


def _id(kind: str, number: int | None) -> str | None:
    """`wyscout:team:4418`, `wyscout:player:25381`; None for nobody."""
    return None if number is None else f"wyscout:{kind}:{number}"


PROVIDER = Provider(
    name="wyscout",
    sport="soccer",
    title="Wyscout events, version 2 (a match's file, JSON array, single objects, NDJSON)",
    split=document.split,
    stream_options=stream_options,
    decode=decode,
    is_over=is_over,
)

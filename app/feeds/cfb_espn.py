"""ESPN's game summaries of college football into canonical plays.

Place: yards to the goal line that the team at the ball attacks, as ESPN gives them. Clock: what the board shows, told by
quarter; the canonical clock counts up (`app.sports.gridiron.clock`). Order: `_cfb_espn.order`; a bare play that is pushed
has its sequence number.
Score: by the points that a play made. The score that is printed beside a play is often that of the moment when it was
entered again; it is kept for comparison and never followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.errors import DecodeError
from app.feeds._cfb_espn import document
from app.feeds._cfb_espn import vocabulary as v
from app.feeds._cfb_espn.message import Header, Message, Play, read
from app.feeds._cfb_espn.order import Entry
from app.feeds.base import PERIOD_POST, PERIOD_PRE, FeedEvent, Provider
from app.sports.gridiron.clock import elapsed_of, period_start_s
from app.sports.gridiron.events import Fields
from app.sports.gridiron.situation import FIRST_OVERTIME, QUARTER_S

KICKOFF = "kickoff_at"
_NO_TEAM = ("period_end", "other")


def stream_options(messages: list[bytes]) -> Mapping[str, Any]:
    """The kick-off, where a message says who plays and when. Never raises."""
    return learned({}, messages)


def learned(options: Mapping[str, Any], messages: list[bytes]) -> Mapping[str, Any]:
    """The options once these messages are known too: what the newest of them that says who plays says."""
    for raw in reversed(messages):
        if b'"game":' not in raw:
            continue
        try:
            game = read(raw).game
        except DecodeError:
            continue
        if game is not None and _when(game) is not None:
            return {KICKOFF: game.competitions[0].date}
    return options


def kickoff_at(options: Mapping[str, Any]) -> datetime | None:
    """The kick-off on the wall, as the summary has it."""
    date = options.get(KICKOFF)
    return None if date is None else datetime.fromisoformat(date)


def is_over(period: int, elapsed_s: float) -> bool:
    """Does a file that ends here tell a whole game? A summary of a game that is over says so."""
    return period >= PERIOD_POST


def decode(raw: bytes, options: Mapping[str, Any]) -> FeedEvent:
    """One message as `document.split` makes it, or one bare play. Depends on nothing but the message.

    Raises DecodeError (only): not JSON, a missing or impossible field, points of an unknown kind.
    """
    m = read(raw)
    if m.game is not None:
        return _info(m, m.game, raw)
    if m.result is not None:
        return _result(m, m.result, raw)
    if m.score is not None:
        return _score(m, raw)
    assert m.play is not None
    return _play(m, m.play, raw)


def _play(m: Message, p: Play, raw: bytes) -> FeedEvent:
    type_ = v.type_of(p)
    team = None if p.start is None or p.start.team is None else p.start.team.id
    fields: dict[str, Any] = {**v.start(p.start, type_), **v.flags(p, type_)}
    if type_ == "timeout":
        team = v.timeout_of(p.text, m.teams)
    elif type_ in _NO_TEAM:
        team = None
    else:
        fields |= v.end(p.end, team, type_, bool(fields.get("touchback")))
    if p.scoringPlay:
        fields |= _points(p, team)
    if p.end is not None and p.end.team is not None and fields.get("fumble") and p.end.team.id != team:
        fields["fumble_lost"] = True if type_ in ("run", "pass", "sack") else fields.get("fumble_lost")
    return FeedEvent(
        source_event_id=m.id,
        type=type_,
        period=p.period.number,
        order_key=_order(m, p),
        elapsed_s=_elapsed_s(m, p),
        team=v.team_id(team),
        raw=raw,
        fields=Fields(
            text=p.text or None,
            provider_type=p.type.text,
            printed_home_score=p.homeScore,
            printed_away_score=p.awayScore,
            **fields,
        ),
    )


def _points(p: Play, team: str | None) -> dict[str, Any]:
    """Whose points they are: ESPN has the team that scored as the one at the ball after the play."""
    if p.scoringType is None:
        raise DecodeError("Field `scoringType` is missing from a scoring play, so its points are not known.", p.id)
    told = None if p.pointAfterAttempt is None else p.pointAfterAttempt.value
    found = v.points(p.scoringType, p.text, told, p.id)
    scorer = team if p.end is None or p.end.team is None else p.end.team.id
    if scorer is None:
        raise DecodeError(
            "Field `end.team.id` is missing from a scoring play, so whose points they are is not known.", p.id
        )
    return {**found, "scoring_team": v.team_id(scorer)}


def _order(m: Message, p: Play) -> float:
    if m.order is not None:
        return m.order
    sequence = p.sequenceNumber or ""
    if not (sequence.isascii() and sequence.isdigit() and len(sequence) <= 12):
        raise DecodeError(f"Field `sequenceNumber`: expected up to 12 digits, not {sequence[:40]!r}.", p.id)
    return float(sequence)


def _elapsed_s(m: Message, p: Play) -> float:
    """The clock that counts up. A play without a believable clock stands at the start of its period: the fold leaves it
    where the play before it was."""
    period = p.period.number
    if period >= FIRST_OVERTIME:
        return period * QUARTER_S
    timed = Entry(p.sequenceNumber or "", period).timed
    if p.clock is None or not (m.timed or not timed):
        return period_start_s(period)
    minutes, seconds = p.clock.displayValue.split(":")
    left_s = int(minutes) * 60 + int(seconds)
    return period_start_s(period) if left_s == 0 and not timed else elapsed_of(period, min(left_s, QUARTER_S))


def _score(m: Message, raw: bytes) -> FeedEvent:
    """Points that no drive has as a play."""
    s = m.score
    assert s is not None
    period = s.period.number
    left_s = None
    if s.clock is not None and period < FIRST_OVERTIME and m.timed:
        minutes, seconds = s.clock.displayValue.split(":")
        left_s = int(minutes) * 60 + int(seconds)
    if s.team.id is None:
        raise DecodeError("Field `team.id` is missing, so whose points they are is not known.", m.id)
    team = v.team_id(s.team.id)
    start_s = period_start_s(period) if period < FIRST_OVERTIME else period * QUARTER_S
    return FeedEvent(
        source_event_id=m.id,
        type="score",
        period=period,
        order_key=m.order or 0.0,
        elapsed_s=start_s if left_s is None else elapsed_of(period, min(left_s, QUARTER_S)),
        team=team,
        raw=raw,
        fields=Fields(
            text=s.text,
            scoring_team=team,
            printed_home_score=s.homeScore,
            printed_away_score=s.awayScore,
            **v.points(s.scoringType, s.text, None, m.id),
        ),
    )


def _when(header: Header) -> str | None:
    """The kick-off, where it is a moment."""
    try:
        date = header.competitions[0].date
        return None if date is None else datetime.fromisoformat(date).isoformat()
    except ValueError:
        return None


def _info(m: Message, header: Header, raw: bytes) -> FeedEvent:
    sides = {c.homeAway: c for c in header.competitions[0].competitors}
    if set(sides) != {"home", "away"}:
        raise DecodeError("Field `game.competitions[0].competitors`: expected one `home` and one `away`.", m.id)
    home, away = sides["home"].team, sides["away"].team
    return FeedEvent(
        source_event_id=m.id,
        type="game_info",
        period=PERIOD_PRE,
        order_key=0.0,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(
            league="cfb",
            home_team=v.team_id(home.id),
            away_team=v.team_id(away.id),
            home_name=home.displayName,
            away_name=away.displayName,
            competition=None if header.league is None else header.league.name,
            season=None if header.season is None or header.season.year is None else str(header.season.year),
            venue=None if m.venue is None else m.venue.fullName,
            kickoff_at=_when(header),
        ),
    )


def _result(m: Message, header: Header, raw: bytes) -> FeedEvent:
    scores = {c.homeAway: c.score for c in header.competitions[0].competitors}
    points = {
        side: int(s) for side, s in scores.items() if s is not None and s.isascii() and s.isdigit() and len(s) < 4
    }
    known = set(points) == {"home", "away"}
    return FeedEvent(
        source_event_id=m.id,
        type="game_end",
        period=PERIOD_POST,
        order_key=0.0,
        elapsed_s=0.0,
        raw=raw,
        fields=Fields(
            home_score=points["home"] if known else None,
            away_score=points["away"] if known else None,
            provider_type=header.competitions[0].status.type.name,
        ),
    )


PROVIDER = Provider(
    name="cfb_espn",
    sport="gridiron",
    title="ESPN game summaries of college football (a game's JSON document, single plays, NDJSON)",
    split=document.split,
    stream_options=stream_options,
    decode=decode,
    is_over=is_over,
    learn=learned,
    kickoff_at=kickoff_at,
)

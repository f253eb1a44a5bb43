"""Metadata of matches from outside the feed: a schedule, line-ups, a status, an official score, as control events."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.db.pool import Pool
from app.db.sql import query
from app.errors import UsageError
from app.log.append import Origin, check_match_id
from app.log.control import STATUSES, Said, append_controls
from app.sports.base import sports
from app.sports.odds import overround
from app.sports.soccer.events import Odds

_ABOUT = {
    "id": "id of the match: up to 120 ASCII letters, digits and . _ ~ : -, beginning with a letter or digit",
    "origin": "where it comes from; fixed when the match is first heard of",
    "home": "the home team: its name, or an object",
    "away": "the away team: its name, or an object",
    "kickoff_at": "with a UTC offset. Times of a match that is not known yet count from it",
    "status": "what somebody states; it holds until the feed or somebody says otherwise",
    "official_score": "as the league states it, kept beside the one that follows from the feed",
    "lineups": "who starts, by team",
    "odds": "decimal odds before kick-off; the last that are said before the ball rolls count",
    "spread": "points by which the home team was favoured before the first play (negative: the other); football only",
    "team": "the team's id as the feed has it, qualified: statsbomb:team:217, touchline:team:harbour",
    "player": "the player's id as the feed has it, qualified: statsbomb:player:5503",
}


def _about(name: str, **more: Any) -> Meta:
    return Meta(description=_ABOUT[name], extra_json_schema=more or None)


class TeamInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A side of a match. id: provider-qualified where the feed names the team, else it is made from the name."""

    name: str | None = None
    id: Annotated[str, _about("team")] | None = None


class PlayerInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A player of a line-up."""

    id: Annotated[str, _about("player")]
    name: str | None = None
    shirt: Annotated[int, Meta(ge=0, le=999)] | None = None
    position: str | None = None


class Lineup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who starts for a team."""

    team: Annotated[str, _about("team")]
    players: list[PlayerInfo]


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The score as the league states it."""

    home: Annotated[int, Meta(ge=0, le=999)]
    away: Annotated[int, Meta(ge=0, le=999)]


class ThreeWayOdds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decimal odds of the result after 90 minutes, of one bookmaker or one market: all three, or none."""

    home: Odds
    draw: Odds
    away: Odds


class MatchInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be said about a match, all at once or bit by bit. kickoff_at has a UTC offset."""

    id: Annotated[str, _about("id")]
    sport: str = "soccer"
    origin: Annotated[Origin, _about("origin")] = "live"
    home: Annotated[TeamInfo | str | None, _about("home")] = None
    away: Annotated[TeamInfo | str | None, _about("away")] = None
    kickoff_at: Annotated[datetime, _about("kickoff_at")] | None = None
    competition: str | None = None
    season: str | None = None
    venue: str | None = None
    status: Annotated[str, _about("status", enum=list(STATUSES))] | None = None
    official_score: Annotated[Score | None, _about("official_score")] = None
    odds: Annotated[ThreeWayOdds | None, _about("odds")] = None
    spread: Annotated[float | None, _about("spread")] = None
    lineups: Annotated[list[Lineup], _about("lineups")] = []


def entity(kind: str, text: str) -> str:
    """A provider-qualified id; one without a provider is ours: `touchline:team:real-madrid`."""
    if text.count(":") >= 2:
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return f"touchline:{kind}:{re.sub(r'[^a-z0-9]+', '-', plain).strip('-') or 'unnamed'}"


def _team(info: TeamInfo | str | None) -> tuple[str | None, str | None]:
    if info is None:
        return None, None
    if isinstance(info, str):
        return None, info
    return (None if info.id is None else entity("team", info.id)), info.name


def _odds(match_id: str, odds: ThreeWayOdds) -> dict[str, float]:
    try:
        overround((odds.home, odds.draw, odds.away))
    except ValueError as exc:
        raise UsageError(f"The odds of match '{match_id}' do not fit: {exc}") from None
    return {"home_odds": odds.home, "draw_odds": odds.draw, "away_odds": odds.away}


async def load_match(pool: Pool, info: MatchInfo, principal: str = "local") -> int:
    """Append what is said about a match as control events. Returns how many were new.

    Raises UsageError naming what does not fit.
    """
    check_match_id(info.id)
    if info.sport not in sports():
        raise UsageError(f"There is no sport '{info.sport}'. Known: {', '.join(sports())}.")
    if info.status is not None and info.status not in STATUSES:
        raise UsageError(f"'{info.status}' is no status of a match. Known: {', '.join(STATUSES)}.")
    if info.kickoff_at is not None and info.kickoff_at.tzinfo is None:
        raise UsageError(f"kickoff_at of match '{info.id}' needs a UTC offset, such as 2018-08-18T20:15:00+02:00.")
    if info.kickoff_at is not None and not 1850 <= info.kickoff_at.year <= 2200:
        raise UsageError(f"kickoff_at of match '{info.id}' is in the year {info.kickoff_at.year}, which cannot be.")
    (home_id, home_name), (away_id, away_name) = _team(info.home), _team(info.away)
    facts: dict[str, Any] = {
        "home_team": home_id,
        "away_team": away_id,
        "home_name": home_name,
        "away_name": away_name,
        "competition": info.competition,
        "season": info.season,
        "venue": info.venue,
        "kickoff_at": None if info.kickoff_at is None else info.kickoff_at.isoformat(),
    }
    # Said bit by bit: what was said before and is not said anew still holds.
    before = await pool.fetch(query("current_controls"), info.id, "match_info")
    known = msgspec.json.decode(before[-1]["fields"]) if before else {}
    said = [Said("match_info", {**known, **{k: v for k, v in facts.items() if v is not None}})]
    for lineup in info.lineups:
        players = [
            {"player": entity("player", p.id), "name": p.name, "shirt": p.shirt, "position": p.position}
            for p in lineup.players
        ]
        said.append(Said("lineup", {"lineup": players}, entity("team", lineup.team)))
    if info.odds is not None:
        said.append(Said("pre_match", _odds(info.id, info.odds)))
    if info.spread is not None:
        said.append(Said("pre_match", {"home_spread": info.spread}))
    if info.official_score is not None:
        score = {"home_score": info.official_score.home, "away_score": info.official_score.away}
        said.append(Said("official_score", score))
    if info.status is not None:
        said.append(Said("status", {"status": info.status}))
    done = await append_controls(
        pool, info.id, info.sport, said, origin=info.origin, kickoff_at=info.kickoff_at, principal=principal
    )
    return done.appended


def parse(payload: bytes) -> list[MatchInfo]:
    """A file or body of matches: one object or an array, ours or StatsBomb's `matches.json`.

    Raises UsageError naming the place that does not fit.
    """
    if b"\\u0000" in payload:
        raise UsageError("The matches hold the escape \\u0000 (NUL), which no text may have.")
    try:
        data = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise UsageError(f"The matches are not JSON: {exc}.") from None
    items = data if isinstance(data, list) else [data]
    if items and isinstance(items[0], dict) and "match_id" in items[0] and "home_team" in items[0]:
        items = [_from_statsbomb(item) for item in items]
    try:
        return msgspec.convert(items, list[MatchInfo])
    except msgspec.ValidationError as exc:
        raise UsageError(f"The matches do not fit: {exc}. docs/feeds.md shows what a match may say.") from None


def _from_statsbomb(item: dict[str, Any]) -> dict[str, Any]:
    """One object of StatsBomb's matches.json. Its kick-off is the venue's local time without an offset: taken as UTC."""
    try:
        kick_off = str(item.get("kick_off") or "12:00:00.000")[:8]
        return {
            "id": str(item["match_id"]),
            "origin": "import",
            "home": {
                "id": f"statsbomb:team:{item['home_team']['home_team_id']}",
                "name": item["home_team"]["home_team_name"],
            },
            "away": {
                "id": f"statsbomb:team:{item['away_team']['away_team_id']}",
                "name": item["away_team"]["away_team_name"],
            },
            "kickoff_at": f"{item['match_date']}T{kick_off}+00:00",
            "competition": item["competition"]["competition_name"],
            "season": item["season"]["season_name"],
            "venue": (item.get("stadium") or {}).get("name"),
            "official_score": {"home": item["home_score"], "away": item["away_score"]},
        }
    except KeyError as exc:
        raise UsageError(f"A match of StatsBomb's form lacks {exc}.") from None
    except (AttributeError, TypeError) as exc:
        raise UsageError(f"A match of StatsBomb's form does not fit: {exc}.") from None

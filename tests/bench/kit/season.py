"""Whole seasons of real matches: the Wyscout tables of the shared data, written out as the files of matches that they came
from; else copies of the demo matches."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from app.commands.demo import MATCHES, match_file
from tests.bench.kit.workload import SHARED

TABLES = SHARED / "wyscout"
PERIODS = {1: "1H", 2: "2H", 3: "E1", 4: "E2", 5: "P"}
# Of a season of copies: one match a day, and a competition of ten teams would have as many.
COPIES = 90
_encode = msgspec.json.encode


class Files(NamedTuple):
    """What was written: event files of one provider, what is said of the matches, and a sentence of what they are."""

    provider: str
    events: list[Path]
    about: Path
    told: str


def write(folder: Path, count: int | None) -> Files:
    """So many matches into a folder, evenly spread over all seasons; None for all of them."""
    if (TABLES / "events.parquet").exists():
        return _wyscout(folder, count)
    return _copies(folder, COPIES if count is None else count)


def _wyscout(folder: Path, count: int | None) -> Files:
    matches = pl.read_parquet(TABLES / "matches.parquet").sort("date_utc", "match_id")
    every = matches.height
    count = every if count is None else min(count, every)
    chosen = matches[[i * every // count for i in range(count)]]
    names = dict(pl.read_parquet(TABLES / "teams.parquet").select("team_id", "name").iter_rows())
    players = pl.read_parquet(TABLES / "players.parquet")
    known = dict(players.select("player_id", "short_name").iter_rows())
    files = []
    # A part of the matches at a time: all events at once are a gigabyte of Python objects.
    for start in range(0, count, 50):
        part = chosen[start : start + 50]
        events = (
            pl.scan_parquet(TABLES / "events.parquet")
            .filter(pl.col("match_id").is_in(part["match_id"].cast(pl.Int32).implode()))
            .collect()
            .partition_by("match_id", as_dict=True)
        )
        for match in part.iter_rows(named=True):
            played = events[(match["match_id"],)]
            file = folder / f"{match['match_id']}.json"
            file.write_bytes(_encode(_document(match, played, names, known)))
            files.append(file)
    about = folder / "about.json"
    about.write_bytes(_encode([_about(match) for match in chosen.iter_rows(named=True)]))
    return Files("wyscout", files, about, f"Wyscout open data: {count} of {every} real matches")


def _document(match: dict[str, Any], events: pl.DataFrame, names: dict[int, str], known: dict[int, str]) -> Any:
    teams = (match["home_team_id"], match["away_team_id"])
    seen = events.select("team_id", "player_id").filter(pl.col("player_id") > 0).unique(maintain_order=True)
    squads: dict[int, list[Any]] = {team: [] for team in teams}
    for team, player in seen.iter_rows():
        if team in squads:
            squads[team].append({"player": {"wyId": player, "shortName": known.get(player)}})
    return {
        "events": list(_messages(match["match_id"], events)),
        "teams": {str(t): {"team": {"wyId": t, "name": names.get(t)}} for t in teams},
        "players": {str(team): squad for team, squad in squads.items()},
    }


def _messages(match: int, events: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for e in events.iter_rows(named=True):
        points = ((e["x1"], e["y1"]), (e["x2"], e["y2"]))
        yield {
            "id": e["event_id"],
            "matchId": match,
            "matchPeriod": PERIODS[e["period"]],
            "eventSec": e["t_ms"] / 1000,
            "eventId": e["event_type"],
            "subEventId": "" if e["sub_event"] is None else e["sub_event"],
            "teamId": e["team_id"],
            "playerId": e["player_id"],
            "positions": [{"x": x, "y": y} for x, y in points if x is not None],
            "tags": [{"id": tag} for tag in e["tags"]],
        }


def _about(match: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(match["match_id"]),
        "kickoff_at": match["date_utc"].isoformat() + "Z",
        "competition": match["competition"].replace("_", " "),
        "season": str(match["season_id"]),
        "venue": match["venue"],
    }


def _copies(folder: Path, count: int) -> Files:
    demo = sorted(MATCHES)
    files, about = [], []
    for number in range(count):
        match_id = f"copy-{number:04}"
        file = folder / f"{match_id}.json.gz"
        payload = match_file(demo[number % len(demo)]).read_bytes()
        file.write_bytes(payload if payload[:2] == b"\x1f\x8b" else gzip.compress(payload, 1))
        files.append(file)
        day = f"2020-{1 + number // 28 % 12:02}-{1 + number % 28:02}T15:00:00Z"
        about.append({"id": match_id, "kickoff_at": day, "competition": "Demo", "season": str(2020 + number // 336)})
    path = folder / "about.json"
    path.write_bytes(_encode(about))
    return Files("statsbomb", files, path, f"StatsBomb demo matches of the kloppy wheel: {count} copies of {len(demo)}")

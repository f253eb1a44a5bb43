"""The same matches through two providers: how far signals of one feed are those of the other.

`python -m analytics.two_feeds FOLDER` decodes, folds and scores every match that lies in both `statsbomb/events` and
`wyscout/files` of the data folder, in this process and without a database, and prints the totals of each team.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics.data import table
from app.feeds.base import FeedEvent, provider
from app.models.registry import load_all
from app.sports.base import Event, sports
from app.sports.fold import MatchFold, position
from app.sports.loading import signals as signals_of

SUMS = ("xg", "xt")
LAST = ("ppda",)
_SIDES = ("home", "away")


def run(data: Path) -> pl.DataFrame:
    """One row a team of each shared match: match (label), side, and for each of shots, goals, xg, xt and ppda its value
    by StatsBomb (`statsbomb_…`) and by Wyscout (`wyscout_…`). xg and xt are sums over the match, ppda is the last value.

    Errors: UnreadableFile for missing tables.
    """
    index = table(data, "statsbomb/match_index.parquet").filter(pl.col("wyscout_match_id").is_not_null()).collect()
    rows: list[dict[str, Any]] = []
    for match in index.sort("match_id").iter_rows(named=True):
        files = {
            "statsbomb": Path(data) / f"statsbomb/events/{match['match_id']}.json.gz",
            "wyscout": Path(data) / f"wyscout/files/{match['wyscout_match_id']}.json.gz",
        }
        if not all(path.is_file() for path in files.values()):
            continue
        found = {name: totals(name, gzip.decompress(path.read_bytes())) for name, path in files.items()}
        for side in _SIDES:
            row: dict[str, Any] = {"match": f"{match['home_team']} - {match['away_team']}", "side": side}
            row |= {f"{name}_{what}": value for name, by in found.items() for what, value in by[side].items()}
            rows.append(row)
    return pl.DataFrame(rows)


def totals(name: str, payload: bytes) -> Mapping[str, Mapping[str, float | None]]:
    """Of one file: by side (home, away) shots, goals, xg, xt and ppda of the whole match, as they are scored live."""
    feed = provider(name)
    messages = [m for m in feed.split(payload) if isinstance(m, bytes)]
    options = feed.stream_options(messages)
    decoded = [feed.decode(message, options) for message in messages]
    events = sorted((_event(i, e) for i, e in enumerate(decoded, 1)), key=position)
    sport = sports()[feed.sport]
    fold = MatchFold(sport, signals_of(sport), load_all())
    points = [point for event in events for point in fold.add(event)]
    state = fold.state
    found: dict[str, dict[str, float | None]] = {}
    for side, team in (("home", state.home), ("away", state.away)):
        shots = [e for e in decoded if e.type == "shot" and e.team == team.id and e.period < 5]
        mine = [p for p in points if team.id in (p.team_id, p.subject)]
        found[side] = {"shots": len(shots), "goals": team.score}
        for signal in SUMS:
            found[side][signal] = sum(p.value for p in mine if p.signal == signal and p.value is not None)
        for signal in LAST:
            found[side][signal] = next((p.value for p in reversed(mine) if p.signal == signal), None)
    return found


def agreement(rows: pl.DataFrame, what: str) -> dict[str, float]:
    """Of one column of `run`: n teams, mean by each provider, correlation, mean absolute error, largest error."""
    pair = rows.select(f"statsbomb_{what}", f"wyscout_{what}").drop_nulls().cast(pl.Float64).to_numpy()
    a, b = pair[:, 0], pair[:, 1]
    return {
        "n": float(len(pair)),
        "statsbomb": float(a.mean()),
        "wyscout": float(b.mean()),
        "correlation": float(np.corrcoef(a, b)[0, 1]),
        "mae": float(np.abs(a - b).mean()),
        "largest": float(np.abs(a - b).max()),
    }


def render(rows: pl.DataFrame) -> str:
    """The table for people: each team's xG and shots by both feeds, then how well each total agrees."""
    lines = [f"{'match':28}{'side':6}{'shots':>12}{'goals':>10}{'xG':>16}   (StatsBomb, Wyscout)"]
    for r in rows.iter_rows(named=True):
        lines.append(
            f"{r['match']:28}{r['side']:6}{r['statsbomb_shots']:>6}{r['wyscout_shots']:>6}"
            f"{r['statsbomb_goals']:>5}{r['wyscout_goals']:>5}{r['statsbomb_xg']:>9.2f}{r['wyscout_xg']:>7.2f}"
        )
    lines += ["", f"{'':8}{'teams':>6}{'StatsBomb':>11}{'Wyscout':>9}{'correlation':>13}{'MAE':>8}{'largest':>9}"]
    for what in ("shots", "goals", *SUMS, *LAST):
        a = agreement(rows, what)
        lines.append(
            f"{what:8}{a['n']:>6.0f}{a['statsbomb']:>11.2f}{a['wyscout']:>9.2f}"
            f"{a['correlation']:>13.3f}{a['mae']:>8.2f}{a['largest']:>9.2f}"
        )
    return "\n".join(lines)


def _event(version: int, e: FeedEvent) -> Event:
    return Event(
        version, e.source_event_id, False, e.type, e.period, e.order_key, e.elapsed_s, e.team, e.player, e.fields
    )


if __name__ == "__main__":
    sys.stdout.write(render(run(Path(sys.argv[1]))) + "\n")

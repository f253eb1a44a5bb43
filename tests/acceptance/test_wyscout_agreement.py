"""Wyscout matches as they are scored live against what the models were trained on, and against StatsBomb's feed of the
same matches; where the shared data lies beside the repository."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import polars as pl
import pytest

from analytics import shots, two_feeds
from analytics.data import wyscout_shots
from analytics.shot_events import Match, shots_of
from app.feeds.base import FeedEvent
from app.feeds.wyscout import PROVIDER
from app.models.registry import load
from app.sports.fold import MatchFold
from app.sports.loading import signals
from app.sports.soccer.sport import SPORT
from tests.engine_kit import folded as folded_event
from tests.shared_data import DATA, WYSCOUT, wyscout_matches
from tests.wyscout_kit import folded

PERIODS = {1: "1H", 2: "2H", 3: "E1", 4: "E2", 5: "P"}


def decoded(payload: bytes) -> list[FeedEvent]:
    messages = [m for m in PROVIDER.split(payload) if isinstance(m, bytes)]
    options = PROVIDER.stream_options(messages)
    return [PROVIDER.decode(message, options) for message in messages]


def rebuilt(match: dict[str, Any], rows: pl.DataFrame) -> bytes:
    """A file of a match from the tables, in the form of the open data's files."""
    teams = {str(match[f"{side}_team_id"]): match[f"{side}_team"] for side in ("home", "away")}
    events = [
        {
            "id": r["event_id"],
            "matchId": match["match_id"],
            "matchPeriod": PERIODS[r["period"]],
            "eventSec": r["t_ms"] / 1000,
            "teamId": r["team_id"],
            "playerId": r["player_id"],
            "eventId": r["event_type"],
            "subEventId": "" if r["sub_event"] is None else r["sub_event"],
            "positions": [{"x": r["x1"], "y": r["y1"]}, {"x": r["x2"], "y": r["y2"]}],
            "tags": [{"id": tag} for tag in r["tags"]],
        }
        for r in rows.iter_rows(named=True)
    ]
    named = {team: {"team": {"wyId": int(team), "name": name}} for team, name in teams.items()}
    return json.dumps({"events": events, "teams": named, "players": {}}).encode()


def long_matches() -> pl.DataFrame:
    """The matches with extra time or a shoot-out, and a few with own goals."""
    matches = pl.scan_parquet(WYSCOUT / "matches.parquet")
    own_goals = pl.scan_parquet(WYSCOUT / "events.parquet").filter(pl.col("tags").list.contains(102))
    some = own_goals.select("match_id").unique().sort("match_id").collect()["match_id"].gather_every(12)
    return matches.filter((pl.col("duration") != "Regular") | pl.col("match_id").is_in(some.implode())).collect()


if WYSCOUT.is_dir():

    def test_live_shots_are_the_ones_that_xg_was_trained_on() -> None:
        """To the last bit: place, body part, kind and result of each shot in file order, and so its xG."""
        live: dict[int, list[tuple[Any, ...]]] = {}
        for name, path in {**wyscout_matches(1), **wyscout_matches(7)}.items():
            found = [e for e in decoded(gzip.decompress(path.read_bytes())) if e.type == "shot"]
            live[int(name)] = [
                (
                    e.period,
                    e.fields.x_m,
                    e.fields.y_m,
                    e.fields.body_part,
                    e.fields.shot_kind,
                    e.fields.outcome == "goal",
                )
                for e in found
            ]
        table = wyscout_shots(DATA).filter(pl.col("match_id").is_in(list(live)))
        trained: dict[int, list[tuple[Any, ...]]] = {match: [] for match in live}
        columns = ("match_id", "period", "x_m", "y_m", "body_part", "shot_kind", "goal")
        for match, *shot in table.select(columns).iter_rows():
            trained[match].append(tuple(shot))
        assert live == trained
        assert table.height > 100

    def test_xg_of_a_live_shot_is_that_of_its_training_row() -> None:
        name, path = next(iter(wyscout_matches(1).items()))
        told = [folded_event(e, n) for n, e in enumerate(decoded(gzip.decompress(path.read_bytes())), 1)]
        fold = MatchFold(SPORT, {"xg": signals(SPORT)["xg"]}, {"xg": load("xg")})
        live = [point.value for event in told for point in fold.add(event)]
        rows = shots.table_of(shots_of([Match(int(name), None, told)]))
        assert live == pytest.approx(shots.predict(rows, load("xg")).tolist(), abs=6e-5)
        assert len(live) > 10

    def test_pushed_one_by_one_a_match_ends_with_the_official_score() -> None:
        stated = {str(r["match_id"]): r for r in pl.read_parquet(WYSCOUT / "matches.parquet").iter_rows(named=True)}
        for name, path in wyscout_matches(3).items():
            state = folded([PROVIDER.decode(e.raw, {}) for e in decoded(gzip.decompress(path.read_bytes()))])
            row = stated[name]
            assert (state.home.name, state.away.name) == (row["home_team"], row["away_team"])
            assert (state.home.score, state.away.score) == (row["home_score"], row["away_score"])

    def test_extra_time_shoot_outs_and_own_goals() -> None:
        """Score in play and in the shoot-out of every match that has one, made into files from the tables."""
        matches = long_matches()
        events = pl.scan_parquet(WYSCOUT / "events.parquet")
        events = events.filter(pl.col("match_id").is_in(matches["match_id"].implode())).collect()
        seen: Counter[str] = Counter()
        for match in matches.iter_rows(named=True):
            told = decoded(rebuilt(match, events.filter(pl.col("match_id") == match["match_id"])))
            state = folded(told)
            # Extra time's goals are in its own column, together with those of the 90 minutes.
            score = [max(match[f"{side}_score"], match[f"{side}_score_et"]) for side in ("home", "away")]
            assert [state.home.score, state.away.score] == score, match["label"]
            kicks = [match["home_pens"], match["away_pens"]] if match["duration"] == "Penalties" else [0, 0]
            assert [state.home.shootout_score, state.away.shootout_score] == kicks, match["label"]
            pushed = folded([PROVIDER.decode(e.raw, {}) for e in told])
            assert [pushed.home.score, pushed.away.score] == score, match["label"]
            seen.update([match["duration"]], own_goal=sum(e.type == "own_goal" for e in told))
            assert PROVIDER.is_over is not None
            assert PROVIDER.is_over(told[-1].period, told[-1].elapsed_s)
        assert seen["Penalties"] == 6
        assert seen["ExtraTime"] == 3
        assert seen["own_goal"] > 10

    def test_the_same_match_through_two_providers(capsys: pytest.CaptureFixture[str]) -> None:
        """Guards what was measured (docs/feeds.md): goals are the same, and xG of a team is near."""
        rows = two_feeds.run(DATA)
        with capsys.disabled():
            print("\n" + two_feeds.render(rows))
        assert rows.height == 20
        assert two_feeds.agreement(rows, "goals")["mae"] == 0
        assert two_feeds.agreement(rows, "shots")["correlation"] > 0.97
        measured = two_feeds.agreement(rows, "xg")
        assert measured["correlation"] > 0.93
        assert measured["mae"] < 0.38

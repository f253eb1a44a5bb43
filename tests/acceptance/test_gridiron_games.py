"""Real college and NFL games, folded without a database: every message decodes, and the plays add up to the final score.

Where the shared data lies beside the repository every eighth of its games, all of them with TEST_EVERY_MATCH=1; where it
is missing these are not collected.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from app.feeds.base import FeedEvent, provider
from app.sports.gridiron.events import PLAYS
from app.sports.gridiron.situation import next_situation
from app.sports.gridiron.sport import SPORT
from app.sports.gridiron.state import new_state
from tests.engine_kit import folded as seen
from tests.gridiron_kit import Folded
from tests.shared_data import CFB_ESPN, NFL, cfb_games, nfl_games

GAMES = {
    **{("cfb_espn", name): path for name, path in cfb_games(1).items()},
    **{("nfl", name): path for name, path in nfl_games(6).items()},
}
SCRIMMAGE = ("run", "pass", "sack", "punt", "field_goal")


def decoded(source: str, path: Path) -> list[FeedEvent]:
    """Every message of a game's document."""
    read = provider(source)
    messages = list(read.split(gzip.decompress(path.read_bytes())))
    assert all(isinstance(m, bytes) for m in messages)
    raws = [m for m in messages if isinstance(m, bytes)]
    options = read.stream_options(raws)
    return [read.decode(m, options) for m in raws]


def continuity(events: list[FeedEvent]) -> tuple[int, int]:
    """How many plays from scrimmage begin where the fold expects the next snap, and how many it expects anything of."""
    state, met, expected = new_state(), 0, 0
    kept = [e for e in events if e.kind != "retracted"]
    for event in map(seen, sorted(kept, key=lambda e: (e.period, e.order_key, e.source_event_id))):
        before = next_situation(state)
        SPORT.apply(state, event)
        again = state.play is None or state.play.repeated
        if event.type in SCRIMMAGE and before is not None and before.down is not None and not again:
            expected += 1
            at_home = event.team == state.home.id
            met += (before.offense_is_home, before.yards_to_goal) == (at_home, event.fields.yards_to_goal)
    return met, expected


if GAMES:
    STATED = {
        str(row["game_id"]): (row["home_final"], row["away_final"])
        for folder in (CFB_ESPN, NFL)
        for row in pl.read_parquet(folder / "games.parquet").iter_rows(named=True)
    }

    @pytest.mark.parametrize(("source", "name"), GAMES)
    def test_a_game_of_the_shared_data(source: str, name: str) -> None:
        events = decoded(source, GAMES[source, name])
        game = Folded(events)
        assert game.faults == []
        assert game.state.status == "full_time"
        official = game.summary.details["official_score"]
        assert official == {"home": game.score[0], "away": game.score[1], "agrees": True}
        assert game.score == STATED[name]
        assert (game.state.home.id, game.state.away.id) == (events[0].fields.home_team, events[0].fields.away_team)
        # Who kicked off is known, and every play is somebody's.
        assert game.state.second_half_receiver is not None
        assert [e.source_event_id for e in events if e.type in PLAYS and e.team is None and e.kind != "retracted"] == []
        assert 15 <= game.state.drives <= 45
        met, expected = continuity(events)
        # College summaries break off or repeat here and there, the NFL's hardly ever.
        assert expected > 80
        assert met >= (0.75 if source == "cfb_espn" else 0.96) * expected

    def test_there_are_games_of_both_leagues() -> None:
        assert {source for source, _ in GAMES} == {"cfb_espn", "nfl"}

"""The feature store: what it holds is what a clean fold of the log says, before and after every correction."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl
import pytest

from app.db.pool import Pool
from app.errors import UsageError
from app.feeds.base import FeedEvent
from app.log.append import append
from app.log.control import append_control
from app.log.matches import MatchInfo, load_match, parse
from app.log.skip import skip, unskip
from app.sports.base import sports
from app.sports.entity_features import KINDS, declared
from app.warehouse.feature_layout import declare
from app.warehouse.feature_pipeline import FeaturePipeline
from app.warehouse.feature_store import Layouts
from app.warehouse.feature_training import known_entities, training_rows
from tests.engine_kit import HARBOUR, NORTHGATE, feed, gone, opened, shot, tiny, told
from tests.feature_kit import clock, differences, follow, known, now_of, then
from tests.integration.test_refold import played

H9, H4 = "touchline:player:h9", "touchline:player:h4"
KICK_OFF = datetime(2024, 5, 4, 14, 0, tzinfo=UTC)


def changed(event: FeedEvent, **fields: object) -> FeedEvent:
    """The same event, told anew with other fields."""
    return msgspec.structs.replace(event, fields=msgspec.structs.replace(event.fields, **fields))


async def test_the_store_holds_what_a_clean_fold_says(pool: Pool) -> None:
    await told(pool, tiny())
    await follow(pool)
    assert await differences(pool) == []
    row = await now_of(pool, "player", H9)
    assert row is not None
    assert (row.match, row.version, row.values["goals"], row.values["on_pitch"]) == ("m1", 40, 1, True)
    assert await pool.fetchval("SELECT count(*) FROM feature.online") == 3 + 3 + 1 + 2 + 1 + 1


async def test_event_by_event_and_all_at_once_come_to_the_same(pool: Pool) -> None:
    stream = await opened(pool)
    pipeline = await follow(pool)
    for event in tiny():
        await append(pool, stream, [event], "push")
        assert await pipeline.turn() == 1
    assert await differences(pool) == []
    bit_by_bit = await known(pool)
    twice = await pool.fetchval(
        "SELECT count(*) - count(DISTINCT (entity_kind, entity_id, event_timestamp)) FROM feature.history "
        "WHERE event_timestamp > (SELECT min(event_timestamp) FROM feature.history)"
    )
    assert twice == 0, "in order, no moment after the line-ups is written twice"
    await pool.execute("DELETE FROM feature.history")
    await pool.execute("UPDATE ops.cursor SET version = 0 WHERE pipeline = 'features'")
    await follow(pool)
    assert await known(pool) == bit_by_bit


async def test_one_that_goes_on_where_another_died_comes_to_the_same(pool: Pool) -> None:
    stream, events = await opened(pool), tiny()
    for start in range(0, len(events), 7):
        await append(pool, stream, events[start : start + 7], "push")
        await follow(pool)
    assert await differences(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM feature.history") == len(await known(pool)), (
        "nothing is written twice"
    )


async def test_whoever_lost_the_lease_writes_nothing(pool: Pool) -> None:
    await told(pool, tiny())
    first = FeaturePipeline(pool, "first")
    await first.turn()
    before = await pool.fetchval("SELECT count(*) FROM feature.history")
    await told(pool, [feed("late", 2000.0, player=H9, clock_s=5641.0, period=2)])
    layouts = await declare(pool)
    claims = await pool.fetch("SELECT * FROM ops.claim('features', 'first', 30, 8, NULL)")
    await pool.execute("UPDATE ops.cursor SET lease_epoch = lease_epoch + 1 WHERE pipeline = 'features'")
    from app.warehouse.feature_pipeline import _Claim

    await first._fold(_Claim("m1", claims[0]["version"], claims[0]["head"], claims[0]["lease_epoch"], False))
    assert await pool.fetchval("SELECT count(*) FROM feature.history") == before
    assert await pool.fetchval("SELECT version FROM ops.cursor WHERE pipeline = 'features'") == 40
    assert layouts


@pytest.mark.parametrize("seed", range(6))
async def test_late_amended_and_retracted_events_come_to_a_clean_fold(pool: Pool, seed: int) -> None:
    """Arrivals out of order by a little and by a lot, edits and retractions, in batches of any size."""
    chance = random.Random(seed)
    events = tiny()
    order = sorted(range(len(events)), key=lambda i: i + chance.choice([0, 0, 0, 1.5, 3.5, 25]))
    messages = [events[i] for i in order]
    for _ in range(8):
        where = chance.randrange(3, len(messages))
        event = chance.choice(messages[:where])
        if chance.random() < 0.5:
            messages.insert(where, gone(event.source_event_id))
        elif event.type != "lineup":
            messages.insert(
                where, changed(event, outcome=chance.choice(["goal", "saved"]), x_m=float(chance.randrange(100)))
            )
    stream = await opened(pool)
    pipeline = await follow(pool)
    while messages:
        size = chance.choice([1, 2, 5, 11])
        part, messages = messages[:size], messages[size:]
        await append(pool, stream, part, "follow")
        if chance.random() < 0.2:
            pipeline = await follow(pool)
        while await pipeline.turn():
            pass
        if chance.random() < 0.3:
            assert await differences(pool) == []
    assert await differences(pool) == []


async def test_a_late_event_of_this_minute_folds_only_the_last_minutes(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = played()[:1500]
    late = events.pop(-20)
    stream = await opened(pool, provider="statsbomb")
    await append(pool, stream, events, "follow")
    pipeline = await follow(pool)
    session = pipeline._sessions["m1"][0]
    folded = []
    monkeypatch.setattr(session, "_fold_whole", lambda *_: folded.append(1))
    await append(pool, stream, [late], "follow")
    assert await pipeline.turn() == 1
    assert folded == []
    assert await differences(pool) == []


async def test_a_moment_that_a_correction_takes_back_holds_what_is_known_since(pool: Pool) -> None:
    """An event with a clock far ahead, taken back: its minutes are in the store, and are kept right until they come."""
    stream = await opened(pool)
    start = [*tiny()[:10], feed("typo", 10.5, clock_s=2400.0, player=H9)]
    await append(pool, stream, start, "follow")
    pipeline = await follow(pool)
    await append(pool, stream, [gone("typo")], "follow")
    await pipeline.turn()
    assert await differences(pool) == []
    await append(pool, stream, tiny()[10:16], "follow")
    await pipeline.turn()
    assert await differences(pool) == []
    pipeline = await follow(pool)
    await append(pool, stream, tiny()[16:], "follow")
    while await pipeline.turn():
        pass
    assert await differences(pool) == []


async def test_as_seen_and_as_finally_known_around_an_amended_goal(pool: Pool) -> None:
    """A real match whose goal is taken back: whoever asks as of then is told of the goal, and of none as it is known now."""
    events = played()
    goal = next(e for e in events if e.type == "shot" and e.fields.outcome == "goal" and e.period == 1)
    scorer = str(goal.player)
    kick_off = await clock(pool) - timedelta(hours=4)
    stream = await opened(pool, provider="statsbomb", kickoff_at=kick_off)
    await append(pool, stream, events, "follow")
    await follow(pool)
    assert await differences(pool) == []
    before = await clock(pool)
    goals = (await then(pool, "player", scorer, before))["goals"]
    assert goals >= 1
    await append(pool, stream, [changed(goal, outcome="saved")], "follow")
    await follow(pool)
    after = await clock(pool)
    assert await differences(pool) == []
    assert (await then(pool, "player", scorer, before, as_seen=True))["goals"] == goals
    assert (await then(pool, "player", scorer, before))["goals"] == goals - 1
    assert (await then(pool, "player", scorer, after, as_seen=True))["goals"] == goals - 1
    assert (await then(pool, "team", str(goal.team), before, as_seen=True))["goals"] - 1 == (
        await then(pool, "team", str(goal.team), before)
    )["goals"]
    # Nothing is seen before it was recorded, and nothing before the goal has changed.
    early = kick_off + timedelta(seconds=goal.elapsed_s - 61)
    assert (await then(pool, "player", scorer, early, as_seen=True))["goals"] is None
    assert (await then(pool, "player", scorer, early))["goals"] == 0
    touched = await pool.fetchval(
        "SELECT min(event_timestamp) FROM feature.history WHERE created_timestamp > $1", before
    )
    assert touched > kick_off + timedelta(seconds=goal.elapsed_s)


async def test_a_training_row_knows_nothing_of_what_comes_later(pool: Pool) -> None:
    """The same rows before and after the second half came in."""
    events = played()
    first = [e for e in events if e.period == 1]
    stream = await opened(pool, provider="statsbomb", kickoff_at=KICK_OFF)
    await append(pool, stream, first, "follow")
    await follow(pool)
    layout = await Layouts(pool).of("soccer")
    moments = [KICK_OFF + timedelta(seconds=s) for s in (1, 60, 777, 1800, 2640)]
    frames = {}
    for kind in KINDS:
        ids = [i for m in moments for i in await known_entities(pool, layout, kind, m)]
        frames[kind] = (ids, await training_rows(pool, layout, kind, ids, [moments[-1]] * len(ids)))
        assert frames[kind][1].height == len(ids) > 0
    await append(pool, stream, [e for e in events if e.period > 1], "follow")
    await follow(pool)
    for kind, (ids, frame) in frames.items():
        again = await training_rows(pool, layout, kind, ids, [moments[-1]] * len(ids))
        assert again.equals(frame), kind
        assert (frame["feature_timestamp"] <= frame["event_timestamp"]).all()


async def test_time_to_live_is_counted_from_the_moment_of_the_row(pool: Pool) -> None:
    await told(pool, tiny(), kickoff_at=KICK_OFF)
    await follow(pool)
    end = KICK_OFF + timedelta(seconds=3720 + 5640 - 2700)
    good = await then(pool, "player", H9, end + timedelta(hours=5, minutes=59))
    assert (good["goals"], good["feature_timestamp"]) == (1, end)
    over = await then(pool, "player", H9, end + timedelta(hours=6, seconds=1))
    assert (over["goals"], over["form_matches"], over["feature_timestamp"]) == (None, 0, end)
    assert (await then(pool, "player", H9, KICK_OFF - timedelta(seconds=1)))["form_matches"] is None
    unknown = await then(pool, "player", "touchline:player:nobody", end)
    assert {v for k, v in unknown.items() if k not in ("player_id", "event_timestamp")} == {None}


async def test_a_skip_of_what_is_folded_folds_the_match_anew(pool: Pool) -> None:
    await told(pool, tiny())
    pipeline = await follow(pool)
    await pool.execute("UPDATE ops.cursor SET version = 40 WHERE pipeline = 'live'")
    goal = await pool.fetchval("SELECT version FROM log.feed_event WHERE source_event_id = 't-013'")
    await skip(pool, "m1", goal, "it was none", "local")
    assert await pipeline.turn() == 1
    assert await pipeline.turn() == 0
    assert await differences(pool) == []
    row = await now_of(pool, "player", H9)
    assert row is not None
    assert row.values["goals"] == 0
    await unskip(pool, "m1", goal, "it was one", "local")
    await follow(pool)
    assert await differences(pool) == []


async def test_a_player_whom_a_correction_takes_out_has_the_match_before(pool: Pool) -> None:
    await told(pool, tiny(), match="m0", kickoff_at=KICK_OFF)
    await follow(pool)
    stream = await opened(pool, match="m1", kickoff_at=KICK_OFF + timedelta(days=7))
    wrong = feed("p", 5.0, player=H4)
    await append(pool, stream, [feed("q", 4.0, player="touchline:player:other"), wrong], "follow")
    pipeline = await follow(pool)
    row = await now_of(pool, "player", H4)
    assert row is not None
    assert row.match == "m1"
    await append(pool, stream, [msgspec.structs.replace(wrong, player="touchline:player:right")], "follow")
    await pipeline.turn()
    row = await now_of(pool, "player", H4)
    assert row is not None
    assert (row.match, row.values["passes"]) == ("m0", 2)


async def test_a_match_that_was_played_before_does_not_take_the_place_of_a_newer_one(pool: Pool) -> None:
    await told(pool, tiny(), match="m1", kickoff_at=KICK_OFF)
    await follow(pool)
    await told(pool, tiny(), match="m0", kickoff_at=KICK_OFF - timedelta(days=7))
    await follow(pool)
    row = await now_of(pool, "player", H9)
    assert row is not None
    assert row.match == "m1"


async def test_line_ups_before_kick_off_warm_the_store_with_form_and_no_look_ahead(pool: Pool) -> None:
    """Form is of matches with an earlier kick-off alone, as they were known when the line-up came."""
    for week, match in enumerate(("m1", "m2")):
        await told(pool, tiny(), match=match, kickoff_at=KICK_OFF + timedelta(days=7 * week))
        await follow(pool)
    await told(pool, [shot("x", 10.0, "goal", player=H9)], match="later", kickoff_at=KICK_OFF + timedelta(days=30))
    await follow(pool)
    line_up = {"id": "m3", "kickoff_at": (KICK_OFF + timedelta(days=14)).isoformat(), "lineups": [
        {"team": HARBOUR, "players": [{"id": H9}, {"id": H4}, {"id": "touchline:player:new"}]}]}  # fmt: skip
    (info,) = parse(msgspec.json.encode(line_up))
    assert isinstance(info, MatchInfo)
    await load_match(pool, info)
    await follow(pool)
    stored = await pool.fetch("SELECT * FROM feature.history WHERE match_id = 'm3' AND entity_id = $1", H9)
    assert [r["event_timestamp"] for r in stored] == [KICK_OFF + timedelta(days=14, hours=-1)]
    layout = await Layouts(pool).of("soccer")
    values = layout.named("player", stored[0]["numbers"])
    assert (values["form_matches"], values["form_goals_90"], values["goals"]) == (
        2,
        round(2 / (2 * 5701 / 60) * 90, 4),
        0,
    )
    team = await then(pool, "team", HARBOUR, KICK_OFF + timedelta(days=14))
    assert (team["form_matches"], team["form_points"], team["form_goals"]) == (2, 3.0, 2.0)
    # Twice 2 : 1 at home; what is won later on, or corrected, is not in it.
    first = 20 * (1 - 1 / (1 + 10 ** (-100 / 400)))
    second = 20 * (1 - 1 / (1 + 10 ** (-(2 * first + 100) / 400)))
    rating = (pytest.approx(1500 + first + second, abs=1e-3), 2)
    assert (team["elo"], team["elo_matches"]) == rating
    new = await now_of(pool, "player", "touchline:player:new")
    assert new is not None
    assert (new.values["form_matches"], new.values["form_minutes"]) == (0, None)
    # What corrects an earlier match later on was not known then.
    goal = next(e for e in tiny() if e.source_event_id == "t-013")
    await told(pool, [changed(goal, outcome="saved")], match="m2")
    await follow(pool)
    await told(pool, [feed("p", 5.0, player=H9)], match="m3")
    await follow(pool)
    row = await then(pool, "player", H9, KICK_OFF + timedelta(days=14))
    assert row["form_goals_90"] == values["form_goals_90"]
    team = await then(pool, "team", HARBOUR, KICK_OFF + timedelta(days=14))
    assert (team["elo"], team["elo_matches"]) == rating


async def test_replays_are_not_folded_and_a_purge_takes_everything_along(pool: Pool) -> None:
    await told(pool, tiny(), match="again", origin="replay")
    await follow(pool)
    assert await pool.fetchval("SELECT count(*) FROM feature.history") == 0
    await told(pool, tiny(), match="m1")
    await follow(pool)
    await pool.execute("UPDATE log.match SET origin = 'simulation' WHERE match_id = 'm1'")
    assert await pool.fetchval("SELECT log.purge_match('m1', 'local')")
    for table in ("history", "online"):
        assert await pool.fetchval(f"SELECT count(*) FROM feature.{table}") == 0  # noqa: S608


async def test_a_match_that_cannot_be_folded_waits_and_holds_nobody_up(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(pool, tiny(), match="bad")
    await told(pool, tiny(), match="good")
    from app.warehouse import feature_session

    fold = feature_session.FeatureSession._add

    async def broken(self, pool, events):  # type: ignore[no-untyped-def]
        if self.match.match_id == "bad":
            raise ZeroDivisionError("one of the groups")
        return await fold(self, pool, events)

    monkeypatch.setattr(feature_session.FeatureSession, "_add", broken)
    await follow(pool)
    reason = await pool.fetchval(
        "SELECT parked_reason FROM ops.cursor WHERE pipeline = 'features' AND match_id = 'bad'"
    )
    assert reason == "ZeroDivisionError: one of the groups"
    assert await differences(pool, "good") == []
    monkeypatch.undo()
    await follow(pool)
    assert await differences(pool, "bad") == []


async def test_the_views_are_what_feast_reads(pool: Pool) -> None:
    await told(pool, tiny(), kickoff_at=KICK_OFF)
    await follow(pool)
    what = declared(sports()["soccer"])
    for kind in KINDS:
        rows = await pool.fetch(f"SELECT * FROM feature.soccer_{kind}_features ORDER BY event_timestamp")  # noqa: S608
        assert rows, kind
        assert {f"{kind}_id", "event_timestamp", "created_timestamp", *what.names(kind)} <= set(rows[0].keys())
    row = await pool.fetchrow(
        "SELECT goals, minutes, on_pitch FROM feature.soccer_player_features WHERE player_id = $1 "
        "ORDER BY event_timestamp DESC LIMIT 1",
        H9,
    )
    assert tuple(row) == (1, pytest.approx(5701 / 60, abs=0.001), True)
    assert isinstance(row["goals"], int)
    undescribed = await pool.fetchval(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'feature' AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL"
    )
    assert undescribed == 0


async def test_a_feature_keeps_its_place_for_ever(pool: Pool) -> None:
    """A name that goes leaves a hole, a new one comes last, and rows from before are read as ever."""
    one = '{"kind":"team","feature":"%s","group":"g","dtype":"%s","unit":"1","description":"d","ttl_s":60}'
    declare_ = "SELECT feature.declare('chess', $1::text::jsonb)"
    assert await pool.fetchval(declare_, f"[{one % ('a', 'int')},{one % ('b', 'float')}]")
    assert not await pool.fetchval(declare_, f"[{one % ('a', 'int')},{one % ('b', 'float')}]")
    assert await pool.fetchval(declare_, f"[{one % ('c', 'bool')},{one % ('b', 'float')}]")
    layout = await Layouts(pool).of("chess")
    assert [(c.name, c.place) for c in layout.columns["team"]] == [("b", 1), ("c", 2)]
    assert layout.named("team", (7.0, 1.5)) == {"b": 1.5, "c": None}
    assert layout.arrange("team", ["c", "b"], (True, None)) == (None, None, 1.0)
    columns = await pool.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'feature.chess_team_features'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert [r[0] for r in columns] == [
        "team_id", "match_id", "event_timestamp", "created_timestamp", "version", "b", "c",
    ]  # fmt: skip
    assert await pool.fetchval(declare_, f"[{one % ('a', 'int')},{one % ('b', 'float')},{one % ('c', 'bool')}]")
    assert [c.name for c in (await Layouts(pool).of("chess")).columns["team"]] == ["a", "b", "c"]


async def test_unknown_names_are_told(pool: Pool) -> None:
    await declare(pool)
    layout = await Layouts(pool).of("soccer")
    with pytest.raises(UsageError, match="'gaols' is no feature of a player"):
        await training_rows(pool, layout, "player", [], [], features=["gaols"])
    with pytest.raises(UsageError, match="'planet' is no kind"):
        await training_rows(pool, layout, "planet", [], [])
    with pytest.raises(UsageError, match="features of 'chess'"):
        await Layouts(pool).of("chess")
    frame = await training_rows(pool, layout, "team", [], [], features=["goals"])
    assert frame.schema["goals"] == pl.Int64
    assert frame.height == 0


async def test_what_is_said_outside_the_feed_is_followed_too(pool: Pool) -> None:
    await told(pool, tiny())
    await append_control(pool, "m1", "soccer", "match_info", {"home_team": NORTHGATE, "away_team": HARBOUR})
    await follow(pool)
    assert await differences(pool) == []
    assert await now_of(pool, "matchup", f"{NORTHGATE}~{HARBOUR}") is not None

"""Similar moments in the database: what is stored is what the log says, neighbours are right, and everything is found again."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from prometheus_client import CollectorRegistry

from analytics.retrieval import precision_at, recall
from app.api.similar import similar_metrics
from app.db.doctor import Finding
from app.db.pool import Pool
from app.errors import UsageError
from app.feeds.base import FeedEvent
from app.log.append import append, open_stream
from app.log.matches import MatchInfo, load_match, parse
from app.log.purge import NotPurgeable, purge
from app.log.read import match_row, read_current
from app.log.skip import skip, unskip
from app.settings import Settings
from app.sports.soccer.similar import EMBEDDING
from app.warehouse.similar import NoEmbedding, NoMoment, Question, Similar, UnknownEvent
from app.warehouse.similar_health import findings
from app.warehouse.similar_pipeline import SimilarPipeline, pipeline_of, rows_of
from app.warehouse.vectors import NoVectors, Row, Vectors
from tests.engine_kit import HARBOUR, feed, free, gone, scored, told
from tests.gridiron_kit import INFO
from tests.integration.test_lifecycle_api import clients
from tests.running import touchline
from tests.similar_kit import labelled

KICK_OFF = datetime(2024, 5, 4, 14, 0, tzinfo=UTC)
PLAYER = HARBOUR.replace(":team:", ":player:") + "-9"


async def season(pool: Pool) -> dict[tuple[str, str], str]:
    """Three matches of two competitions, a week apart; the type of each attack."""
    labels: dict[tuple[str, str], str] = {}
    for n, competition in enumerate(("League", "League", "Cup")):
        events, known = labelled(seed=10 + n, each=4)
        kick_off = KICK_OFF + timedelta(days=7 * n)
        info = {"id": f"m{n}", "kickoff_at": kick_off.isoformat(), "competition": competition}
        (given,) = parse(msgspec.json.encode(info))
        assert isinstance(given, MatchInfo)
        await load_match(pool, given)
        await told(pool, renamed(events, n), f"m{n}")
        labels |= {(f"m{n}", f"{n}:{event}"): label for event, label in known.items()}
    return labels


def renamed(events: list[FeedEvent], n: int) -> list[FeedEvent]:
    """With ids of this match alone."""
    return [msgspec.structs.replace(e, source_event_id=f"{n}:{e.source_event_id}") for e in events]


@asynccontextmanager
async def following(pool: Pool, dsn: str) -> AsyncIterator[SimilarPipeline]:
    pipeline = SimilarPipeline(pool, dsn, "test")
    try:
        yield pipeline
    finally:
        await pipeline.close()


async def follow(pool: Pool, dsn: str, *, anew: bool = False) -> tuple[int, int, int]:
    """Write what waits, as another process would that comes long after the last one."""
    await free(pool)
    async with following(pool, dsn) as pipeline:
        return await pipeline.refresh(anew=anew)


@asynccontextmanager
async def asking(pool: Pool, dsn: str) -> AsyncIterator[Similar]:
    similar = Similar(pool, dsn)
    try:
        yield similar
    finally:
        await similar.close()


async def neighbours(pool: Pool, dsn: str, question: Question) -> list[tuple[str, str]]:
    async with asking(pool, dsn) as similar:
        return [(i["match"], i["event"]) for i in (await similar.ask(question))["items"]]


async def differences(pool: Pool) -> list[str]:
    """Rows that a fresh computation over the log would not write, and those that are missing."""
    wanted: dict[Any, Row] = {}
    for record in await pool.fetch("SELECT match_id FROM log.match WHERE origin IN ('live', 'import')"):
        match = await match_row(pool, record["match_id"])
        wanted |= {r.id: r for r in rows_of(match, EMBEDDING, EMBEDDING.moments(await read_current(pool, match)))}
    stored = {r["id"] for r in await pool.fetch("SELECT id FROM feature.soccer_moment")}
    return [f"missing {wanted[i].metadata}" for i in wanted.keys() - stored] + [
        f"too many {i}" for i in stored - wanted.keys()
    ]


async def test_neighbours_are_of_the_same_type(pool: Pool, dsn: str) -> None:
    """Twenty attacks a match, four of each of five types: a fifth of the others are right by chance."""
    labels = await season(pool)
    matches, put, taken = await follow(pool, dsn)
    assert (matches, taken) == (3, 0)
    assert put >= len(labels) == 60
    assert await differences(pool) == []
    async with asking(pool, dsn) as similar:
        for (match, event), label in list(labels.items())[::3]:
            answer = await similar.ask(Question(event, limit=5))
            assert (answer["match"], answer["event"]) == (match, event)
            assert (match, event) not in [(i["match"], i["event"]) for i in answer["items"]]
            distances = [i["distance"] for i in answer["items"]]
            assert distances == sorted(distances)
            assert all(0.0 < i["similarity"] <= 1.0 for i in answer["items"])
            right = [labels.get((i["match"], i["event"])) == label for i in answer["items"]]
            assert precision_at(right, 5) >= 0.6, (event, answer["items"])


async def test_filters_by_competition_time_team_and_player(pool: Pool, dsn: str) -> None:
    await season(pool)
    await follow(pool, dsn)
    event = "0:corner-0-2"
    everywhere = await neighbours(pool, dsn, Question(event, limit=50))
    assert {m for m, _ in everywhere} == {"m0", "m1", "m2"}
    cup = await neighbours(pool, dsn, Question(event, limit=50, competition="Cup"))
    assert {m for m, _ in cup} == {"m2"}
    assert cup == [k for k in await neighbours(pool, dsn, Question(event, limit=80)) if k[0] == "m2"]
    since = KICK_OFF + timedelta(days=7)
    late = await neighbours(pool, dsn, Question(event, limit=50, since=since))
    assert {m for m, _ in late} == {"m1", "m2"}
    one = await neighbours(pool, dsn, Question(event, limit=50, since=since, until=since + timedelta(days=1)))
    assert {m for m, _ in one} == {"m1"}
    assert await neighbours(pool, dsn, Question(event, limit=50, team="nobody")) == []
    assert await neighbours(pool, dsn, Question(event, limit=50, team=HARBOUR)) == everywhere
    assert await neighbours(pool, dsn, Question(event, limit=50, player=PLAYER)) == everywhere
    assert await neighbours(pool, dsn, Question(event, limit=50, player="nobody")) == []
    # A name that would be SQL is a name.
    assert await neighbours(pool, dsn, Question(event, competition="'; DROP TABLE feature.soccer_moment; --")) == []


async def test_a_moment_of_its_own_time_is_within_both_bounds(pool: Pool, dsn: str) -> None:
    await season(pool)
    await follow(pool, dsn)
    rows = await pool.fetch(
        "SELECT match_id, source_event_id, feature.uuid_timestamp(id) AS at, (metadata->>'elapsed_s')::float8 AS s "
        "FROM feature.soccer_moment WHERE match_id = 'm1'"
    )
    for row in rows:
        assert abs(row["at"] - (KICK_OFF + timedelta(days=7, seconds=row["s"]))) <= timedelta(microseconds=1)
    at, event = rows[0]["at"], rows[0]["source_event_id"]
    found = await neighbours(pool, dsn, Question("0:corner-0-2", limit=50, since=at, until=at))
    assert found == [("m1", event)]


async def test_a_correction_changes_the_neighbours(pool: Pool, dsn: str) -> None:
    await season(pool)
    await follow(pool, dsn)
    corner, counter = "0:corner-1-2", Question("1:counter_attack-0-5", limit=3)
    assert ("m0", corner) in await neighbours(pool, dsn, Question("1:corner-0-2", limit=12))
    stored = await pool.fetchval("SELECT count(*) FROM feature.soccer_moment WHERE match_id = 'm0'")
    # What was told as a corner is told anew as the end of a counter attack.
    events = {e.source_event_id: e for e in renamed(labelled(seed=10, each=4)[0], 0)}
    start, end = events["0:corner-1-1"], events[corner]
    like = [events[f"0:counter_attack-0-{n}"] for n in range(1, 6)]
    again = [
        msgspec.structs.replace(
            e,
            source_event_id=name,
            order_key=start.order_key + n * 0.01,
            elapsed_s=end.elapsed_s + e.elapsed_s - like[0].elapsed_s,
        )
        for n, (name, e) in enumerate(
            zip([start.source_event_id, "0:x-1", "0:x-2", "0:x-3", corner], like, strict=True)
        )
    ]
    await told(pool, again, "m0")
    _, put, taken = await follow(pool, dsn)
    assert (put, taken) == (1, 1)
    assert await pool.fetchval("SELECT count(*) FROM feature.soccer_moment WHERE match_id = 'm0'") == stored
    assert ("m0", corner) not in await neighbours(pool, dsn, Question("1:corner-0-2", limit=10))
    assert ("m0", corner) in await neighbours(pool, dsn, msgspec.structs.replace(counter, limit=11))
    await told(pool, [gone(corner)], "m0")
    await follow(pool, dsn)
    assert await differences(pool) == []
    assert ("m0", corner) not in await neighbours(pool, dsn, msgspec.structs.replace(counter, limit=50))


async def test_a_skip_and_its_undoing_are_followed(pool: Pool, dsn: str) -> None:
    await season(pool)
    await follow(pool, dsn)
    await pool.execute("UPDATE ops.cursor SET version = 500 WHERE pipeline = 'live' AND match_id = 'm0'")
    version = await pool.fetchval("SELECT version FROM log.feed_event WHERE source_event_id = '0:corner-0-2'")
    await skip(pool, "m0", version, "it was none", "local")
    async with following(pool, dsn) as pipeline:
        assert len(await pipeline.turn()) == 1
        assert await pipeline.turn() == []
        assert await differences(pool) == []
        await unskip(pool, "m0", version, "it was one", "local")
        assert await pipeline.turn() == [(1, 1)]
    assert await differences(pool) == []


async def test_a_rebuild_writes_only_what_differs(pool: Pool, dsn: str) -> None:
    await season(pool)
    await follow(pool, dsn)
    assert await follow(pool, dsn) == (0, 0, 0)
    assert await follow(pool, dsn, anew=True) == (3, 0, 0)
    await pool.execute("DELETE FROM feature.soccer_moment WHERE source_event_id LIKE '%corner%'")
    matches, put, taken = await follow(pool, dsn, anew=True)
    assert (matches, taken) == (3, 0)
    assert put == 12
    assert await differences(pool) == []


async def test_a_match_that_goes_on_is_looked_at_now_and_then(pool: Pool, dsn: str) -> None:
    await told(pool, renamed(labelled(seed=1, each=1)[0], 0), "m0")
    async with following(pool, dsn) as pipeline:
        assert len(await pipeline.turn()) == 1
        await told(pool, [feed("late", 9000.0, "shot", outcome="goal", x_m=90.0, y_m=34.0)], "m0")
        assert await pipeline.turn() == []
        await pool.execute("UPDATE ops.cursor SET retry_at = NULL")
        assert len(await pipeline.turn()) == 1
    assert await differences(pool) == []


async def test_whoever_lost_the_lease_writes_nothing(pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(pool, renamed(labelled(seed=1, each=1)[0], 0), "m0")
    held = Vectors.writing

    @asynccontextmanager
    async def too_late(self: Vectors) -> AsyncIterator[Any]:
        await pool.execute("UPDATE ops.cursor SET lease_epoch = lease_epoch + 1 WHERE pipeline LIKE 'similar:%'")
        async with held(self) as writing:
            yield writing

    async with following(pool, dsn) as pipeline:
        monkeypatch.setattr(Vectors, "writing", too_late)
        assert await pipeline.turn() == []
    assert await pool.fetchval("SELECT count(*) FROM feature.soccer_moment") == 0
    assert await pool.fetchval("SELECT version FROM ops.cursor WHERE pipeline = $1", pipeline_of(EMBEDDING)) == 0


async def test_replays_are_left_out_and_what_is_purged_is_gone(pool: Pool, dsn: str) -> None:
    await season(pool)
    await told(pool, renamed(labelled(seed=1, each=1)[0], 9), "again", origin="replay")
    await follow(pool, dsn)
    assert await pool.fetch("SELECT DISTINCT match_id FROM feature.soccer_moment ORDER BY 1") == [
        ("m0",),
        ("m1",),
        ("m2",),
    ]
    # A replay may be asked for all the same.
    assert len(await neighbours(pool, dsn, Question("9:corner-0-2", limit=5))) == 5
    with pytest.raises(NotPurgeable):
        await purge(pool, "m2")
    await pool.execute("UPDATE log.match SET origin = 'simulation' WHERE match_id = 'm2'")
    assert await purge(pool, "m2")
    assert {m for m, _ in await neighbours(pool, dsn, Question("0:corner-0-2", limit=100))} == {"m0", "m1"}
    assert await differences(pool) == []


async def test_a_cursor_of_an_older_version_goes(pool: Pool, dsn: str) -> None:
    await season(pool)
    await pool.execute("INSERT INTO ops.cursor (match_id, pipeline) VALUES ('m0', 'similar:soccer-attack@0')")
    await follow(pool, dsn)
    rows = await pool.fetch("SELECT DISTINCT pipeline FROM ops.cursor WHERE pipeline LIKE 'similar:%'")
    assert [r["pipeline"] for r in rows] == ["similar:soccer-attack@1"]
    # What an older version left is no answer.
    await pool.execute(
        "UPDATE feature.soccer_moment SET metadata = metadata || '{\"embedding\": \"soccer-attack@0\"}' WHERE match_id = 'm1'"
    )
    assert "m1" not in {m for m, _ in await neighbours(pool, dsn, Question("0:corner-0-2", limit=20))}


async def test_the_index_finds_what_an_exact_search_finds(pool: Pool, dsn: str) -> None:
    """1,500 moments, 40 questions with a filter and without: recall at 10 of HNSW. Hand-made attacks, each shaken a little."""
    events, _ = labelled(seed=5, each=40)
    await told(pool, events, "m0")
    moments = EMBEDDING.moments(await read_current(pool, await match_row(pool, "m0")))
    made = random.Random(7)

    def shaken() -> tuple[float, ...]:
        return tuple(n + made.gauss(0.0, 0.1) for n in made.choice(moments).numbers)

    rows = [
        Row(KICK_OFF + timedelta(seconds=n), {"match": "m0", "event": f"e{n}", "part": n % 10}, "", shaken())
        for n in range(1500)
    ]
    # So few rows the planner would rather read whole.
    eager = f"{dsn}{'&' if '?' in dsn else '?'}enable_seqscan=off"
    vectors = Vectors(eager, EMBEDDING.table, EMBEDDING.dimensions)
    try:
        await vectors.open(pool)
        async with vectors.writing() as writing:
            assert await writing.replace({"match": "m0"}, rows) == (1500, 0)
        await pool.execute("ANALYZE feature.soccer_moment")
        found_all: list[float] = []
        found_part: list[float] = []
        for _ in range(40):
            asked = shaken()
            for where, into in ((None, found_all), ({"part": 3}, found_part)):
                near = await vectors.search(asked, 10, where)
                exact = await vectors.search(asked, 10, where, exact=True)
                assert len(near) == len(exact) == 10
                into.append(recall([n.metadata["event"] for n in near], [n.metadata["event"] for n in exact]))
        assert sum(found_all) / 40 >= 0.95
        assert sum(found_part) / 40 >= 0.95
        async with vectors.writing() as writing:
            plan = await writing.connection.fetch(
                "EXPLAIN SELECT id FROM feature.soccer_moment ORDER BY embedding <-> "
                "(SELECT embedding FROM feature.soccer_moment LIMIT 1) LIMIT 10"
            )
        assert "soccer_moment_embedding_idx" in str(plan)
    finally:
        await vectors.close()


async def test_what_cannot_be_asked(pool: Pool, dsn: str) -> None:
    await season(pool)
    await told(pool, [feed("half", 2700.0, "stoppage", team=None)], "m0")
    await told(pool, [feed("0:corner-0-2", 5.0)], "other")
    await follow(pool, dsn)
    async with asking(pool, dsn) as similar:
        with pytest.raises(UnknownEvent, match="No match has an event 'nothing'"):
            await similar.ask(Question("nothing"))
        with pytest.raises(UnknownEvent, match="Match 'm1' has no event 'half'"):
            await similar.ask(Question("half", match="m1"))
        with pytest.raises(NoMoment, match="belongs to no attack"):
            await similar.ask(Question("half"))
        with pytest.raises(UsageError, match=r"Several matches have an event '0:corner-0-2'.*m0, other"):
            await similar.ask(Question("0:corner-0-2"))
        assert (await similar.ask(Question("0:corner-0-2", match="m0")))["match"] == "m0"
        await told(pool, [gone("0:corner-0-2")], "m0")
        with pytest.raises(NoMoment, match="does not hold any more"):
            await similar.ask(Question("0:corner-0-2", match="m0"))


async def test_a_sport_without_an_embedding_says_so(pool: Pool, dsn: str) -> None:
    stream = await open_stream(pool, "bowl", sport="gridiron", provider="cfb_espn")
    await append(pool, stream, [INFO], "push")
    await follow(pool, dsn)
    async with asking(pool, dsn) as similar:
        with pytest.raises(
            NoEmbedding, match=r"Moments of american football cannot be compared: .*gridiron/similar\.py"
        ):
            await similar.ask(Question("info"))


async def test_over_http_and_on_the_command_line(pool: Pool, dsn: str, settings: Settings) -> None:
    await season(pool)
    await scored(pool, dsn)
    done = touchline("similar", "--refresh", "--json", database_url=dsn)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["refreshed"]["matches"] == 3
    async with clients(settings, dsn) as (here, away):
        answer = await here.get("/v1/similar", params={"event": "0:corner-0-2", "limit": 3})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["embedding"] == "soccer-attack@1"
        assert body["next"] is None
        assert len(body["items"]) == 3
        first = body["items"][0]
        assert set(first) == {
            "match", "event", "competition", "team", "period", "elapsed_s", "clock", "what", "xg", "distance", "similarity"
        }  # fmt: skip
        assert first["what"].startswith("corner, 1 pass, ")
        assert first["what"].endswith(f"{first['xg']:.2f} xG")
        same = await here.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        assert (await away.get("/v1/similar?event=x")).status_code == 401
        for asked, status, title in (
            ("event=nothing", 404, "Unknown event"),
            ("event=0:corner-0-2&match=nothing", 404, "Unknown match"),
            ("event=0:corner-0-2&limit=101", 400, "Bad Request"),
            ("event=0:corner-0-2&after=yesterday", 400, "The request does not fit"),
            (
                "event=0:corner-0-2&after=2024-05-05T00:00:00Z&before=2024-05-04T00:00:00Z",
                400,
                "The request does not fit",
            ),
            ("event=%00", 400, "The request does not fit"),
            ("", 400, "Bad Request"),
        ):
            wrong = await here.get(f"/v1/similar?{asked}")
            assert (wrong.status_code, wrong.json()["title"]) == (status, title), (asked, wrong.text)
            assert wrong.headers["content-type"] == "application/problem+json"
        table = touchline("similar", "0:corner-0-2", "--limit", "3", "--competition", "Cup", database_url=dsn)
        lines = table.stdout.splitlines()
        assert lines[0].startswith("corner, 1 pass, ")
        assert len(lines) == 5
        assert all(" m2 " in line for line in lines[2:])
        wrong = touchline("similar", "nothing", database_url=dsn)
        assert (wrong.returncode, "No match has an event 'nothing'" in wrong.stderr) == (2, True)
        assert touchline("similar", database_url=dsn).returncode == 2


async def test_a_database_without_the_table_says_so_and_gets_it(pool: Pool, dsn: str) -> None:
    await season(pool)
    await pool.execute("DROP TABLE feature.soccer_moment")
    with pytest.raises(NoVectors, match="pgvector"):
        await follow(pool, dsn)
    with pytest.raises(NoVectors, match="pgvector"):
        await neighbours(pool, dsn, Question("0:corner-0-2"))
    done = touchline("similar", "--refresh", database_url=dsn)
    assert done.stdout.startswith("3 matches looked through")
    assert await differences(pool) == []


async def test_the_table_is_the_librarys(pool: Pool) -> None:
    """The columns that the library's own statement makes, with what it knows of them; ours beside them it never names."""
    from timescale_vector.client import Async

    builder = Async("", EMBEDDING.table, EMBEDDING.dimensions, schema_name="feature").builder
    for line in (
        "id uuid PRIMARY KEY",
        "metadata JSONB",
        "contents TEXT",
        "embedding VECTOR(44)",
        "soccer_moment_meta_idx",
    ):
        assert line in builder.get_create_query()
    rows = await pool.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) AS type, col_description(attrelid, attnum) IS NOT NULL AS told "
        "FROM pg_attribute WHERE attrelid = 'feature.soccer_moment'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert [(r["attname"], r["type"]) for r in rows[:4]] == [
        ("id", "uuid"), ("metadata", "jsonb"), ("contents", "text"), ("embedding", f"vector({EMBEDDING.dimensions})")
    ]  # fmt: skip
    assert all(r["told"] for r in rows)


async def test_how_far_they_are_behind_the_log_is_told(pool: Pool, dsn: str, settings: Settings) -> None:
    def doctor() -> dict[str, Finding]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            return {f.name: f for f in findings(connection)}

    async def gauges() -> dict[str, float]:
        registry = CollectorRegistry()
        await similar_metrics(pool, registry)
        found = {m.name.removeprefix("touchline_similar_"): m.samples for m in registry.collect()}
        return {name: s[0].value for name, s in found.items() if s and s[0].labels == {"sport": "soccer"}}

    await season(pool)
    events = await pool.fetchval("SELECT sum(version) FROM log.match")
    before = await gauges()
    assert (before["backlog_events"], before["parked_matches"]) == (events, 0), "also before there is a cursor"
    assert before["lag_seconds"] > 0
    assert doctor()["soccer"].value.startswith(f"{events} events of 3 matches behind")
    await follow(pool, dsn)
    assert await gauges() == {"backlog_events": 0, "lag_seconds": 0, "parked_matches": 0}
    assert (doctor()["soccer"].ok, doctor()["soccer"].value) == (True, "up to date with the log")
    await told(pool, [feed("late", 9000.0, "shot", outcome="goal", x_m=90.0, y_m=34.0)], "m0")
    await pool.execute(
        "UPDATE ops.cursor SET parked_at = now() WHERE pipeline = $1 AND match_id = 'm1'", pipeline_of(EMBEDDING)
    )
    after = await gauges()
    assert (after["backlog_events"], after["parked_matches"]) == (1, 1)
    assert (doctor()["soccer, parked"].ok, doctor()["soccer, parked"].value) == (False, "1 matches")
    async with clients(settings, dsn) as (here, _):
        assert 'touchline_similar_backlog_events{sport="soccer"} 1.0' in (await here.get("/metrics")).text
    await pool.execute("DROP TABLE feature.soccer_moment")
    assert await gauges() == {}
    assert doctor() == {}

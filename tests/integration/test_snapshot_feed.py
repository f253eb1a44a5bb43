"""Whole documents of a provider: what one leaves out did not happen, unless the document is broken."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from app.commands.ingest import IngestedFile, ingest_file
from app.db.pool import Pool
from app.errors import UsageError
from app.feeds.base import provider
from app.log.control import append_control
from app.log.ingest import Ingested, ingest
from app.settings import Settings
from tests.engine_kit import TINY, clean, opened, scored, state

LINES = TINY.read_bytes().splitlines()
SOURCE = provider("touchline")


def line(name: str, x_m: float = 50.0, **more: object) -> bytes:
    """A pass."""
    told = {"id": name, "type": "pass", "period": 1, "order": 1, "clock_s": 1, "team": "harbour", "player": "h1"}
    return msgspec.json.encode({**told, "fields": {"x_m": x_m, "y_m": 30}, **more})


async def document(pool: Pool, lines: Iterable[bytes], source: str = "touchline") -> Ingested:
    return await ingest(pool, SOURCE, await opened(pool, provider=source), list(lines), "follow", snapshot=True)


async def holding(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT source_event_id FROM log.current_event('m1') WHERE NOT control ORDER BY version")
    return [r["source_event_id"] for r in rows]


async def test_what_a_document_leaves_out_is_retracted_in_one_append(pool: Pool) -> None:
    await document(pool, [line("a"), line("b"), line("c")])
    done = await document(pool, [line("a"), line("c", 60.0), line("d")])
    assert (done.appended, done.repeated, done.retracted) == (3, 1, 1)
    rows = await pool.fetch(
        "SELECT source_event_id, kind, effective, type, period, order_key, raw FROM log.feed_event "
        "WHERE version > 3 ORDER BY version"
    )
    assert [r["source_event_id"] for r in rows] == ["c", "d", "b"]
    assert tuple(rows[2]) == ("b", "retracted", True, "pass", 1, 1.0, b"")
    assert await pool.fetchval("SELECT count(DISTINCT recorded_at) FROM log.feed_event WHERE version > 3") == 1
    assert await holding(pool) == ["a", "c", "d"]


async def test_the_same_document_again_changes_nothing(pool: Pool) -> None:
    for _ in range(2):
        await document(pool, [line("a"), line("b", revision=3)])
        await document(pool, [line("a")])
        done = await document(pool, [line("a")])
        assert (done.appended, done.repeated, done.retracted) == (0, 1, 0)


@pytest.mark.parametrize("revision", [None, 7])
async def test_what_comes_back_holds_again_and_can_go_again(pool: Pool, revision: int | None) -> None:
    more = {} if revision is None else {"revision": revision}
    whole, less = [line("a"), line("b", **more)], [line("a")]
    for _ in range(2):
        await document(pool, whole)
        assert await holding(pool) == ["a", "b"]
        assert (await document(pool, whole)).appended == 0
        await document(pool, less)
        assert await holding(pool) == ["a"]
    kinds = await pool.fetch("SELECT kind, effective FROM log.feed_event WHERE source_event_id = 'b' ORDER BY version")
    assert [tuple(k) for k in kinds] == [
        ("recorded", True),
        ("retracted", True),
        ("amended", True),
        ("retracted", True),
    ]


async def test_an_older_revision_does_not_bring_back_and_a_newer_one_does(pool: Pool) -> None:
    await document(pool, [line("a"), line("b", revision=7)])
    await document(pool, [line("a")])
    await document(pool, [line("a"), line("b", 40.0, revision=6)])
    assert await holding(pool) == ["a"]
    await document(pool, [line("a"), line("b", 41.0, revision=8)])
    assert await holding(pool) == ["a", "b"]


async def test_a_sender_that_retries_does_not_bring_back_what_a_document_left_out(pool: Pool) -> None:
    lines = [line("a"), line("b", revision=7), line("c")]
    await document(pool, lines)
    await document(pool, [line("a")])
    assert (await ingest(pool, SOURCE, await opened(pool), lines, "push")).appended == 0
    await ingest(pool, SOURCE, await opened(pool), [line("b", revision=8)], "push")
    assert await holding(pool) == ["a", "b"]


async def test_what_was_retracted_outright_stays_so_under_its_revision(pool: Pool) -> None:
    """A tombstone of the provider's own is no absence: the revision it took back is a repeat."""
    tombstone = msgspec.json.encode({"id": "b", "kind": "retracted"})
    both = [line("b", revision=7), tombstone]
    await document(pool, both)
    assert (await document(pool, both)).appended == 0
    assert await holding(pool) == []


@pytest.mark.parametrize("broken", [b"{", b'{"id": "b", "type": "passs"}'])
async def test_a_document_that_is_broken_anywhere_retracts_nothing(pool: Pool, broken: bytes) -> None:
    await document(pool, [line("a"), line("b"), line("c")])
    done = await document(pool, [line("a", 51.0), broken])
    assert (done.appended, done.retracted, done.quarantined) == (1, 0, 1)
    assert len(await holding(pool)) == 3


async def test_an_empty_document_retracts_nothing(pool: Pool) -> None:
    await document(pool, [line("a")])
    assert (await document(pool, [])).retracted == 0
    assert await holding(pool) == ["a"]


async def test_only_what_the_provider_said_itself_is_absent(pool: Pool) -> None:
    await append_control(pool, "m1", "soccer", "match_info", {"venue": "Quay"})
    other = await opened(pool, provider="statsbomb")
    await ingest(pool, SOURCE, other, [line("x")], "push")
    await document(pool, [line("a"), line("b")])
    assert (await document(pool, [line("b")])).retracted == 1
    kept = await pool.fetch("SELECT DISTINCT source_event_id FROM log.identity WHERE retracted")
    assert [r["source_event_id"] for r in kept] == ["a"]


async def test_a_pushed_document_is_refused(pool: Pool) -> None:
    with pytest.raises(UsageError, match="follow"):
        await ingest(pool, SOURCE, await opened(pool), [line("a")], "push", snapshot=True)


async def test_a_goal_that_disappears_and_comes_back_is_scored_like_a_clean_run(pool: Pool, dsn: str) -> None:
    goal = next(i for i, raw in enumerate(LINES) if b'"goal"' in raw)
    await document(pool, LINES)
    await scored(pool, dsn)
    before = await state(pool)
    await document(pool, [*LINES[:goal], *LINES[goal + 1 :]])
    await scored(pool, dsn)
    await clean(pool)
    less = await state(pool)
    assert less["home_score"] + less["away_score"] == before["home_score"] + before["away_score"] - 1
    await document(pool, LINES)
    await scored(pool, dsn)
    await clean(pool)
    again = await state(pool)
    assert (again["home_score"], again["away_score"]) == (before["home_score"], before["away_score"])


async def test_a_document_longer_than_a_chunk(pool: Pool) -> None:
    many = [line(f"e{i}", order=i) for i in range(2500)]
    assert (await document(pool, many)).appended == 2500
    done = await document(pool, many[1:-1])
    assert (done.appended, done.repeated, done.retracted) == (2, 2498, 2)


async def test_a_file_as_a_whole_document(pool: Pool, dsn: str, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "m1.jsonl"

    async def taken(lines: list[bytes], speed: float | None = None) -> IngestedFile:
        file.write_bytes(b"\n".join(lines))
        return await ingest_file(
            pool, dsn, settings, SOURCE, file, None, None, speed, lambda done, every: None, snapshot=True
        )

    first = await taken(LINES)
    second = await taken([raw for raw in LINES if b'"goal"' not in raw])
    assert (first.retracted, second.retracted, second.quarantined) == (0, first.events - second.events, 0)
    assert (first.home_score, first.away_score, second.home_score, second.away_score) == (2, 1, 1, 0)
    await clean(pool)
    with pytest.raises(UsageError, match="--speed"):
        await taken(LINES, speed=10.0)


def numbered(lines: Iterable[bytes]) -> list[bytes]:
    """The lines as a document whose provider numbers events by their place in it."""
    told = [msgspec.json.decode(one) for one in lines]
    return [msgspec.json.encode({**e, "order": float(i)}) for i, e in enumerate(told, 1)]


def of_now(lines: list[bytes]) -> list[bytes]:
    """A later edition of the tiny match: three events less, two more in between, one that has changed places."""
    lines = [*lines[:5], *lines[8:]]
    lines[12:12] = [line("new-1", clock_s=600), line("new-2", 60.0, clock_s=601)]
    lines[20], lines[21] = lines[21], lines[20]
    return lines


@pytest.mark.parametrize("snapshot", [True, False])
async def test_a_document_that_is_numbered_anew_ends_as_it_would_have_begun(
    pool: Pool, dsn: str, snapshot: bool
) -> None:
    before = [one for one in LINES if msgspec.json.decode(one)["period"] == 1]
    now = of_now(before)
    if not snapshot:
        # What is left out stays: only what is new and what has moved is told.
        now = [*now[:5], *before[5:8], *now[5:]]
    await ingest(pool, SOURCE, await opened(pool), numbered(before), "follow", snapshot=snapshot)
    await scored(pool, dsn)
    done = await ingest(pool, SOURCE, await opened(pool), numbered(now), "follow", snapshot=snapshot)
    # New ones, what is left out, and one that moves: its old place taken back, its new one said.
    assert (done.appended, done.retracted) == ((7, 3) if snapshot else (4, 0))
    await ingest(pool, SOURCE, await opened(pool, "fresh"), numbered(now), "follow", snapshot=snapshot)
    await scored(pool, dsn)
    assert (await clean(pool)).digest == (await clean(pool, "fresh")).digest
    again = await ingest(pool, SOURCE, await opened(pool), numbered(now), "follow", snapshot=snapshot)
    assert again.appended == 0


async def test_a_file_that_tells_an_event_several_times_is_taken_in_once(pool: Pool) -> None:
    told = [
        line("a"),
        line("b"),
        line("a", 60.0, kind="amended"),
        msgspec.json.encode({"id": "b", "kind": "retracted"}),
        line("c"),
        line("a", 50.0, kind="amended"),
    ]
    first = await ingest(pool, SOURCE, await opened(pool), told, "follow")
    assert first.appended == 6
    assert await holding(pool) == ["c", "a"]
    again = await ingest(pool, SOURCE, await opened(pool), told, "follow")
    assert (again.appended, again.repeated) == (0, 6)
    more = await ingest(pool, SOURCE, await opened(pool), [*told, line("a", 70.0, kind="amended")], "follow")
    assert await holding(pool) == ["c", "a"]
    assert more.appended >= 1

"""An edit costs what it touches: a real match, edited in its third minute when it has long been played."""

from pathlib import Path

import kloppy
import msgspec
import pytest

from app.db.pool import Pool
from app.feeds.base import FeedEvent, provider
from app.log.append import append
from app.scoring import session as sessions
from app.scoring.refold import Part
from tests.engine_kit import clean, drain, frames, gone, last_seq, new_worker, opened

MATCH = Path(kloppy.__file__).parent / "tests" / "files" / "statsbomb_15986_event.json"


def played() -> list[FeedEvent]:
    """A whole match of the open data."""
    read = provider("statsbomb")
    messages = [m for m in read.split(MATCH.read_bytes()) if isinstance(m, bytes)]
    options = read.stream_options(messages)
    return [read.decode(m, options) for m in messages]


def completed_pass(events: list[FeedEvent], after_s: float) -> FeedEvent:
    """The first one after a moment that has a place and an end."""
    return next(
        e
        for e in events
        if e.type == "pass" and e.elapsed_s >= after_s and e.fields.outcome == "complete" and e.period == 1
    )


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """Every part that is folded anew."""
    seen: list[Part] = []
    fold_part = sessions.fold_part

    async def noted(*arguments: object) -> Part:
        seen.append(await fold_part(*arguments))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(sessions, "fold_part", noted)
    return seen


async def test_an_early_edit_folds_a_small_part_of_the_match(pool: Pool, dsn: str, parts: list[Part]) -> None:
    events = played()
    stream = await opened(pool, provider="statsbomb")
    worker = new_worker(pool, dsn)
    await append(pool, stream, events, "follow")
    await drain(worker)
    before = await last_seq(pool)
    edited = completed_pass(events, 150.0)
    there = msgspec.structs.replace(edited.fields, end_x_m=88.0, end_y_m=36.0)
    await append(pool, stream, [msgspec.structs.replace(edited, fields=there)], "follow")
    await drain(worker)
    await clean(pool)
    assert len(events) > 3000
    assert len(parts) == 1
    touched = parts[0].touched
    assert 0 < len(touched) < len(events) / 4, "momentum forgets in a quarter of an hour"
    told = await frames(pool, after=before)
    assert [f["frame"] for f in told if f["frame"] == "event"] == ["event"]
    corrected = {(f["signal"], f["frame"]) for f in told if f["frame"] != "event"}
    assert ("xt", "correction") in corrected
    assert corrected <= {(name, "correction") for name in ("xt", "momentum", "action_value", "player_impact")}
    for frame in told:
        if frame["frame"] == "correction":
            assert edited.elapsed_s <= frame["changed"]["from_elapsed_s"] <= frame["changed"]["to_elapsed_s"] < 2000.0


async def test_an_edit_that_changes_everything_after_it_is_folded_to_the_end(
    pool: Pool, dsn: str, parts: list[Part]
) -> None:
    events = played()
    goal = next(e for e in events if e.type == "shot" and e.fields.outcome == "goal")
    stream = await opened(pool, provider="statsbomb")
    worker = new_worker(pool, dsn)
    await append(pool, stream, events, "follow")
    await drain(worker)
    await append(pool, stream, [gone(goal.source_event_id)], "follow")
    await drain(worker)
    await clean(pool)
    assert [part.fold is not None for part in parts] == [True]


async def test_edits_anywhere_come_to_the_clean_run(pool: Pool, dsn: str, parts: list[Part]) -> None:
    """One after the other, all over the match, with more of it coming in between: checkpoints never go stale."""
    events = played()
    stream = await opened(pool, provider="statsbomb")
    worker = new_worker(pool, dsn)
    await append(pool, stream, events[:2500], "follow")
    await drain(worker)
    rest = [events[i : i + 100] for i in range(2500, len(events), 100)]
    for number, more in enumerate(rest):
        edited = completed_pass(events, 2400.0 - number * 140.0)
        where = msgspec.structs.replace(edited.fields, end_x_m=30.0 + number, y_m=10.0)
        await append(pool, stream, [*more, msgspec.structs.replace(edited, fields=where)], "follow")
        if number % 3 == 0:
            await append(pool, stream, [gone(completed_pass(events, number * 120.0).source_event_id)], "follow")
        await drain(worker)
        if number % 4 == 0:
            await clean(pool)
    await clean(pool)
    assert len(parts) > 8
    assert any(part.fold is None for part in parts)

"""`verify` and `rebuild` over all matches: what is not scored is not called clean, and one bad match stops no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from app.commands.verify import rebuild_all, verify_all
from app.db.pool import Pool
from app.settings import Settings
from app.sports.base import Event, sports
from tests.engine_kit import drain, free, new_worker, scored, shot, tiny, told

POISON = shot("poison", 20.5, "goal", clock_s=1400.0)
WITH_POISON = [*tiny()[:20], POISON, *tiny()[20:]]
Told = tuple[bool, list[str]]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that makes the event `poison` impossible to fold from then on."""
    whole = sports()["soccer"]

    def apply(state: Any, event: Event) -> None:
        if event.source_event_id == "poison":
            raise ZeroDivisionError("no such angle")
        whole.apply(state, event)

    return lambda: monkeypatch.setitem(sports(), "soccer", msgspec.structs.replace(whole, apply=apply))


async def verified(dsn: str, match: str | None = None) -> Told:
    lines: list[str] = []
    return await verify_all(dsn, match, False, lines.append), lines


async def as_json(dsn: str, command: str = "verify") -> tuple[bool, dict[str, Any]]:
    said: list[str] = []
    if command == "verify":
        whole = await verify_all(dsn, None, True, said.append)
    else:
        whole = await rebuild_all(dsn, Settings(), None, True, said.append)
    assert len(said) == 1
    return whole, msgspec.json.decode(said[0])


async def test_what_waits_is_told_and_is_no_difference(pool: Pool, dsn: str) -> None:
    await told(pool, tiny(), "m1")
    await scored(pool, dsn)
    assert re.fullmatch(r"1 match, \d+ points: no difference; digest \w+", (await verified(dsn))[1][-1])
    await told(pool, tiny()[:7], "m2")
    whole, lines = await verified(dsn)
    assert whole
    assert ", no difference, digest" in lines[0]
    assert lines[1].startswith("m2: 0 points at version 0, no difference, 7 versions not scored yet, digest")
    assert ": no difference; 7 versions of 1 match not scored yet; digest " in lines[2]
    whole, body = await as_json(dsn)
    assert whole
    assert [(m["match"], m["waiting"], m["parked_reason"]) for m in body["matches"]] == [
        ("m1", 0, None),
        ("m2", 7, None),
    ]
    assert (body["waiting"], body["parked"], body["failed"], body["differing"]) == (7, 0, [], 0)


async def test_a_parked_match_is_told_with_its_reason(pool: Pool, dsn: str, broken: Callable[[], None]) -> None:
    broken()
    await told(pool, WITH_POISON, "m1")
    await drain(new_worker(pool, dsn))
    whole, lines = await verified(dsn)
    assert whole
    reason = "event poison (shot, version 21) cannot be folded: ZeroDivisionError: no such angle"
    assert f"m1: 0 points at version 0, no difference, parked with 41 versions not scored ({reason})" in lines[0]
    assert f"1 match parked (m1: {reason})" in lines[-1]
    _, body = await as_json(dsn)
    assert (body["matches"][0]["waiting"], body["matches"][0]["parked_reason"], body["parked"]) == (41, reason, 1)


@pytest.mark.parametrize("command", ["verify", "rebuild"])
async def test_one_match_that_cannot_be_computed_is_named_and_the_others_go_on(
    pool: Pool, dsn: str, broken: Callable[[], None], command: str
) -> None:
    for match, events in (("m1", tiny()), ("m2", WITH_POISON), ("m3", tiny())):
        await told(pool, events, match)
    await scored(pool, dsn)
    broken()
    await free(pool)
    whole, body = await as_json(dsn, command)
    assert not whole
    assert [m["match"] for m in body["matches"]] == ["m1", "m3"]
    (failed,) = body["failed"]
    assert (failed["match"], failed["version"]) == ("m2", 21)
    assert failed["reason"].startswith("event poison (shot, version 21) cannot be folded: ZeroDivisionError")
    lines: list[str] = []
    if command == "verify":
        assert not await verify_all(dsn, "m2", False, lines.append)
    else:
        assert not await rebuild_all(dsn, Settings(), "m2", False, lines.append)
    assert "m2" in lines[0]
    assert "event poison" in lines[0]
    assert "1 match could not be computed" in lines[-1]

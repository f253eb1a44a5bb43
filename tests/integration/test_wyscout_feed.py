"""Wyscout over every way in: pushed, ingested, polled and rehearsed, a match ends the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.poll import Polled
from app.db.pool import Pool
from app.feeds.base import provider
from tests.engine_kit import clean, scored, state
from tests.integration.test_poll import MATCH as POLLED
from tests.integration.test_poll import Polling, soon
from tests.running import Running, touchline
from tests.source import serving
from tests.wyscout_kit import HARBOUR, NORTHGATE, document, message


def match() -> dict[str, Any]:
    """A small match, 2:1: a shot and an own goal for the home team, a penalty for the other, a red card."""
    events: list[dict[str, Any]] = []

    def add(half: str, second: float, event: int, sub: int | str, *tags: int, **more: Any) -> None:
        name = 9000 - len(events) if half == "1H" else 2000 + len(events)
        events.append(message(event, sub, *tags, id=name, matchPeriod=half, eventSec=second, **more))

    for half in ("1H", "2H"):
        for minute in range(46):
            team = (NORTHGATE, HARBOUR)[minute % 2]
            place = [{"x": 30 + minute, "y": 40}, {"x": 40 + minute, "y": 55}]
            add(half, minute * 60.0, 8, 85, 1801 if minute % 3 else 1802, teamId=team, positions=place)
    add("1H", 700.5, 10, 100, 101, 402, 1801, teamId=NORTHGATE, playerId=72)
    add("1H", 701.5, 9, 90, 101, 1802, teamId=HARBOUR)
    add("2H", 800.5, 7, 72, 102, teamId=HARBOUR)
    add("2H", 1500.5, 3, 35, 101, 401, 1801, teamId=HARBOUR)
    add("2H", 1600.5, 2, 20, 1701, teamId=NORTHGATE, playerId=72)
    add("2H", 2000.5, 10, 100, 403, 1802, teamId=HARBOUR)
    events.sort(key=lambda e: (e["matchPeriod"], e["eventSec"]))
    return document(*events)


MATCH = match()
EVENTS = len(MATCH["events"])


def values(service: Running, name: str) -> list[dict[str, Any]]:
    """The current values, without those that follow from what was said outside the feed."""
    service.scored(name)
    kept = ("signal", "subject", "source_event_id", "value", "period", "elapsed_s")
    found = service.walk(f"/v1/matches/{name}/signals")
    return [{k: p[k] for k in kept} for p in found if not (p["source_event_id"] or "").startswith("status:")]


def picture(service: Running, name: str) -> tuple[Any, ...]:
    found = service.scored(name)
    return tuple(found[k] for k in ("home", "home_score", "away_score", "away", "status", "period", "clock_display"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wyscout") / "wyscout-file.json"
    path.write_text(json.dumps(MATCH))
    return path


@pytest.fixture(scope="module")
def plain(service: Running, file: Path) -> list[dict[str, Any]]:
    """The signals of a plain ingest."""
    done = touchline("ingest", "wyscout", str(file), "--match", "wyscout-file", "--json", database_url=service.dsn)
    assert done.returncode == 0, done.stderr
    assert picture(service, "wyscout-file") == ("Northgate", 2, 1, "Hárbour", "finished", 2, "90+0:00")
    found = values(service, "wyscout-file")
    # The penalty, the shot and the header; goals by the keeper's row or the own goal have no xG.
    assert sum(p["signal"] == "xg" for p in found) == 3
    return found


@pytest.mark.parametrize("shape", ["document", "array", "ndjson", "single"])
def test_a_push_in_every_shape(service: Running, plain: list[dict[str, Any]], shape: str) -> None:
    sheets = json.dumps({k: MATCH[k] for k in ("teams", "players")}).encode()
    raw = [json.dumps(e).encode() for e in MATCH["events"]]
    bodies = {
        "document": [json.dumps(MATCH).encode()],
        "array": [sheets, b"[" + b",".join(raw) + b"]"],
        "ndjson": [sheets + b"\n" + b"\n".join(raw)],
        "single": [*raw, sheets],
    }[shape]
    name = f"wyscout-{shape}"
    done = [service.push(name, body, "wyscout") for body in bodies]
    assert sum(d["appended"] for d in done) == EVENTS + 2
    assert values(service, name) == plain
    # When it is over, nobody has said.
    assert picture(service, name) == ("Northgate", 2, 1, "Hárbour", "live", 2, "90+0:00")
    again = [service.push(name, body, "wyscout") for body in bodies]
    assert sum(d["appended"] for d in again) == 0
    answer = service.http.post("/v1/matches", json={"id": name, "status": "finished"})
    assert answer.is_success
    assert service.scored(name)["status"] == "finished"


def test_what_is_broken_is_kept_apart_and_named(service: Running) -> None:
    bad = json.dumps(message(8, 85, id=77, eventSec="soon")).encode()
    good = json.dumps(message(8, 85, 1801, id=78)).encode()
    done = service.push("wyscout-bad", bad + b"\n" + good + b"\n{", "wyscout")
    assert (done["appended"], done["quarantined"]) == (1, 2)
    assert "message 1 (id 77): Field `eventSec`" in done["problems"][0]


def test_an_event_may_be_amended(service: Running) -> None:
    goal = message(10, 100, 101, 402, 1801, id=5)
    name = "wyscout-amended"
    service.push(name, json.dumps(goal).encode(), "wyscout")
    assert service.scored(name)["home_score"] == 1
    service.push(name, json.dumps(message(10, 100, 402, 1801, id=5)).encode(), "wyscout")
    assert service.scored(name)["home_score"] == 0


def test_a_rehearsal_with_faults_ends_as_its_file(service: Running, plain: list[dict[str, Any]], file: Path) -> None:
    faults = "duplicate=0.2,stale=0.2,reorder=0.2,delay=0.2,amend=0.2,malformed=0.2,disconnect=0.1,burst=0.05"
    arguments = ("--match", "wyscout-sim", "--speed", "max", "--seed", "7", "--faults", faults)
    done = touchline("simulate", "wyscout", str(file), *arguments, "--target", service.base, "--json")
    assert done.returncode == 0, done.stderr
    assert values(service, "wyscout-sim") == plain
    assert picture(service, "wyscout-sim") == picture(service, "wyscout-file")


async def test_a_file_that_grows_at_an_address(dsn: str, pool: Pool) -> None:
    told = MATCH["events"]
    stages = [json.dumps(MATCH | {"events": told[:n]}).encode() for n in (1, 60, len(told))]
    async with serving() as source:
        for number, stage in enumerate(stages):
            source.will("200 OK", stage, ETag=f'"{number}"')
        source.always = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
        what = Polled(
            provider=provider("wyscout"), match=POLLED, url=source.url, every_s=0.05, timeout_s=5.0, snapshot=True,
            origin="live",
        )  # fmt: skip
        async with Polling(dsn, what) as polling:
            await soon(lambda: polling.said().count("changed") == len(stages))
    done = polling.done
    assert (done.appended, done.retracted, done.quarantined) == (EVENTS + 2, 0, 0)
    await scored(pool, dsn)
    await clean(pool)
    found = await state(pool)
    assert [found[k] for k in ("home_score", "away_score", "status")] == [2, 1, "live"]

"""College and NFL games over every way in: whole, pushed play by play, and polled while they are made, they end the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from app.commands.poll import Polled, poll
from app.db.pool import Pool
from app.feeds.base import provider
from app.log.control import append_control
from app.log.ingest import Ingested, ingest, open_events
from app.log.matches import load_match, parse
from tests.engine_kit import clean, scored, state
from tests.gridiron_kit import CLE, espn_play, espn_summary, nfl_detail, nfl_play, stat
from tests.gridiron_stages import espn_stages, nfl_stages
from tests.source import serving


def college() -> dict[str, Any]:
    """Twenty plays of a college game that ends 2:14, a safety only in the scoring list."""
    drives: list[list[dict[str, Any]]] = []
    for period in (1, 2, 3, 4):
        head = f"10{period}"
        kick = espn_play(f"{head}849901", ("53", "Kickoff"), f"kickoff {period}", ("1", 1, 10, 65), ("2", 1, 10, 75))
        plays = [kick]
        for n in range(3):
            end = ("2", n + 2, 10 - 2 * n, 73 - 2 * n)
            text = f"run {n} of {period}"
            sequence = f"{head}{8650 + 20 * n}01"
            plays.append(
                espn_play(sequence, ("5", "Rush"), text, ("2", n + 1, 10 - 2 * n, 75 - 2 * n), end, statYardage=2)
            )
        if period in (2, 4):
            told = {"scoringPlay": True, "scoringType": {"name": "touchdown"}, "pointAfterAttempt": {"value": 1}}
            text = f"B. Lund run for 69 yds for a TD in {period}"
            plays.append(
                espn_play(f"{head}904401", ("68", "Rushing Touchdown"), text, ("2", 4, 4, 69), ("2", -1, -1, 0), **told)
            )
        plays.append(
            espn_play(
                f"{head}999901", ("2", "End Period"), f"End of quarter {period}", ("2", 0, 0, 0), ("2", 1, 10, 60)
            )
        )
        drives.append(plays)
    safety = {
        "id": "401103949901", "text": "C. Moe Safety", "period": {"number": 3}, "clock": {"displayValue": "5:00"},
        "homeScore": 2, "awayScore": 7, "team": {"id": "1"}, "scoringType": {"name": "safety"},
    }  # fmt: skip
    return espn_summary(*drives, scoring=[safety], over=(2, 14))


def pro() -> dict[str, Any]:
    """A short NFL game that ends 10:0."""
    told = {"playScored": True, "scoringTeamId": CLE}
    plays = [nfl_play(41, "KICK_OFF", "HOU  KO  HOU 35", "kicks, Touchback.", clockTime="15:00")]
    for n in range(9):
        pre = f"CLE  {n % 3 + 1}-{10 - 3 * (n % 3)}  CLE {25 + 4 * n if 25 + 4 * n < 50 else 49}"
        text = f"N.Chubb run {n}"
        plays.append(
            nfl_play(
                60 + n, "RUSH", pre, text, clockTime=f"{14 - n}:00", stats=[stat(10, CLE, 3, "00-1")], yardsGained=3
            )
        )
    plays.append(nfl_play(80, "RUSH", "CLE  1-10  HOU 20", "for 20 yards, TOUCHDOWN.", scoringPlayType="TOUCHDOWN",
                          stats=[stat(11, CLE, 20, "00-1")], clockTime="04:00", **told))  # fmt: skip
    plays.append(nfl_play(81, "XP_KICK", "CLE  XP  HOU 15", "GOOD", scoringPlayType="PAT", clockTime="04:00", **told))
    plays.append(nfl_play(82, "KICK_OFF", "CLE  KO  CLE 35", "kicks, Touchback.", clockTime="04:00"))
    plays.append(nfl_play(83, "END_QUARTER", "END QTR 1", "END QUARTER 1", clockTime=None))
    plays.append(nfl_play(90, "FIELD_GOAL", "CLE  4-4  HOU 30", "48 yard field goal is GOOD", quarter=4,
                          scoringPlayType="FIELD_GOAL", stats=[stat(70, CLE, 48, "00-9")], **told))  # fmt: skip
    plays.append(nfl_play(99, "END_GAME", "END GAME", "END GAME", quarter=4, clockTime="00:00"))
    return nfl_detail(*plays, over=(10, 0))


GAMES = {
    "cfb_espn": (college(), espn_stages(college()), (2, 14)),
    "nfl": (pro(), nfl_stages(pro()), (10, 0)),
}

KICKOFFS = {"cfb_espn": "2022-09-03T23:30:00+00:00", "nfl": "2021-09-19T17:00:00+00:00"}


async def told(pool: Pool, source: str, match: str, document: Any, mode: Any, snapshot: bool = False) -> None:
    read = provider(source)
    messages = list(read.split(json.dumps(document).encode()))
    stream = await open_events(pool, read, match, [m for m in messages if isinstance(m, bytes)], origin="import")
    if mode == "push":
        for message in messages:
            await ingest(pool, read, stream, [message], "push")
        return
    done = await ingest(pool, read, stream, messages, "follow", snapshot=snapshot)
    assert done.quarantined == 0


async def values(pool: Pool, match: str) -> list[tuple[Any, ...]]:
    """The current values; where an event stands among the others is its own business."""
    rows = await pool.fetch(
        "SELECT signal, subject, anchor, value, status, period, elapsed_s FROM signal.point WHERE match_id = $1 ORDER BY 1, 2, 3",
        match,
    )
    return [tuple(r) for r in rows]


@pytest.mark.parametrize("source", GAMES)
async def test_whole_pushed_and_polled_it_ends_the_same(dsn: str, pool: Pool, source: str) -> None:
    document, stages, score = GAMES[source]
    await told(pool, source, "whole", document, "follow")
    await told(pool, source, "pushed", document, "push")
    retracted = 0
    async with serving() as address:
        what = Polled(
            provider=provider(source),
            match="polled",
            url=address.url,
            every_s=0.05,
            timeout_s=5.0,
            snapshot=True,
            origin="import",
        )
        for stage in stages:
            address.will("200 OK", json.dumps(stage).encode())
            done = await poll(dsn, what, True, asyncio.Event())
            assert done.quarantined == 0
            retracted += done.retracted
            # Scored as it comes: what is taken back was on the air.
            await scored(pool, dsn)
    assert retracted > 0
    await scored(pool, dsn)
    for match in ("whole", "pushed", "polled"):
        await clean(pool, match)
        found = await state(pool, match)
        assert (found["home_score"], found["away_score"], found["status"]) == (*score, "full_time")
    plain = await values(pool, "whole")
    assert len(plain) > 50
    assert await values(pool, "pushed") == plain
    assert await values(pool, "polled") == plain
    facts = await pool.fetch(
        "SELECT m.match_id, count(*) AS plays, sum(f.points) AS points FROM mart.fact_play f JOIN mart.dim_match m USING (match_key) "
        "GROUP BY 1"
    )
    assert {tuple(r)[1:] for r in facts} == {(facts[0]["plays"], sum(score))}
    assert len(facts) == 3


async def test_drives_are_facts(dsn: str, pool: Pool) -> None:
    await told(pool, "nfl", "m1", pro(), "follow")
    await scored(pool, dsn)
    rows = await pool.fetch(
        "SELECT drive_number, team_id, period, plays, yards, points, start_yards_to_goal, result FROM mart.fact_drive "
        "JOIN mart.dim_team USING (team_key) ORDER BY 1"
    )
    team = f"nfl:team:{CLE}"
    assert [tuple(r) for r in rows] == [
        (1, team, 1, 10, 75, 7, 75, "touchdown"),
        (2, team, 4, 0, 0, 3, 30, "field_goal"),
    ]
    assert await pool.fetchval("SELECT count(*) FROM mart.dim_player WHERE player_id = 'nfl:player:00-1'") == 1


async def test_a_spread_said_before_the_game_is_in_the_picture_and_a_later_one_is_not(dsn: str, pool: Pool) -> None:
    before = parse(b'{"id": "m1", "sport": "gridiron", "origin": "import", "home": "Browns", "spread": 3.5}')
    await load_match(pool, before[0])
    await told(pool, "nfl", "m1", pro(), "follow")
    await append_control(pool, "m1", "gridiron", "pre_match", {"home_spread": -20.0}, origin="import")
    await scored(pool, dsn)
    found = json.loads((await state(pool))["details"])
    assert found["home_spread"] == 3.5
    assert found["official_score"]["agrees"] is True
    await clean(pool)


async def test_a_pushed_document_says_who_plays_and_when_and_bare_plays_may_follow(dsn: str, pool: Pool) -> None:
    read = provider("nfl")
    document = pro()
    plays = document["driveChart"]["plays"]
    begun = {**document, "driveChart": {"plays": plays[:5]}, "summary": {"phase": "INGAME"}}
    bare = [json.dumps(p).encode() for p in plays[5:]]

    async def pushed(messages: Sequence[bytes]) -> Ingested:
        stream = await open_events(pool, read, "m1", messages, origin="import")
        return await ingest(pool, read, stream, messages, "push")

    assert (await pushed(bare[:1])).quarantined == 1
    first = [m for m in read.split(json.dumps(begun).encode()) if isinstance(m, bytes)]
    assert (await pushed(first)).appended == len(first)
    for play in bare:
        assert (await pushed([play])).appended == 1
    await scored(pool, dsn)
    found = await state(pool)
    assert (found["home_score"], found["away_score"]) == (10, 0)
    await clean(pool)


async def test_a_pushed_document_anchors_its_game_at_the_kick_off(pool: Pool) -> None:
    for source in ("cfb_espn", "nfl"):
        read = provider(source)
        messages = [m for m in read.split(json.dumps(GAMES[source][0]).encode()) if isinstance(m, bytes)]
        stream = await open_events(pool, read, source, messages)
        assert (stream.anchor_at, stream.anchor_source) == (datetime.fromisoformat(KICKOFFS[source]), "kickoff")

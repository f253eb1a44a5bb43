"""Real matches, played on the real service and edited while they run: what changed is said, once, and nothing else.

StatsBomb's messages can be told anew, which amends them, and that is how the edits come in: over HTTP, in their format.
They cannot say that something did not happen: a retraction is appended to the same stream with the kind `retracted`,
as a collector does whose feed has deletions. The match of the kloppy wheel always; one of the shared data where it is.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from app.commands.demo import match_file
from app.db.pool import Pool, open_pool
from app.feeds.statsbomb import stream_options
from app.log.append import append
from app.scoring.rebuild import digest
from tests.engine_kit import clean, frames, gone, last_seq, opened
from tests.real_match import decoded, points_of
from tests.running import Running
from tests.sse import Stream

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "statsbomb" / "events"
# Barcelona - Girona, 2:2, a red card in minute 33; Barcelona - Atlético Madrid, 2:0, one in minute 28.
FILES = {
    name: path
    for name, path in {"15986": match_file("15986"), "16248": SHARED / "16248.json.gz"}.items()
    if path.is_file()
}
Message = dict[str, Any]
Key = tuple[str, str, str]


@cache
def messages(name: str) -> list[Message]:
    """A match as StatsBomb tells it, in order."""
    raw = FILES[name].read_bytes()
    return json.loads(gzip.decompress(raw) if FILES[name].suffix == ".gz" else raw)


def goals(name: str) -> list[Message]:
    return [m for m in shots(messages(name)) if m["shot"]["outcome"]["name"] == "Goal"]


def shots(told: Sequence[Message], player: str | None = None) -> list[Message]:
    found = [m for m in told if m["type"]["name"] == "Shot" and m["period"] < 5]
    return found if player is None else [m for m in found if player_of(m) == player]


def red_card(name: str) -> tuple[Message, str]:
    """The message that tells of a red card, and the member that holds it."""
    for m in messages(name):
        for member in ("foul_committed", "bad_behaviour"):
            if m.get(member, {}).get("card", {}).get("name") == "Red Card":
                return m, member
    raise AssertionError(f"{name} has no red card")


def player_of(m: Message) -> str:
    return f"statsbomb:player:{m['player']['id']}"


def team_of(m: Message) -> str:
    return f"statsbomb:team:{m['team']['id']}"


def until(name: str, period: int, minute: int) -> int:
    """How many messages a match has before this minute."""
    told = messages(name)
    return next((i for i, m in enumerate(told) if (m["period"], m["minute"]) >= (period, minute)), len(told))


def shortly_after(name: str, event: Message) -> int:
    """How many messages a match has up to two minutes after an event."""
    return max(until(name, event["period"], event["minute"] + 2), messages(name).index(event) + 1)


GOALS = [pytest.param(name, g, id=f"{name}-goal-{i + 1}") for name in FILES for i, g in enumerate(goals(name))]


class Point:
    """A stored value, as far as an edit may change it."""

    def __init__(self, row: Any) -> None:
        self.key: Key = (row["signal"], row["subject"], row["anchor"])
        self.value: float | None = row["value"]
        self.place = (row["period"], row["elapsed_s"], row["order_key"])
        self.content = tuple(row[c] for c in ("value", "status", "team_id", "source_event_id", "model")) + self.place


class Edit:
    """What an edit did: the points before and after it, and the frames that told of it, feed events left out."""

    def __init__(self, before: dict[Key, Point], after: dict[Key, Point], said: list[dict[str, Any]]) -> None:
        self.before, self.after, self.said = before, after, said

    def frame(self, signal: str, subject: str) -> str | None:
        """Which kind of frame told of this signal and subject; None when it was not touched."""
        found = [f["frame"] for f in self.said if (f["signal"], f["subject"]) == (signal, subject)]
        assert len(found) < 2
        return found[0] if found else None

    def rose(self, signal: str, subject: str) -> bool:
        """Is the current value higher than before?"""
        values = [newest(points)[signal, subject].value for points in (self.before, self.after)]
        assert None not in values
        return values[1] > values[0]  # type: ignore[operator]


def newest(points: dict[Key, Point]) -> dict[tuple[str, str], Point]:
    """The current point of each signal and subject: the last one in match order."""
    return {p.key[:2]: p for p in sorted(points.values(), key=lambda p: p.place)}


def expected(before: dict[Key, Point], after: dict[Key, Point]) -> list[tuple[Any, ...]]:
    """What has to be said, from the points alone: (frame, signal, subject, value, changed range)."""
    last, now = newest(before), newest(after)
    touched: dict[tuple[str, str], list[tuple[Point | None, Point | None]]] = {}
    new: list[Point] = []
    for key in before.keys() | after.keys():
        old, point = before.get(key), after.get(key)
        if old is not None and point is not None and old.content == point.content:
            continue
        beyond = old is None and point is not None and (key[:2] not in last or point.place > last[key[:2]].place)
        if beyond and point is not None:
            new.append(point)
        else:
            touched.setdefault(key[:2], []).append((old, point))
    told: list[tuple[Any, ...]] = []
    for subject, pairs in touched.items():
        changed = [*pairs, *((None, p) for p in new if p.key[:2] == subject)]
        # Where one stands as well as where it stood.
        clocks = [p.place[:2] for pair in changed for p in pair if p is not None]
        told.append(
            ("correction", *subject, now[subject].value, (min(clocks), max(clocks), len(changed)))
            if subject in now
            else ("withdrawn", *subject, None, None)
        )
    told += [("signal", *p.key[:2], p.value, None) for p in new if p.key[:2] not in touched]
    return sorted(told, key=repr)


def spoken(frame: dict[str, Any]) -> tuple[Any, ...]:
    """A frame in the form of `expected`."""
    changed = frame.get("changed")
    span = None
    if changed is not None:
        ends = [(changed[f"{end}_period"], changed[f"{end}_elapsed_s"]) for end in ("from", "to")]
        span = (*ends, changed["points"])
    return frame["frame"], frame["signal"], frame["subject"], frame["value"], span


class Scene:
    """One real match on the real service."""

    def __init__(self, up: Running, pool: Pool, name: str) -> None:
        self.up, self.pool, self.name = up, pool, name
        self.match = f"edits-{name}-{uuid4().hex[:8]}"
        self.told = 0

    def push(self, told: Sequence[Message]) -> None:
        """Push messages in StatsBomb's own format, and wait until they are scored."""
        for at in range(0, len(told), 1000):
            body = "\n".join(json.dumps(m) for m in told[at : at + 1000]).encode()
            answer = self.up.push(self.match, body, "statsbomb")
            assert (answer["quarantined"], answer["repeated"]) == (0, 0)
        self.up.scored(self.match)

    def play(self, count: int, without: Sequence[Message] = ()) -> None:
        """Play on until so many messages of the match have passed."""
        self.push([m for m in messages(self.name)[self.told : count] if m not in without])
        self.told = count

    async def retract(self, event: Message) -> None:
        """Say that it did not happen."""
        await append(self.pool, await opened(self.pool, self.match, "statsbomb"), [gone(event["id"])], "push")
        self.up.scored(self.match)

    async def points(self) -> dict[Key, Point]:
        rows = await self.pool.fetch("SELECT * FROM signal.point WHERE match_id = $1", self.match)
        return {p.key: p for p in map(Point, rows)}

    def now(self) -> dict[str, Any]:
        """The match of GET snapshot."""
        return self.up.http.get(f"/v1/matches/{self.match}/snapshot").json()["match"]

    def score_of(self, team: str) -> int:
        """Goals of a team, as the snapshot shows them."""
        shown = self.now()
        return shown["home_score"] if shown["home_id"] == team else shown["away_score"]

    def side_of(self, team: str) -> str:
        return "home" if self.now()["home_id"] == team else "away"

    async def edit(self, act: Callable[[], Awaitable[None]], kind: str) -> Edit:
        """Let one thing be edited, and hold what is stored and said against the points before and after it."""
        before, seq = await self.points(), await last_seq(self.pool)
        version = self.now()["version"]
        with Stream(self.up.port, f"match={self.match}") as stream:
            assert stream.frame().event == "snapshot"
            await act()
            published = await frames(self.pool, self.match, after=seq)
            heard = stream.frames(len(published))
        assert [(s.seq, s.event, s.data.get("value")) for s in heard] == [
            (f["pub_seq"], f["frame"], f.get("value")) for f in published
        ]
        after = await self.points()
        told = [f for f in published if f["frame"] == "event"]
        assert [(f["event"]["kind"], f["as_of"]["version"]) for f in told] == [(kind, version + 1)]
        said = [f for f in published if f["frame"] != "event"]
        assert sorted(map(spoken, said), key=repr) == expected(before, after)
        await clean(self.pool, self.match)
        # What was known before the edit is still what was known then.
        then = self.known(as_of_version=version)
        assert shown(then) == {k: p.content[:2] for k, p in before.items()}
        # And what is on air is what is known now.
        aired = self.known(as_of_time=heard[-1].cloud["time"])
        assert shown(aired) == {k: p.content[:2] for k, p in after.items()}
        assert {(s["signal"], s["subject"]): s["value"] for s in self.snapshot_signals()} == {
            k: p.value for k, p in newest(after).items()
        }
        return Edit(before, after, said)

    def known(self, **when: Any) -> list[dict[str, Any]]:
        """The points of a moment, in one piece: page by page they are folded for each page."""
        answer = self.up.http.get(
            f"/v1/matches/{self.match}/signals", params=when, headers={"accept": "application/x-ndjson"}
        )
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def snapshot_signals(self) -> list[dict[str, Any]]:
        return self.up.http.get(f"/v1/matches/{self.match}/snapshot").json()["signals"]

    async def goes_on_as(self, final: Sequence[Message], count: int | None = None) -> None:
        """Play to the end of the period (or so far); it equals a match that was told like this from the start."""
        period = messages(self.name)[self.told - 1]["period"]
        self.play(count or until(self.name, period + 1, 0))
        right = [m for m in final if places(self.name)[m["id"]] < self.told]
        events = decoded("statsbomb", [json.dumps(m).encode() for m in right], stream_options([]))
        assert (await clean(self.pool, self.match)).digest == digest(points_of(events))


def shown(items: Sequence[dict[str, Any]]) -> dict[Key, tuple[Any, ...]]:
    """Points as the API lists them: value and status."""
    return {(p["signal"], p["subject"], p["anchor"]): (p["value"], p["status"]) for p in items}


@cache
def places(name: str) -> dict[str, int]:
    """Where in the match each message comes, by its id."""
    return {m["id"]: place for place, m in enumerate(messages(name))}


def original(name: str, edited: Message) -> Message:
    return messages(name)[places(name)[edited["id"]]]


def instead(name: str, *edited: Message) -> list[Message]:
    """The messages of a match with some of them as they were edited."""
    by_id = {m["id"]: m for m in edited}
    return [by_id.get(m["id"], m) for m in messages(name)]


@pytest_asyncio.fixture
async def on(service: Running) -> AsyncIterator[Callable[[str], Scene]]:
    """Opens a real match on the service."""
    pool = await open_pool(service.dsn or "", size=2)
    yield lambda name: Scene(service, pool, name)
    pool.terminate()


@pytest.mark.parametrize(("name", "goal"), [GOALS[0], GOALS[3], GOALS[-1]])
async def test_a_goal_is_taken_back_by_the_video_review(on: Callable[[str], Scene], name: str, goal: Message) -> None:
    scene = on(name)
    scene.play(shortly_after(name, goal))
    before, scorer = scene.score_of(team_of(goal)), player_of(goal)
    edit = await scene.edit(lambda: scene.retract(goal), "retracted")
    assert scene.score_of(team_of(goal)) == before - 1
    assert not edit.rose("win_probability", scene.side_of(team_of(goal)))
    assert ("xg", scorer, f"event:{goal['id']}") in edit.before.keys() - edit.after.keys()
    only = len(shots(messages(name)[: scene.told], scorer)) == 1
    assert edit.frame("xg", scorer) == ("withdrawn" if only else "correction")
    await scene.goes_on_as([m for m in messages(name) if m is not goal])


@pytest.mark.parametrize("name", FILES)
async def test_a_red_card_becomes_a_yellow_one_and_then_none(on: Callable[[str], Scene], name: str) -> None:
    scene = on(name)
    foul, member = red_card(name)
    scene.play(until(name, foul["period"], foul["minute"] + 8))
    side = scene.side_of(team_of(foul))

    def cards() -> tuple[int, int]:
        details = scene.now()["details"]
        return details[f"{side}_yellow_cards"], details[f"{side}_red_cards"]

    yellow, red = cards()
    softer = {**foul, member: {**foul[member], "card": {"id": 7, "name": "Yellow Card"}}}
    score = scene.now()["home_score"], scene.now()["away_score"]

    async def soften() -> None:
        scene.push([softer])

    edit = await scene.edit(soften, "amended")
    assert cards() == (yellow + 1, red - 1)
    assert edit.rose("win_probability", side)
    assert not {f["signal"] for f in edit.said} & {"xg", "xt"}
    edit = await scene.edit(lambda: scene.retract(foul), "retracted")
    assert cards() == (yellow, red - 1)
    assert (scene.now()["home_score"], scene.now()["away_score"]) == score
    await scene.goes_on_as([m for m in messages(name) if m is not foul])


@pytest.mark.parametrize("shoots_too", [False, True], ids=["to one without a shot", "to one who shot as well"])
@pytest.mark.parametrize(("name", "goal"), [GOALS[0], GOALS[2], GOALS[-1]])
async def test_a_goal_is_moved_to_another_scorer(
    on: Callable[[str], Scene], name: str, goal: Message, shoots_too: bool
) -> None:
    scene = on(name)
    scene.play(until(name, goal["period"] + 1, 0))
    told = messages(name)[: scene.told]
    mates = {m["player"]["id"]: m["player"] for m in told if "player" in m and m["team"] == goal["team"]}
    before = scene.now()
    other = next(
        p
        for i, p in mates.items()
        if i != goal["player"]["id"] and bool(shots(told, f"statsbomb:player:{i}")) == shoots_too
    )
    moved = {**goal, "player": other}

    async def move() -> None:
        scene.push([moved])

    edit = await scene.edit(move, "amended")
    scorer, heir = player_of(goal), player_of(moved)
    assert edit.frame("xg", scorer) == ("withdrawn" if len(shots(told, scorer)) == 1 else "correction")
    last_shot = max([m["index"] for m in shots(told, heir)], default=0)
    assert edit.frame("xg", heir) == ("signal" if goal["index"] > last_shot else "correction")
    value = edit.before["xg", scorer, f"event:{goal['id']}"].value
    assert edit.after["xg", heir, f"event:{goal['id']}"].value == value
    assert edit.frame("win_probability", "home") is None
    assert [scene.now()[k] for k in ("home_score", "away_score", "details")] == [
        before[k] for k in ("home_score", "away_score", "details")
    ]
    await scene.goes_on_as(instead(name, moved), until(name, goal["period"] + 1, 90))


def longest_pass(name: str) -> Message:
    """The pass of minute 3 that gained the most ground."""
    passes = [m for m in messages(name) if m["minute"] == 3 and m["type"]["name"] == "Pass"]
    return max(passes, key=lambda m: m["pass"]["end_location"][0] - m["location"][0])


LATE: dict[str, Callable[[str], Message]] = {
    "pass of minute 3": longest_pass,
    "first shot": lambda name: shots(messages(name))[0],
    "first goal": lambda name: goals(name)[0],
}


@pytest.mark.parametrize(
    ("name", "which"), [p for i, n in enumerate(FILES) for p in product([n], list(LATE)[: 3 - 2 * i])]
)
async def test_an_early_event_comes_in_minute_90(on: Callable[[str], Scene], name: str, which: str) -> None:
    scene = on(name)
    late = LATE[which](name)
    scene.play(until(name, 2, 90), without=[late])
    before = scene.score_of(team_of(late))

    async def arrive() -> None:
        scene.push([late])

    edit = await scene.edit(arrive, "recorded")
    assert edit.said, "it changes something"
    assert scene.score_of(team_of(late)) == before + (which == "first goal")
    if late["type"]["name"] == "Shot":
        assert ("xg", player_of(late), f"event:{late['id']}") in edit.after.keys() - edit.before.keys()
    await scene.goes_on_as(messages(name))


@pytest.mark.parametrize("name", FILES)
async def test_a_retraction_comes_before_what_it_retracts(on: Callable[[str], Scene], name: str) -> None:
    scene = on(name)
    goal = goals(name)[0]
    scene.play(messages(name).index(goal))
    edit = await scene.edit(lambda: scene.retract(goal), "retracted")
    assert edit.said == []
    seq = await last_seq(scene.pool)
    scene.push([goal])
    scene.told += 1
    assert await frames(scene.pool, scene.match, after=seq) == [], "it is kept, and says nothing"
    assert (await scene.points()).keys() == edit.after.keys()
    assert scene.score_of(team_of(goal)) == 0
    await scene.goes_on_as([m for m in messages(name) if m is not goal])

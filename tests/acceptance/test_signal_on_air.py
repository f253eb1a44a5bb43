"""A feature engineer's week in one test: a new signal on a running service, with matches being played and watched."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from math import hypot
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.commands.demo import MATCHES, match_file
from app.feeds.base import provider
from app.feeds.statsbomb import LIVE_OPTIONS, stream_options
from tests.installed import Installed
from tests.running import ROOT, Running, service, until
from tests.sse import Sent, Stream

PAGE = (ROOT / "docs" / "adding-a-signal.md").read_text()
FILE = "app/sports/soccer/signals/deep_completions.py"
NAME = "deep_completions"
# A match goes on as long as there is work, and this much of it is left for the end.
LEFT = 1500


def page_code() -> str:
    """The signal of the page."""
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


class Watcher(threading.Thread):
    """Reads one match's stream to its end."""

    def __init__(self, port: int, match: str) -> None:
        super().__init__(daemon=True)
        self.match = match
        self.frames: list[Sent] = []
        self._port = port
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with Stream(self._port, f"match={self.match}", patience_s=120) as stream:
                assert stream.status == 200
                while not self.frames or self.frames[-1].event != "end":
                    self.frames.append(stream.frame())
        except BaseException as exc:
            self.failed = exc

    def versions(self) -> list[int]:
        """Which versions of the signal were on air, in order."""
        return [f.data["signal_version"] for f in list(self.frames) if f.data.get("signal") == NAME]

    def events(self) -> int:
        """How many events were told of."""
        return sum(f.event == "event" for f in list(self.frames))


class Player(threading.Thread):
    """Plays a match as a live feed: a few events at a time, and the rest of it once `finish` is set."""

    def __init__(self, running: Running, source: str, match: str) -> None:
        super().__init__(daemon=True)
        messages = provider("statsbomb").split(match_file(source).read_bytes())
        self._messages = [m for m in messages if isinstance(m, bytes)]
        self._running = running
        self._match = match
        self.finish = threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            place, step = 0, 10
            while place < len(self._messages):
                if not self.finish.is_set() and place > len(self._messages) - LEFT:
                    # Goes on slowly, so that there always is a next event.
                    step = 1
                elif self.finish.is_set():
                    step = 200
                body = b"[" + b",".join(self._messages[place : place + step]) + b"]"
                self._running.push(self._match, body, "statsbomb")
                place += step
                self.finish.wait(0.1)
            self._running.http.post("/v1/matches", json={"id": self._match, "status": "finished"}).raise_for_status()
        except BaseException as exc:
            self.failed = exc


def wait_events(watchers: list[Watcher], more: int) -> None:
    """Until each has been told of so many more events, or its match is over."""
    goals = [w.events() + more for w in watchers]
    until(lambda: all(w.events() >= g or not w.is_alive() for w, g in zip(watchers, goals, strict=True)), 120)


@pytest.fixture
def ran(dsn: str, tmp_path: Path) -> Any:
    """An installation of its own, running, with two real matches in its log."""
    installed = Installed(tmp_path, dsn)
    for match in MATCHES:
        done = installed.touchline("ingest", "statsbomb", str(match_file(match)), "--match", match)
        assert done.returncode == 0, done.stderr
    with service(code=tmp_path, database_url=dsn) as running:
        yield installed, running


def test_from_a_file_to_the_air_and_back(ran: tuple[Installed, Running], dsn: str) -> None:
    installed, running = ran

    def told(*arguments: str) -> Any:
        done = installed.touchline("signals", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    players = [Player(running, source, f"again-{source}") for source in MATCHES]
    for player in players:
        player.start()
    for source in MATCHES:
        until(lambda source=source: running.http.get(f"/v1/matches/again-{source}").status_code == 200)
    watchers = [Watcher(running.port, f"again-{source}") for source in MATCHES]
    for watcher in watchers:
        watcher.start()
    wait_events(watchers, 200)

    # A new file, in shadow: filled, and said by nobody.
    (installed.folder / FILE).write_text(page_code().replace("<= 20", "<= 60"))
    made = told("deploy", NAME, "--shadow")
    assert (made["signal"], made["on_air"]) == (f"{NAME}@1", None)
    assert made["filled"]["done"] >= len(MATCHES)
    wait_events(watchers, 50)
    assert all(w.versions() == [] for w in watchers)
    catalogue = running.http.get("/v1/signals", params={"limit": 1000}).json()["items"]
    assert NAME not in [i["signal"] for i in catalogue]

    # On the air.
    assert told("promote", NAME)["version"] == 1
    at = [len(w.frames) for w in watchers]
    until(lambda: all(w.versions() for w in watchers))
    for watcher, since in zip(watchers, at, strict=True):
        assert {f.data.get("signal") for f in watcher.frames[:since] if f.event == "signal"} >= {"xt"}
    assert NAME in [i["signal"] for i in running.http.get("/v1/signals", params={"limit": 1000}).json()["items"]]

    # A second version: shadow, compared, on the air, taken back.
    (installed.folder / FILE).write_text(page_code().replace("version=1", "version=2").replace("<= 20", "<= 70"))
    assert told("deploy", NAME, "--shadow", "--reason", "a wider zone")["signal"] == f"{NAME}@2"
    found = told("diff", NAME)
    assert found["versions"] == [f"{NAME}@1", f"{NAME}@2"]
    assert found["b"]["mean"] > found["a"]["mean"]
    assert set(found["cost_us_per_event"]) == {f"{NAME}@1", f"{NAME}@2"}
    assert found["disagreements"]
    assert told("promote", NAME)["from_version"] == 1
    until(lambda: all(2 in w.versions() for w in watchers))
    back = told("rollback", NAME, "--reason", "too wide")
    assert (back["version"], back["from_version"]) == (1, 2)
    wait_events(watchers, 20)

    for player in players:
        player.finish.set()
    for player in players:
        player.join(180)
        assert player.failed is None, player.failed
    for watcher in watchers:
        watcher.join(180)
        assert watcher.failed is None, watcher.failed
    _nothing_lost_or_repeated(watchers, dsn)
    for watcher in watchers:
        changes = [v for v, was in zip(watcher.versions(), [0, *watcher.versions()], strict=False) if v != was]
        assert changes == [1, 2, 1]

    audit = told("versions", NAME)
    assert [d["action"] for d in audit[0]["deployments"]] == ["rolled_back", "promoted", "deployed"]
    assert [d["reason"] for d in audit[1]["deployments"]] == [None, "a wider zone"]
    _stored_whole(installed, running)


def _stored_whole(installed: Installed, running: Running) -> None:
    """A clean run comes to the same, a rebuild changes nothing, and a match that was filled and one that was played have every
    pass that the signal counts."""
    verified = installed.touchline("verify", "--json")
    assert verified.returncode == 0, verified.stdout
    rebuilt = json.loads(installed.touchline("rebuild", "--json").stdout)
    assert rebuilt["changed_points"] == 0
    for source in MATCHES:
        told = [m for m in provider("statsbomb").split(match_file(source).read_bytes()) if isinstance(m, bytes)]
        # A file tells how fine its coordinates are; what is pushed message by message is taken for the finest.
        for match, options in ((source, stream_options(told)), (f"again-{source}", LIVE_OPTIONS)):
            newest = {p["subject"]: p["value"] for p in running.walk(f"/v1/matches/{match}/signals", signal=NAME)}
            assert sum(newest.values()) == _counted(told, options) > 100


def _counted(messages: list[bytes], options: Mapping[str, Any]) -> int:
    """The passes of a match that the first version counts."""
    events = [provider("statsbomb").decode(m, options) for m in messages]
    passes = [e.fields for e in events if e.type == "pass" and e.fields.outcome == "complete" and not e.fields.cross]
    return sum(
        f.end_x_m is not None and f.end_y_m is not None and hypot(105 - f.end_x_m, 34 - f.end_y_m) <= 60 for f in passes
    )


def _nothing_lost_or_repeated(watchers: list[Watcher], dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        for watcher in watchers:
            published = connection.execute(
                "SELECT pub_seq FROM signal.publication WHERE match_id = %s ORDER BY pub_seq", [watcher.match]
            ).fetchall()
            first, *rest = watcher.frames
            assert first.event == "snapshot"
            assert [f.seq for f in rest] == [seq for (seq,) in published if seq > first.seq]
            said = Counter((f.data["signal"], f.data["subject"], f.data["anchor"]) for f in rest if f.event == "signal")
            assert [key for key, times in said.items() if times > 1] == []

"""`touchline up` as it is lived with: stopped in every way, killed in every part, started again; nothing is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import psutil
import pytest

from app.db import embedded
from app.settings import Settings
from tests.running import ROOT, TINY, Running, environment, free_port, service, touchline, until
from tests.sse import Sent, Stream

LINES = TINY.read_bytes().splitlines()
TEN_SECONDS = 10


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of our own with an embedded cluster, used by one service after the other."""
    folder = tmp_path_factory.mktemp("home")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)
    yield folder
    embedded.remove(Settings(home=str(folder)))


def everything(running: Running, home: Path) -> list[psutil.Process]:
    """The service, its children, and the processes of its database."""
    pid = embedded.status(Settings(home=str(home))).pid
    assert pid is not None
    server = psutil.Process(pid)
    return [psutil.Process(running.process.pid), *running.family(), server, *server.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=TEN_SECONDS)[1]


@pytest.mark.parametrize("how", ["TERM", "INT", "INT ignored", "HUP"])
def test_it_stops_whole_and_finds_everything_again(home: Path, how: str) -> None:
    wrapper = ("sh", "-c", 'trap "" INT; exec "$@"', "sh") if how == "INT ignored" else ()
    with service(home=home, wrapper=wrapper) as running:
        before = running.push("kept", b"\n".join(LINES))
        assert before["appended"] + before["repeated"] == len(LINES)
        match = running.scored("kept")
        assert (match["home_score"], match["away_score"]) == (2, 1)
        with Stream(running.port, "match=kept") as stream:
            stream.frame()
            family = everything(running, home)
            running.process.send_signal(getattr(signal, f"SIG{how.split()[0]}"))
            assert gone(family), [p.cmdline() for p in family if p.is_running()]
            while stream.next() is not None:
                continue
        assert running.process.wait() == 0
        text = running.log.read_text()
        assert "Traceback" not in text
        assert "uvicorn" not in text


def test_every_part_may_be_killed(home: Path) -> None:
    """Worker, API, database: after each, what was acknowledged is there and what comes next is scored."""
    with service(home=home, poll_s=0.5, lease_s=1) as running:
        sent = 0

        def push(lines: list[bytes]) -> None:
            """As a sender does: again until it is acknowledged."""
            nonlocal sent
            for line in lines:
                until(lambda line=line: _acknowledged(running, line))
                sent += 1

        push(LINES[:8])
        for part, more in (("work", LINES[8:16]), ("serve", LINES[16:24]), ("database", LINES[24:32])):
            if part == "database":
                pid = embedded.status(Settings(home=str(home))).pid
                assert pid is not None
                psutil.Process(pid).kill()
            else:
                killed = running.child(part)
                killed.kill()
                killed.wait(10)
            push(more)
            until(lambda: _version(running) == sent)
        push(LINES[32:])
        until(lambda: _version(running) == len(LINES))
        running.wait_ready()
        events = running.walk("/v1/matches/killed/events")
        assert [e["source_event_id"] for e in events] == [f"t-{i:03d}" for i in range(1, len(LINES) + 1)]
        assert sorted(e["version"] for e in events) == list(range(1, len(LINES) + 1))
    verdict = touchline("verify", "--json", home=home)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert json.loads(verdict.stdout)["differing"] == 0


def _acknowledged(running: Running, line: bytes) -> bool:
    try:
        answer = running.http.post("/v1/feeds/touchline/killed", content=line)
    except httpx.TransportError:
        return False
    assert answer.status_code in (200, 503), answer.text + running.log.read_text()[-3000:]
    if answer.status_code == 503:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
    return answer.status_code == 200


def _version(running: Running) -> int:
    try:
        return running.http.get("/v1/matches/killed").json().get("version", -1)
    except httpx.TransportError:
        return -1


def test_the_children_end_with_a_supervisor_that_was_killed(home: Path) -> None:
    with service(home=home) as running:
        family = [p for p in running.family() if "app" in p.cmdline()]
        assert len(family) >= 2
        running.process.kill()
        running.process.wait()
        assert gone(family)
    # The database has stayed; the next one takes it over, and takes it down.
    with service(home=home) as running:
        family = everything(running, home)
        assert running.http.get("/v1/matches/kept").json()["home_score"] == 2
        running.process.send_signal(signal.SIGTERM)
        assert gone(family)


def test_a_stream_goes_on_over_a_restart_of_the_api(dsn: str) -> None:
    with service(database_url=dsn, heartbeat_s=0.3) as running:
        running.push("over", LINES[0])
        running.scored("over")
        with Stream(running.port, "match=over") as stream:
            seen = [stream.frame()]
            for line in LINES[1:15]:
                running.push("over", line)
            until(lambda: running.scored("over")["version"] == 15)
            seen += stream.quiet()
            killed = running.child("serve")
            killed.kill()
            killed.wait(10)
        running.wait_ready()
        for line in LINES[15:]:
            running.push("over", line)
        running.http.post("/v1/matches", json={"id": "over", "status": "finished"}).raise_for_status()
        with Stream(running.port, "match=over", last_id=seen[-1].id) as stream:
            seen += stream.until_end("over")
        assert not [f for f in seen[1:] if f.event in ("snapshot", "resync")]
        with Stream(running.port, "match=over", last_id=seen[0].id) as stream:
            assert stream.until_end("over") == seen[1:]
        assert "Traceback" not in running.log.read_text()


def test_what_the_ring_has_lost_comes_from_the_database(dsn: str) -> None:
    with service(database_url=dsn, ring_frames=100, heartbeat_s=0.3) as running:
        first = None
        for match in ("ring-a", "ring-b"):
            running.push(match, LINES[0])
            running.scored(match)
        with Stream(running.port, "match=ring-a") as stream:
            first = stream.frame().id
        for line in LINES[1:]:
            running.push("ring-a", line)
            running.push("ring-b", line)
        for match in ("ring-a", "ring-b"):
            running.http.post("/v1/matches", json={"id": match, "status": "finished"}).raise_for_status()
            running.scored(match)
        found: dict[str, list[Sent]] = {}
        for query in ("match=ring-a", "match=ring-a&match=ring-b", ""):
            with Stream(running.port, query, last_id=first) as stream:
                found[query] = stream.quiet()
        every = found[""]
        assert len(every) > 200
        assert [f.seq for f in every] == sorted({f.seq for f in every})
        assert found["match=ring-a&match=ring-b"] == every
        assert found["match=ring-a"] == [f for f in every if f.data["match"] == "ring-a"]


def test_a_delayed_stream_is_the_stream_a_little_later(dsn: str) -> None:
    """What a delayed client sees first is what was on air then; then it gets the very frames that others got."""
    with service(database_url=dsn, heartbeat_s=0.2) as running:
        running.push("late", b"\n".join(LINES[:20]))
        running.scored("late")
        with Stream(running.port, "match=late") as live:
            before = live.frame()
        with Stream(running.port, "match=late&delay_ms=600000") as stream:
            nothing = stream.frame()
            assert (nothing.event, nothing.data["snapshot"]["match"]["version"]) == ("snapshot", 0)
            assert nothing.data["snapshot"]["signals"] == []
            assert nothing.data["snapshot"]["match"]["details"].get("home_red_cards", 0) == 0
        with Stream(running.port, "match=late&delay_ms=1500", last_id=before.id) as late:
            for line in LINES[20:]:
                running.push("late", line)
            running.http.post("/v1/matches", json={"id": "late", "status": "finished"}).raise_for_status()
            with Stream(running.port, "match=late", last_id=before.id) as live:
                told = live.until_end("late")
            for frame in told:
                assert late.frame() == frame
                assert time.time() > datetime.fromisoformat(frame.data["published_at"]).timestamp() + 1.45
        with Stream(running.port, "match=late&delay_ms=1") as stream:
            delayed = stream.frame().data["snapshot"]
        with Stream(running.port, "match=late") as stream:
            current = stream.frame().data["snapshot"]
        key = ("signal", "subject", "value", "status", "anchor", "team", "period", "elapsed_s", "version", "model")
        assert [[s[k] for k in key] for s in delayed["signals"]] == [[s[k] for k in key] for s in current["signals"]]
        assert delayed["totals"] == current["totals"]
        same = [k for k in current["match"] if k not in ("updated_at", "log_version")]
        assert {k: delayed["match"][k] for k in same} == {k: current["match"][k] for k in same}


def test_a_second_service_on_one_home_is_refused_and_the_first_goes_on(home: Path) -> None:
    with service(home=home) as running:
        running.push("held", b"\n".join(LINES[:5]))
        server = embedded.status(Settings(home=str(home))).pid
        second = touchline("up", "--no-demo", home=home, port=free_port())
        assert second.returncode == 1
        assert second.stderr.startswith("touchline: `touchline up` runs already on TOUCHLINE_HOME=")
        assert f"(process {running.process.pid}, {running.base}/)" in second.stderr
        # Whatever else works on the home leaves the database running, too.
        for command in (["verify"], ["ingest", "touchline", str(TINY), "--match", "held"], ["db", "start"], ["doctor"]):
            assert touchline(*command, home=home, port=running.port).returncode == 0, command
        assert embedded.status(Settings(home=str(home))).pid == server
        running.push("held", b"\n".join(LINES[5:9]))
        assert running.is_ready()


def test_a_command_that_started_the_database_leaves_it_to_a_service_that_came(home: Path) -> None:
    """`work` has started it; when that ends, `up` has it."""
    settings = Settings(home=str(home))
    worker = subprocess.Popen([sys.executable, "-m", "app", "work"], cwd=ROOT, env=environment(home=home))
    try:
        server = until(lambda: embedded.status(settings).pid)
        with service(home=home) as running:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
            assert embedded.status(settings).pid == server
            # Its own worker may still be on the way: until then it was ready by the one that has ended.
            assert until(running.is_ready)
    finally:
        worker.kill()
        worker.wait()


def test_two_services_cannot_have_one_port(dsn: str) -> None:
    port = free_port()
    with service(database_url=dsn, port=port) as running:
        second = touchline("up", "--no-demo", database_url=dsn, port=port)
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert running.is_ready()

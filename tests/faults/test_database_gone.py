"""The database killed, out of reach, or hanging up, under load: the service goes on by itself."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.faults.door import Door
from tests.faults.kit import SETTINGS, Own, chance, judge, load
from tests.running import service, until

REFUSED_S = 10
ROUNDS = 3


def test_postgresql_killed_at_a_random_moment(own: Own) -> None:
    """The postmaster, whose children then end by themselves; and every process at once, after a while in which nobody
    wrote out in the background what had not been waited for."""
    at = chance()
    killed: list[int] = []
    with psycopg.connect(own.dsn) as connection:
        durable = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
        assert durable == [("on",), ("on",)]
    with load(own.running.port, at, ("killed-a", "killed-b")) as (sender, listeners):
        for everything in (False, True, True):
            sender.goes_on()
            server = psutil.Process(own.postmaster)
            family = server.children(recursive=True)
            if everything:
                next(p for p in family if "walwriter" in " ".join(p.cmdline())).suspend()
            time.sleep(at.uniform(0.05, 0.5))
            refused = sender.refused()
            killed.append(server.pid)
            server.kill()
            for process in family if everything else ():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            until(lambda r=refused: sender.refused() > r)
            sender.goes_on()
            assert own.postmaster not in killed
        judge(own.dsn, [sender], listeners)
        assert len(set(killed)) == len(killed)
        assert "503" in sender.answers
    own.running.wait_ready()


def test_connections_hung_up_again_and_again(dsn: str) -> None:
    """Listeners, pools, and all of them at once, by the server."""
    at = chance()
    with (
        service(database_url=dsn, **SETTINGS) as running,
        psycopg.connect(dsn, autocommit=True) as connection,
        load(running.port, at, ("cut-a", "cut-b")) as (sender, listeners),
    ):
        listening = {"touchline-listener"}
        pools = {"touchline-api", "touchline-worker"}
        for number in range(ROUNDS):
            for names in (listening, pools, listening | pools)[: 1 + number % 3]:
                until(lambda n=names: _connected(connection) >= n)
                assert _hang_up(connection, names) >= len(names)
                time.sleep(at.uniform(0, 0.3))
            heard = [h.seq for h in listeners]
            sender.goes_on()
            until(lambda h=heard: all(n.seq > s for n, s in zip(listeners, h, strict=True)))
        judge(dsn, [sender], listeners)
        until(lambda: _connected(connection) >= listening | pools)


def _connected(connection: psycopg.Connection[Any]) -> set[str]:
    rows = connection.execute("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")
    return {name for (name,) in rows}


def _hang_up(connection: psycopg.Connection[Any], names: set[str]) -> int:
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = ANY (%s)",
        [list(names)],
    ).fetchone()
    assert row is not None
    return row[0]


def test_connections_refused_for_ten_seconds(dsn: str) -> None:
    at = chance()
    with (
        tempfile.TemporaryDirectory(prefix="touchline-door-") as folder,
        Door(dsn, Path(folder)) as door,
        service(database_url=door.dsn, **SETTINGS) as running,
        load(running.port, at, ("away-a", "away-b")) as (sender, listeners),
    ):
        sender.goes_on()
        time.sleep(at.uniform(0, 0.3))
        before = dict(sender.answers)
        door.shut()
        assert door.cut >= 4
        until(lambda: sender.refused() > sum(n for what, n in before.items() if what != "200"))
        count = sender.count
        time.sleep(REFUSED_S)
        assert sender.count == count
        assert sender.answers["503"] - before.get("503", 0) > REFUSED_S
        assert {p["title"] for p in sender.problems} == {"The database is not available"}
        assert running.http.get("/livez").status_code == 200
        assert running.http.get("/readyz").status_code == 503
        door.open()
        sender.goes_on()
        running.wait_ready()
        judge(dsn, [sender], listeners)

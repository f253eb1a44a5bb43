"""Workers and API processes that are killed or stopped at random moments under load."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from app.settings import Settings
from tests.faults.kit import SETTINGS, chance, fleet, judge, load, owners
from tests.faults.load import Sender
from tests.running import service, until

MATCHES = ("one", "two", "three")
KILLS = 3


@pytest.mark.parametrize("part", ["work", "serve"])
def test_a_process_killed_again_and_again(dsn: str, part: str) -> None:
    at = chance()
    killed: list[int] = []
    with (
        service(database_url=dsn, **SETTINGS) as running,
        psycopg.connect(dsn, autocommit=True) as connection,
        load(running.port, at, MATCHES) as (sender, listeners),
    ):
        for _ in range(KILLS):
            scored, heard = _scored(connection), [h.seq for h in listeners]
            until(lambda s=scored: _scored(connection) > s)
            until(lambda h=heard: all(n.seq > s for n, s in zip(listeners, h, strict=True)))
            time.sleep(at.uniform(0, 0.3))
            process = running.child(part)
            process.kill()
            process.wait(10)
            killed.append(process.pid)
            sender.goes_on()
        judge(dsn, [sender], listeners)
        assert len(set(killed)) == KILLS
        if part == "serve":
            assert sender.refused() >= KILLS
            assert all(h.connects > KILLS for h in listeners)
        else:
            assert all(epoch > 1 for _, epoch, _ in owners(connection, MATCHES).values())


def _scored(connection: psycopg.Connection[Any]) -> int:
    return sum(version for _, _, version in owners(connection, MATCHES).values())


def test_the_matches_of_a_killed_worker_are_taken_over(dsn: str) -> None:
    """By another worker that runs already, while the dead one is still down as the owner of their leases."""
    at = chance()
    with fleet(dsn, lease_s=Settings().lease_s) as found, psycopg.connect(dsn, autocommit=True) as connection:
        first = found.worker()
        with load(found.port, at, MATCHES) as (sender, listeners):
            second = found.worker()
            victim = until(lambda: _busiest(connection, (first.pid, second.pid)))
            before = {m: o for m, o in owners(connection, MATCHES).items() if o[0] == victim}
            killed = first if victim == first.pid else second
            killed.kill()
            killed.wait(10)
            began = time.monotonic()
            until(lambda: _taken(connection, before), every_s=0.01)
            print(f"{len(before)} matches taken over {time.monotonic() - began:.2f} s after the kill")
            sender.goes_on()
            judge(dsn, [sender], listeners)
            assert all(o[0] != victim for o in owners(connection, MATCHES).values())


def _busiest(connection: psycopg.Connection[Any], workers: Sequence[int]) -> int:
    held = [pid for pid, _, _ in owners(connection, MATCHES).values()]
    return max(workers, key=held.count) if set(held) & set(workers) else 0


def _taken(connection: psycopg.Connection[Any], before: dict[str, tuple[int, int, int]]) -> bool:
    """Each has another owner, a higher epoch, and is scored further than it was."""
    now = owners(connection, tuple(before))
    return all(now[m][0] != b[0] and now[m][1] > b[1] and now[m][2] > b[2] for m, b in before.items())


def test_a_paused_worker_cannot_commit_what_others_have_scored(dsn: str) -> None:
    """Stopped with a batch in its hands, while it waits for rows of the log; another takes over; it wakes and commits."""
    at = chance()
    with fleet(dsn, lease_s=1) as found, psycopg.connect(dsn, autocommit=True) as connection:
        zombie = found.worker()
        with load(found.port, at, MATCHES[:1]) as (sender, listeners):
            with psycopg.connect(dsn) as blocking:
                until(lambda: _stop_reading(connection, blocking, psutil.Process(zombie.pid), sender))
            before = owners(connection, MATCHES[:1])
            assert before["one"][0] == zombie.pid
            other = found.worker()
            until(lambda: owners(connection, MATCHES[:1])["one"][0] == other.pid)
            sender.goes_on()
            until(lambda: owners(connection, MATCHES[:1])["one"][2] > before["one"][2])
            assert "lease_lost" not in found.log.read_text()
            zombie.send_signal(signal.SIGCONT)
            until(lambda: "lease_lost" in found.log.read_text())
            sender.goes_on()
            judge(dsn, [sender], listeners)
            assert zombie.poll() is None
            assert other.poll() is None


def test_a_worker_stopped_in_the_middle_of_a_commit_holds_nobody_up(dsn: str) -> None:
    """Whatever it has sent of a commit is committed without it: no lock waits for it to wake."""
    at = chance()
    lock = "SELECT pg_advisory_lock(7355608)"
    names = ("first", "second", "third", "fourth")
    with (
        fleet(dsn, lease_s=4) as found,
        psycopg.connect(dsn, autocommit=True) as connection,
        psycopg.connect(dsn, autocommit=True) as holder,
        psycopg.connect(dsn, autocommit=True) as next_holder,
    ):
        worker = found.worker()
        with load(found.port, at, names) as (sender, listeners):
            sender.pause()
            until(lambda: not _unscored(connection, names))
            holder.execute(lock)
            for name in names[:1]:
                _push(found.port, name)
            until(lambda: _waiting_commits(connection) == 1)
            next_in_line = threading.Thread(target=next_holder.execute, args=(lock,))
            next_in_line.start()
            until(lambda: _waiting_commits(connection, any_application=True) == 2)
            for name in names[1:]:
                _push(found.port, name)
            time.sleep(1)
            holder.execute("SELECT pg_advisory_unlock(7355608)")
            next_in_line.join(30)
            # Now the others wait in one commit: all three of them, unless the machine is very slow.
            until(lambda: _waiting_commits(connection) == 1)
            worker.send_signal(signal.SIGSTOP)
            waited, sent = _unscored(connection, names), _in_a_commit(connection, names)
            assert sent
            next_holder.execute("SELECT pg_advisory_unlock(7355608)")
            until(lambda: connection.execute("SELECT pg_try_advisory_lock(7355608)").fetchone() == (True,))
            connection.execute("SELECT pg_advisory_unlock(7355608)")
            # All that it had sent, of every match, and nothing else: it sleeps.
            assert _unscored(connection, names) == waited - len(sent)
            found.worker()
            sender.go()
            sender.goes_on()
            worker.send_signal(signal.SIGCONT)
            for name in names:
                sender.acknowledged[name].append(_last(name))
            judge(dsn, [sender], listeners)


def _last(match: str) -> bytes:
    return b'{"id":"last-%b","type":"pass","period":2,"order":9e6,"clock_s":5000,"team":"harbour"}' % match.encode()


def _push(port: int, match: str) -> None:
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/feeds/touchline/{match}", content=_last(match), timeout=30)
    assert answer.json()["appended"] == 1


def _unscored(connection: psycopg.Connection[Any], matches: Sequence[str]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM log.match m JOIN ops.cursor c USING (match_id) "
        "WHERE m.match_id = ANY (%s) AND c.pipeline = 'live' AND c.version < m.version",
        [list(matches)],
    ).fetchone()
    assert row is not None
    return row[0]


def _in_a_commit(connection: psycopg.Connection[Any], matches: Sequence[str]) -> list[str]:
    """The matches whose cursor somebody has locked: they are being committed."""
    free = connection.execute(
        "SELECT match_id FROM ops.cursor WHERE pipeline = 'live' AND match_id = ANY (%s) FOR UPDATE SKIP LOCKED",
        [list(matches)],
    ).fetchall()
    return sorted(set(matches) - {m for (m,) in free})


def _waiting_commits(connection: psycopg.Connection[Any], any_application: bool = False) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' "
        "AND datname = current_database() AND (%s OR application_name = 'touchline-worker')",
        [any_application],
    ).fetchone()
    assert row is not None
    return row[0]


def _stop_reading(
    connection: psycopg.Connection[Any], blocking: psycopg.Connection[Any], worker: psutil.Process, sender: Sender
) -> bool:
    """Stop the worker in the middle of reading what it has to score. False when it did not get to that in time."""
    worker.suspend()
    sender.goes_on(1)
    try:
        blocking.execute("SET lock_timeout = '500ms'")
        blocking.execute("LOCK TABLE log.feed_event IN ACCESS EXCLUSIVE MODE")
    except psycopg.errors.LockNotAvailable:
        # It was stopped while an answer was on its way to it, and the server holds what it reads until that is taken.
        blocking.rollback()
        return False
    finally:
        worker.resume()
    end = time.monotonic() + 0.5
    caught = False
    while not caught and time.monotonic() < end:
        caught = bool(
            connection.execute(
                "SELECT 1 FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE NOT l.granted "
                "AND l.relation = 'log.feed_event'::regclass AND application_name = 'touchline-worker'"
            ).fetchone()
        )
    if caught:
        worker.suspend()
    blocking.rollback()
    return caught

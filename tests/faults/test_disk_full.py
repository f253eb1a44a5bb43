"""A disk that is full: nothing is acknowledged that is not stored, and the service goes on once there is room."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.faults.full_disk import MIB, PAGE_BYTES, fill, full
from tests.faults.kit import Own, chance, judge, load
from tests.faults.load import Sender
from tests.running import until


@pytest.mark.parametrize("written_bytes", [0, PAGE_BYTES // 2], ids=["quota", "disk"])
def test_no_room_for_the_log(own: Own, written_bytes: int) -> None:
    match, postmaster = f"full-log-{written_bytes}", own.postmaster
    with load(own.running.port, chance(), (match,)) as (sender, listeners):
        with full(postmaster, fill(own.dsn, "log.feed_event") + written_bytes):
            # A small event may still find room in a page that a larger one did not fit into; then nothing does.
            until(lambda: _stands_still(sender))
            assert {p["title"] for p in sender.problems} == {"The database's disk is full"}
            assert set(sender.answers) == {"200", "503"}
            assert own.running.http.get(f"/v1/matches/{match}").status_code == 200
        sender.goes_on()
        judge(own.dsn, [sender], listeners)
        assert own.postmaster == postmaster


def _stands_still(sender: Sender) -> bool:
    """Is it refused five times in a row, with nothing taken meanwhile?"""
    taken, refused = (sender.count, sender.appended), sender.refused()
    until(lambda: sender.refused() > refused + 5)
    return (sender.count, sender.appended) == taken


def test_no_room_for_what_is_published(own: Own) -> None:
    """The feed is taken on; what it comes to waits."""
    postmaster = own.postmaster
    with load(own.running.port, chance(), ("full-frames",)) as (sender, listeners):
        failed = own.server_log().count("could not extend file")
        with full(postmaster, fill(own.dsn, "signal.publication") + PAGE_BYTES // 2):
            until(lambda: own.server_log().count("could not extend file") > failed)
            published = _published(own.dsn)
            sender.goes_on(30)
            assert _published(own.dsn) == published
            # It is not the match's fault: nobody has to look at it, and it does not wait longer and longer.
            assert _parked(own.dsn) == []
        sender.goes_on()
        judge(own.dsn, [sender], listeners)
        assert own.postmaster == postmaster


def _published(dsn: str) -> tuple[Any, ...] | None:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT max(pub_seq) FROM signal.publication").fetchone()


def _parked(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT match_id, parked_reason FROM ops.cursor WHERE parked_at IS NOT NULL"
        ).fetchall()


def test_no_room_for_the_wal(own: Own) -> None:
    """The server gives itself up then, and is started again, by itself or by the service."""
    with load(own.running.port, chance(), ("full-wal",)) as (sender, listeners):
        panics = own.server_log().count("PANIC:  could not write to")
        with full(own.postmaster, MIB):
            until(lambda: own.server_log().count("PANIC:  could not write to") > panics and sender.refused())
        sender.goes_on()
        judge(own.dsn, [sender], listeners)

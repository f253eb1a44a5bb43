"""The epoch of stream ids: kept through restarts and crashes, another one wherever a database was restored or copied."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from app.db import doctor, embedded, embedded_config
from app.db.migrate import migrate
from app.db.pool import Pool, open_pool
from app.errors import DatabaseUnavailable
from app.live.hub import Hub
from app.settings import Settings
from tests.engine_kit import opened
from tests.integration.test_embedded import wait_gone
from tests.integration.test_stream_slow import publish, until


@asynccontextmanager
async def hub_of(dsn: str, *, runs: bool = True) -> AsyncIterator[Hub]:
    """The hub of a process of its own, with the pool of one."""
    pool = await open_pool(dsn, size=6)
    hub = Hub(pool, dsn, Settings(poll_s=0.2))
    await hub.start()
    tail = asyncio.create_task(hub.run()) if runs else None
    try:
        yield hub
    finally:
        if tail is not None:
            tail.cancel()
            await asyncio.gather(tail, return_exceptions=True)
        pool.terminate()


async def epoch_of(dsn: str) -> str:
    """What a process that starts now finds."""
    async with hub_of(dsn, runs=False) as hub:
        return hub.epoch


async def test_a_process_that_starts_again_finds_the_same_epoch(dsn: str, pool: Pool) -> None:
    await opened(pool)
    first = await epoch_of(dsn)
    await publish(pool, 5, size=1)
    # After a crash a sequence may have skipped numbers; it never goes back.
    await pool.execute("SELECT setval('signal.pub_seq', 5 + 32)")
    assert await epoch_of(dsn) == first


@contextmanager
def copied(cluster: Any, dsn: str) -> Iterator[str]:
    """The database as it is, under another name in the same cluster."""
    name, copy = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"], f"t_{uuid4().hex[:12]}"
    address = {"host": cluster.address["host"], "port": cluster.address["port"], "dbname": "postgres"}
    with psycopg.connect(**address, user=embedded_config.SUPERUSER, autocommit=True) as connection:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER touchline")
        connection.execute(make.format(sql.Identifier(copy), sql.Identifier(str(name))))
        try:
            yield cluster.dsn_of(copy)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy)))


async def test_a_copy_in_the_same_cluster_has_an_epoch_of_its_own(dsn: str, pool: Pool, cluster: Any) -> None:
    await opened(pool)
    await publish(pool, 5, size=1)
    first = await epoch_of(dsn)
    pool.terminate()
    with copied(cluster, dsn) as copy:
        async with hub_of(copy) as hub:
            assert hub.epoch != first
            assert await hub.place(f"{first}-3") == "other_epoch"
            assert await hub.place(f"{hub.epoch}-3") == 3
            assert await epoch_of(copy) == hub.epoch
    assert await epoch_of(dsn) == first


async def test_a_row_that_a_dump_brought_back_is_told_from_one_of_our_own(dsn: str) -> None:
    binaries = embedded.find_server().bin_dir
    dump = [binaries / "pg_dump", "--clean", "--table", "ops.instance", dsn]
    first = await epoch_of(dsn)
    dumped = await asyncio.to_thread(subprocess.check_output, dump)
    assert first.encode() in dumped
    async with hub_of(dsn) as hub:
        load = [binaries / "psql", "--quiet", "--single-transaction", dsn]
        await asyncio.to_thread(subprocess.check_output, load, input=dumped)
        # Also seen by who has been connected all the while.
        await until(lambda: hub.epoch != first)
        assert await epoch_of(dsn) == hub.epoch


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ops.instance SET written_by = pg_current_xact_id()::xid, timeline = '00000000'",
        "UPDATE ops.instance SET written_by = pg_current_xact_id()::xid, system_identifier = '7'",
        "UPDATE ops.instance SET written_by = pg_current_xact_id()::xid, database_oid = 1",
        "UPDATE ops.instance SET written_by = NULL",
    ],
)
async def test_each_thing_that_differs_is_enough(dsn: str, pool: Pool, change: str) -> None:
    first = await epoch_of(dsn)
    await pool.execute("UPDATE ops.instance SET written_by = pg_current_xact_id()::xid")
    assert await epoch_of(dsn) == first
    await pool.execute(change)
    found = await asyncio.gather(*[epoch_of(dsn) for _ in range(5)])
    assert len(set(found)) == 1
    assert found[0] != first
    assert await epoch_of(dsn) == found[0]


async def test_all_who_find_out_at_once_agree(dsn: str, pool: Pool) -> None:
    first = await epoch_of(dsn)
    found = await asyncio.gather(*[pool.fetchval("SELECT ops.epoch($1)", first) for _ in range(20)])
    assert len(set(found)) == 1
    assert found[0] != first
    # Whoever finds out late gets what holds by now.
    assert await pool.fetchval("SELECT ops.epoch($1)", first) == found[0]


def stream_ids(dsn: str) -> doctor.Finding:
    return next(f for f in doctor.report(Settings(database_url=dsn)) if f.name == "stream ids")


async def test_the_doctor_tells(dsn: str, pool: Pool) -> None:
    assert await asyncio.to_thread(stream_ids, dsn) == doctor.Finding("database", "stream ids", "no epoch yet")
    epoch = await epoch_of(dsn)
    assert (await asyncio.to_thread(stream_ids, dsn)).value == f"epoch {epoch}"
    await pool.execute("UPDATE ops.instance SET database_oid = 1, written_by = pg_current_xact_id()::xid")
    found = await asyncio.to_thread(stream_ids, dsn)
    assert (found.value, found.ok) == (f"epoch {epoch}, of another database or from before a restore", None)
    assert "resync" in found.advice


def kill(settings: Settings) -> None:
    """kill -9 of the postmaster; its children end by themselves."""
    found = embedded.status(settings)
    assert found.pid is not None
    assert found.data_folder is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_gone(found.pid, found.data_folder)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Settings]]:
    """Embedded clusters of this test's own."""
    made: list[Settings] = []

    def settings(name: str) -> Settings:
        folder = tmp_path_factory.mktemp(name)
        made.append(Settings(home=str(folder)))
        return made[-1]

    yield settings
    for each in made:
        embedded.remove(each)


def test_a_crash_keeps_the_epoch_and_a_recovery_from_a_backup_does_not(home: Callable[[str], Settings]) -> None:
    """The cluster and the database are the same ones as before: only the timeline shows it."""

    async def identity(dsn: str) -> tuple[str, Any, Any]:
        pool = await open_pool(dsn, size=2)
        try:
            here = await pool.fetchrow("SELECT * FROM ops.here()")
        finally:
            pool.terminate()
        return await epoch_of(dsn), (here["system_identifier"], here["database_oid"]), here["timeline"]

    original, backup = home("original"), home("backup")
    dsn = embedded.start(original, say=lambda _: None)
    migrate(dsn)
    first = asyncio.run(identity(dsn))
    kill(original)
    assert asyncio.run(identity(embedded.start(original, say=lambda _: None))) == first
    embedded.stop(original)
    place = embedded.status(original).data_folder
    assert place is not None
    # A backup of the files, made while nothing ran.
    embedded.start(backup, say=lambda _: None)
    there = embedded.status(backup).data_folder
    embedded.stop(backup)
    assert there is not None
    subprocess.run(["rm", "-rf", "--", str(there)], check=True)
    subprocess.run(["cp", "-a", "--", str(place), str(there)], check=True)
    subprocess.run(["cp", "-a", "--", str(there / "PG_VERSION"), str(there / "recovery.signal")], check=True)
    recovery = {"restore_command": "false", "hot_standby": "off"}
    with suppress(DatabaseUnavailable):
        # It may be found on its way.
        embedded.start(backup, recovery, say=lambda _: None)
    epoch, same, timeline = asyncio.run(identity(embedded.start(backup, say=lambda _: None)))
    assert same == first[1]
    assert (epoch != first[0], timeline != first[2]) == (True, True)
    # And there, too, a crash changes nothing.
    kill(backup)
    again = asyncio.run(identity(embedded.start(backup, say=lambda _: None)))
    assert again == (epoch, same, timeline)

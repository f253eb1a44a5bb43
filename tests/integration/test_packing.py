"""Finished matches in columns: an export of them is what one of rows is, also after corrections and promotions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import polars as pl
import pytest

from app.commands.export import exported
from app.commands.verify import verify_all
from app.db.pool import Pool, open_pool
from app.log.control import append_control
from app.warehouse.columns import Column
from app.warehouse.export import Wanted
from app.warehouse.export_read import opened, tables, to_be_packed
from app.warehouse.keeping import keep_facts
from app.warehouse.packed import made_of, packed, unpacked
from app.warehouse.packing import Packing, differing
from tests.engine_kit import gone, scored, shot, tiny, told
from tests.integration.test_roles import as_role
from tests.star_kit import Star

PACKED = "SELECT match_id, name FROM mart.packed_now"
NAMES = ("fact_event", "fact_pass", "fact_signal", "log_event")


@pytest.fixture
async def stars(star: Star) -> AsyncIterator[Pool]:
    """A pool on the star's database, of which nothing is packed."""
    opened_pool = await open_pool(star.dsn, size=4)
    await opened_pool.execute("DELETE FROM mart.packed")
    yield opened_pool
    await opened_pool.execute("DELETE FROM mart.packed")
    await opened_pool.close()


async def _export(dsn: str, out: Path) -> dict[str, pl.DataFrame]:
    """The tables as an export writes them, in an order of their own."""
    await exported(dsn, out, Wanted(NAMES))
    return {name: _sorted(pl.read_parquet(out / name)) for name in NAMES}


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns)


def _same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    for name in NAMES:
        assert one[name].schema == other[name].schema, name
        assert one[name].equals(other[name]), name


def _packed_now(star: Star) -> set[tuple[str, str]]:
    return {(r["match_id"], r["name"]) for r in star.rows(PACKED)}


async def test_what_is_packed_is_what_rows_are(
    star: Star, stars: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await _export(star.dsn, tmp_path / "rows")
    kept = {r["match_id"] for r in star.rows("SELECT match_id FROM mart.kept_now")}
    assert await Packing(stars, star.dsn).refresh() == len(kept) >= 3
    assert _packed_now(star) == {(match, name) for match in kept for name in NAMES}
    read: list[int] = []

    def counted(bodies: list[bytes]) -> pl.DataFrame:
        read.append(len(bodies))
        return unpacked(bodies)

    monkeypatch.setattr("app.warehouse.export_read.unpacked", counted)
    _same(await _export(star.dsn, tmp_path / "packed"), rows)
    assert sum(read) == len(kept) * len(NAMES)
    assert await Packing(stars, star.dsn).refresh() == 0
    async with opened(star.dsn) as connection:
        assert [await differing(connection, match) for match in sorted(kept)] == [[]] * len(kept)


async def test_a_correction_is_in_the_next_export_whether_or_not_it_was_packed_since(
    pool: Pool, dsn: str, tmp_path: Path
) -> None:
    await told(pool, tiny())
    await append_control(pool, "m1", "soccer", "status", {"status": "finished"})
    await scored(pool, dsn)
    assert await Packing(pool, dsn).refresh() == 0  # not kept yet: it is not packed either
    await keep_facts(pool)
    assert await Packing(pool, dsn).refresh() == 1
    before = await _export(dsn, tmp_path / "before")
    await told(pool, [gone("t-013"), shot("new", 36.5, "saved", period=2, clock_s=4805.0)])
    # The log has grown, and nothing is scored yet: the facts are as they were, the log is not.
    assert {r["name"] for r in await pool.fetch(PACKED)} == set(NAMES) - {"log_event"}
    appended = await _export(dsn, tmp_path / "appended")
    assert appended["log_event"].height == before["log_event"].height + 2
    assert appended["fact_event"].equals(before["fact_event"])
    await scored(pool, dsn)
    assert not await pool.fetch(PACKED)
    corrected = await _export(dsn, tmp_path / "corrected")
    ids = set(before["fact_event"]["source_event_id"])
    assert set(corrected["fact_event"]["source_event_id"]) == ids - {"t-013"} | {"new"}
    assert not corrected["fact_signal"].equals(before["fact_signal"])
    await keep_facts(pool)
    assert await Packing(pool, dsn).refresh() == 1
    _same(await _export(dsn, tmp_path / "again"), corrected)
    # Nothing is appended, and the values are others.
    await pool.execute("UPDATE mart.kept SET changes = changes + 1")
    assert not await pool.fetch(PACKED)
    await keep_facts(pool)
    assert await Packing(pool, dsn).refresh() == 1


async def test_another_version_on_air_is_exported_and_nothing_is_packed_anew(
    star: Star, stars: Pool, tmp_path: Path
) -> None:
    await Packing(stars, star.dsn).refresh()
    live = (await _export(star.dsn, tmp_path / "live"))["fact_signal"].filter(pl.col("signal") == "xg")
    assert live.height > 0
    await stars.execute("UPDATE registry.signal_version SET stage = 'retired' WHERE signal = 'xg' AND stage = 'live'")
    try:
        packed_ = _packed_now(star)
        assert {match for match, _ in packed_} >= {"cup-1", "cup-2"}
        off = await _export(star.dsn, tmp_path / "off")
        assert off["fact_signal"].filter(pl.col("signal") == "xg").is_empty()
        assert not off["fact_signal"].is_empty()
        assert await Packing(stars, star.dsn).refresh() == 0
        # As rows it is the same.
        await stars.execute("DELETE FROM mart.packed")
        _same(await _export(star.dsn, tmp_path / "rows"), off)
    finally:
        await stars.execute(
            "UPDATE registry.signal_version v SET stage = 'live' WHERE signal = 'xg' AND stage = 'retired' "
            "AND version = (SELECT max(version) FROM registry.signal_version WHERE signal = 'xg' AND sport = v.sport)"
        )


async def test_an_analyst_exports_facts_that_are_packed_for_others(star: Star, stars: Pool, tmp_path: Path) -> None:
    await Packing(stars, star.dsn).refresh()
    own = as_role(star.dsn, "touchline_analyst")
    for who, out in ((own, tmp_path / "analyst"), (star.dsn, tmp_path / "owner")):
        await exported(who, out, Wanted(("fact_event", "fact_pass")))
    for name in ("fact_event", "fact_pass"):
        mine, theirs = (_sorted(pl.read_parquet(tmp_path / who / name)) for who in ("analyst", "owner"))
        assert mine.equals(theirs) and mine.height > 50


async def test_wrong_columns_are_found_by_verify_and_another_layout_is_not_read(
    star: Star, stars: Pool, tmp_path: Path
) -> None:
    await Packing(stars, star.dsn).refresh()
    rows = await _export(star.dsn, tmp_path / "rows")
    body = star.one("SELECT body FROM mart.packed WHERE match_id = 'cup-1' AND name = 'fact_event'")
    wrong = unpacked([body]).with_columns(pl.col("x_m") + 1)
    await stars.execute(
        "UPDATE mart.packed SET body = $1 WHERE match_id = 'cup-1' AND name = 'fact_event'", packed(wrong)
    )
    said: list[str] = []
    assert not await verify_all(star.dsn, "cup-1", False, said.append)
    assert "  fact_event: other rows are packed" in said
    assert await verify_all(star.dsn, "cup-3", False, said.append)
    # Of columns that the table had once: read as rows, and packed anew.
    await stars.execute("UPDATE mart.packed SET made_of = 'others' WHERE match_id = 'cup-1' AND name = 'fact_event'")
    _same(await _export(star.dsn, tmp_path / "others"), rows)
    assert await Packing(stars, star.dsn).refresh() == 1
    assert await verify_all(star.dsn, "cup-1", False, said.append)


async def test_a_match_that_cannot_be_packed_holds_up_no_other(
    star: Star, stars: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.warehouse import packing

    rows = packing._rows

    reasons: list[Exception] = [asyncpg.DiskFullError("no room"), asyncpg.DataError("not this one")]

    async def refused(connection: asyncpg.Connection, table: object, match_id: str) -> pl.DataFrame:
        if match_id == "cup-1":
            raise reasons[0]
        return await rows(connection, table, match_id)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(packing, "_rows", refused)
    kept = {r["match_id"] for r in star.rows("SELECT match_id FROM mart.kept_now")}
    packing_ = Packing(stars, star.dsn)
    # Where there is no room, there is none for the others either; later there is.
    with pytest.raises(asyncpg.DiskFullError):
        await packing_.refresh()
    reasons.pop(0)
    await packing_.refresh()
    assert {match for match, _ in _packed_now(star)} == kept - {"cup-1"}


async def test_what_is_packed_has_the_columns_of_what_is_exported(star: Star) -> None:
    async with opened(star.dsn) as connection:
        exported_ = {t.name: t.columns for t in await tables(connection) if t.is_packed}
        assert {t.name: t.columns for t in await to_be_packed(connection)} == exported_
    assert sorted(exported_) == sorted(NAMES)


def test_columns_of_other_names_types_or_order_are_others() -> None:
    one, other = Column("a", "text"), Column("b", "integer")
    digests = {made_of(c) for c in ([one, other], [other, one], [one], [one, Column("b", "bigint")])}
    assert len(digests) == 4
    assert made_of([one, other]) == made_of((Column("a", "text"), Column("b", "integer")))


def test_bodies_hold_nulls_times_and_nothing() -> None:
    frame = pl.DataFrame(
        {"at": [None, 0, 2**52], "said": ["", None, "é\x1f"], "won": [True, None, False], "x_m": [0.1, float("inf"), None]},
        schema={"at": pl.Datetime("us", "UTC"), "said": pl.String, "won": pl.Boolean, "x_m": pl.Float64},
    )  # fmt: skip
    assert unpacked([packed(frame), packed(frame.clear()), packed(frame)]).equals(pl.concat([frame, frame]))
    assert unpacked([packed(frame.clear())]).schema == frame.schema

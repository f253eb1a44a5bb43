"""`touchline export`: files that Polars and DuckDB read back as what the database says, with the same types."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import polars as pl
import psycopg
import pytest
from psycopg.rows import tuple_row

from app.commands.export import exported
from app.errors import UsageError
from app.warehouse import export, export_read
from app.warehouse.columns import Column
from app.warehouse.copied import BEFORE_ALL, FOREVER, SESSION, decoded, selected
from app.warehouse.export import Wanted
from app.warehouse.kpi import declared
from tests.bench.kit.duck import Duck
from tests.running import touchline
from tests.star_kit import Star

HIVE = ["competition_key", "season_key"]
IN_DUCKDB = {
    "Int16": "SMALLINT", "Int32": "INTEGER", "Int64": "BIGINT", "Float64": "DOUBLE", "String": "VARCHAR", "Boolean": "BOOLEAN",
    "Date": "DATE", "Datetime(time_unit='us', time_zone='UTC')": "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(star: Star, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything, as the command writes it."""
    out = tmp_path_factory.mktemp("export") / "out"
    done = touchline("export", "--out", str(out), database_url=star.dsn)
    assert done.returncode == 0, done.stderr
    assert "fact_event: " in done.stdout
    assert f" a second) in {out}." in done.stdout.splitlines()[-1]
    return out


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / name)


def files_of(folder: Path, pattern: str = "*") -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in folder.rglob(pattern) if p.is_file()}


def of_database(star: Star, name: str) -> list[dict[str, Any]]:
    if name == "log_event":
        return star.rows(
            "SELECT e.match_id, e.version, e.recorded_at, s.provider, e.control AS is_control, e.source_event_id, e.revision, "
            "e.provider_revision, e.kind, e.effective AS is_effective, e.type, e.period, e.order_key, e.elapsed_s, e.occurred_at, "
            "e.team_id, e.player_id, e.fields::text AS fields FROM log.feed_event e JOIN log.stream s USING (stream_id) "
            "JOIN mart.dim_match m ON m.match_id = e.match_id AND m.is_real"
        )
    # Python has no infinity of times.
    chosen = "*"
    if name.endswith("_history"):
        columns = [r["attname"] for r in star.rows("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", f"mart.{name}")]  # fmt: skip
        chosen = ", ".join("NULLIF(valid_to, 'infinity') AS valid_to" if c == "valid_to" else c for c in columns)
    found = star.connection.execute(f"SELECT {chosen} FROM mart.{name}").fetchall()  # pyright: ignore  # noqa: S608
    return [{k: FOREVER if k == "valid_to" and v is None else v for k, v in row.items()} for row in found]


def test_every_table_is_what_the_database_says(star: Star, folder: Path) -> None:
    said = json.loads((folder / "export.json").read_text())["tables"]
    relations = [r["name"] for r in star.rows(
        "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind IN ('r', 'v') "
        "AND c.relname ~ '^(dim|fact)_'")]  # fmt: skip
    assert sorted(said) == sorted([*relations, "log_event"])
    assert sorted(p.name for p in folder.iterdir()) == sorted([*said, "export.json"])
    for name in said:
        frame = read(folder, name)
        own = frame.drop(HIVE) if not name.startswith("dim_") else frame
        assert {c: str(t) for c, t in own.schema.items()} == said[name]["columns"], name
        assert own.height == said[name]["rows"], name
        rows = of_database(star, name)
        assert own.columns == (list(rows[0]) if rows else own.columns), name
        assert sorted(map(repr, own.rows())) == sorted(repr(tuple(_utc(v) for v in row.values())) for row in rows), name
    assert read(folder, "fact_signal").height > 100


def _utc(value: Any) -> Any:
    """As Polars gives it: the same moment, its time zone named."""
    return pl.Series([value], dtype=pl.Datetime("us", "UTC")).item() if hasattr(value, "tzinfo") else value


def test_folders_are_the_keys_of_competition_and_season(star: Star, folder: Path) -> None:
    events = read(folder, "fact_event").group_by(*HIVE).len().sort(HIVE).rows()
    assert events == [tuple(r.values()) for r in star.rows(
        "SELECT coalesce(competition_key, 0)::int8, coalesce(season_key, 0)::int8 AS s, count(*) FROM mart.fact_event "
        "JOIN mart.dim_match USING (match_key) GROUP BY 1, 2 ORDER BY 1, 2")]  # fmt: skip
    assert len(events) >= 2
    cup = star.one("SELECT competition_key FROM mart.dim_competition WHERE competition = 'Cup'")
    assert (folder / "fact_event" / f"competition_key={cup}").is_dir()
    # Nobody has stated the competition: a number still, or the column would be text.
    assert export._folder(None, 3) == "competition_key=0/season_key=3"


def test_duckdb_reads_the_same_types_and_rows(folder: Path) -> None:
    said = json.loads((folder / "export.json").read_text())["tables"]
    with duckdb.connect() as connection:
        for name, told in said.items():
            files = f"read_parquet('{folder / name}/**/*.parquet', hive_partitioning = true)"
            types = {r[0]: r[1] for r in connection.execute(f"DESCRIBE SELECT * FROM {files}").fetchall()}  # noqa: S608
            hive = {} if name.startswith("dim_") else dict.fromkeys(HIVE, "BIGINT")
            assert types == {c: IN_DUCKDB[t] for c, t in told["columns"].items()} | hive, name
            assert connection.execute(f"SELECT count(*) FROM {files}").fetchone() == (told["rows"],)  # noqa: S608
        shots = connection.execute(
            f"SELECT count(*), sum(xg), min(epoch_us(occurred_at)) FROM read_parquet('{folder}/fact_shot/**/*.parquet')"  # noqa: S608
        ).fetchone()
    frame = read(folder, "fact_shot")
    first = frame["occurred_at"].dt.epoch("us").min()
    assert shots == (frame.height, pytest.approx(frame["xg"].sum()), first)


def test_duckdb_answers_every_question_from_the_files(star: Star, folder: Path) -> None:
    """The text of sql/kpi as it is, and the same rows as the database says, but for the last digits of sums."""
    asked = 0
    with Duck(folder) as duck:
        for question in declared().values():
            values = question.values({p.name: "cup-2" for p in question.parameters if p.required})
            there = duck.fetch(question.text, *values)
            with psycopg.RawCursor(star.connection, row_factory=tuple_row) as cursor:
                here = cursor.execute(question.text.encode(), values).fetchall()
            assert [[_rounded(v) for v in row] for row in there] == [[_rounded(v) for v in row] for row in here], (
                question.name
            )
            asked += bool(here)
    assert asked > 20


def _rounded(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return round(float(value), 6)
    return value.timestamp() if isinstance(value, datetime) else value


def test_some_tables_of_some_matches(star: Star, folder: Path, tmp_path: Path) -> None:
    given = ["fact_team_match", "dim_season", "--competition", "Cup", "--since", "2021-06-01T00:00:00Z"]
    done = touchline("export", *given, "--until", "2022-01-01T00:00:00Z", "--out", str(tmp_path), "--format", "arrow",
                     "--json", database_url=star.dsn)  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {t["table"]: t["rows"] for t in said["tables"]} == {
        "dim_season": star.one("SELECT count(*) FROM mart.dim_season"),
        "fact_team_match": 2,
    }
    (file,) = tmp_path.glob("fact_team_match/*/*/*.arrow")
    assert pl.read_ipc(file)["match_id"].to_list() == ["cup-2", "cup-2"]
    told = json.loads((tmp_path / "export.json").read_text())["tables"]
    assert told["fact_team_match"]["competition"] == "Cup"
    assert "competition" not in told["dim_season"]
    for arguments, reason in (
        (["fact_nothing"], "There is no table 'fact_nothing' to export. Known: dim_competition,"),
        (["fact_shot", "--competition", "Nobody"], "No match is of the competition 'Nobody'. Known: Cup"),
        (["fact_shot", "--season", "1066"], "No match is of the season '1066'. Known: "),
        (["fact_shot", "--since", "2200-01-01T00:00:00Z"], "No real match is of that competition, season and time"),
        (["fact_shot", "--since", "2021-01-01"], "--since 2021-01-01 is no time with a UTC offset."),
        (["fact_shot", "--format", "xlsx"], "--format xlsx does not fit: parquet or arrow."),
    ):
        refused = touchline("export", *arguments, "--out", str(tmp_path / "not"), database_url=star.dsn)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"touchline: {reason}"), refused.stderr
    assert not (tmp_path / "not").exists()


async def test_a_large_table_comes_in_pieces(star: Star, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, no piece is larger than it may be, and together they are the table."""
    sizes: list[int] = []

    def counted(csv: bytes, columns: Any) -> pl.DataFrame:
        sizes.append(len(csv))
        return decoded(csv, columns)

    decoded = export_read.decoded
    monkeypatch.setattr(export_read, "CHUNK_BYTES", 8192)
    monkeypatch.setattr(export_read, "decoded", counted)
    await exported(star.dsn, tmp_path, Wanted(("fact_signal",)))
    # What asyncpg hands over at once comes on top: what one read of the socket brings.
    assert max(sizes) <= 8192 + 2**18
    assert len(files_of(tmp_path, "*.parquet")) == len(sizes) > 1
    assert read(tmp_path, "fact_signal").height == star.one("SELECT count(*) FROM mart.fact_signal")


async def test_an_export_that_fails_leaves_what_was_there(
    star: Star, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exported(star.dsn, tmp_path, Wanted(("dim_team", "fact_pass")))
    before = files_of(tmp_path)

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_file", broken)
    with pytest.raises(OSError, match="No space"):
        await exported(star.dsn, tmp_path, Wanted(("dim_team", "fact_pass")))
    assert files_of(tmp_path) == before
    with pytest.raises(UsageError):
        await exported(star.dsn, tmp_path, Wanted(("dim_team",), competition="Nobody"))


async def test_moments_come_as_they_are_also_what_has_no_end(star: Star) -> None:
    """To the microsecond, before 1970 and after; missing ones are missing."""
    columns = [Column("n", "int4"), Column("at", "timestamptz")]
    text = (
        "SELECT n::int4, CASE n WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN NULL "
        "ELSE '1890-01-01'::timestamptz + n * n * INTERVAL '19 days 3:00:00.123457' END AS at FROM generate_series(1, 90) n"
    )
    asked = f"SELECT {selected(columns).as_string(None)} FROM ({text}) q"  # noqa: S608
    connection = await asyncpg.connect(star.dsn, server_settings=SESSION)
    chunks: list[bytes] = []

    async def take(lines: bytes) -> None:
        chunks.append(lines)

    try:
        await connection.copy_from_query(asked, output=take, format="csv")
        rows = await connection.fetch(text + " WHERE n > 3 ORDER BY n")
    finally:
        await connection.close()
    found = decoded(b"".join(chunks), columns).sort("n")["at"].to_list()
    assert found == [FOREVER, BEFORE_ALL, None, *(r["at"] for r in rows)]
    assert found[3].year < 1970 and found[-1].year > 2300


async def test_every_connection_sees_the_same_moment(star: Star, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_read.os, "cpu_count", lambda: 3)
    count = "SELECT count(*) FROM mart.dim_venue"
    async with export_read.connected(star.dsn, 9) as connections:
        star.connection.execute("INSERT INTO mart.dim_venue (venue) VALUES ('Built meanwhile')")
        try:
            seen = [await c.fetchval(count) for c in connections]
            assert seen == [star.one(count) - 1] * 3
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await connections[1].execute("DELETE FROM mart.dim_venue")
        finally:
            star.connection.execute("DELETE FROM mart.dim_venue WHERE venue = 'Built meanwhile'")
    async with export_read.connected(star.dsn, 1) as connections:
        assert len(connections) == 1

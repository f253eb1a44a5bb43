"""The rival of the history bench: DuckDB on what was exported, asked for the same in the same run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from app.warehouse.kpi import Kpi

# A page of a match's events, of the exported log: the newest effective message of each event, without what was taken back.
PAGE = """
SELECT version, source_event_id, provider, kind, type, period, elapsed_s, order_key, team_id, player_id, fields, recorded_at
FROM (SELECT *, row_number() OVER (PARTITION BY source_event_id ORDER BY version DESC) AS newest FROM mart.log_event
      WHERE match_id = $1 AND NOT is_control AND is_effective)
WHERE newest = 1 AND kind <> 'retracted' ORDER BY period, order_key, source_event_id LIMIT $2
"""
# The rollup by minutes, of the exported values: no rollup is exported.
MINUTES = """
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject, sum(value), count(value),
       min(value), max(value)
FROM mart.fact_signal WHERE match_id = $1 AND signal = 'xg' GROUP BY ALL
"""


class Duck:
    """A DuckDB in memory whose views, in a schema `mart`, are the files of an export."""

    def __init__(self, out: Path) -> None:
        self.version = str(duckdb.__version__)
        self._out = out
        self._connection = duckdb.connect()
        self._connection.execute("CREATE SCHEMA mart")
        for folder in sorted(p for p in out.iterdir() if p.is_dir()):
            files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"
            self._connection.execute(f"CREATE VIEW mart.{folder.name} AS SELECT * FROM {files}")  # noqa: S608

    def __enter__(self) -> Duck:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def fetch(self, text: str, *given: Any) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        return self._connection.execute(text, list(given)).fetchall()

    def refuses(self, question: Kpi, values: Sequence[Any]) -> str | None:
        """Why it cannot answer a question whose text is that of sql/kpi; None where it can."""
        try:
            self.fetch(question.text, *values)
        except duckdb.Error as exc:
            return str(exc).splitlines()[0]
        return None

    def export(self, name: str) -> tuple[int, float]:
        """Rows and seconds of writing one table of its own as Parquet, in the folders and with the compression of ours."""
        into = self._out / f"duckdb-{name}"
        self._connection.execute(
            f"CREATE TABLE own AS SELECT * FROM read_parquet('{self._out}/{name}/**/*.parquet', hive_partitioning = true)"  # noqa: S608
        )
        began = time.perf_counter()
        self._connection.execute(
            f"COPY own TO '{into}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
            "PARTITION_BY (competition_key, season_key))"
        )
        seconds = time.perf_counter() - began
        (rows,) = self.fetch("SELECT count(*) FROM own")[0]
        self._connection.execute("DROP TABLE own")
        shutil.rmtree(into)
        return rows, seconds

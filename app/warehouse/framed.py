"""Tables of any length as Arrow and Parquet, in pieces: no more than a piece is in memory at once.

An Arrow stream goes out as it is made. A Parquet file ends with a table of its contents and has columns together: it is put
together on disk, and then goes out.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.warehouse.columns import Column, frame

if TYPE_CHECKING:
    import polars as pl

Rows = Sequence[Sequence[Any]]
# Continuation marker and a length of 0: what a stream ends with.
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
SENT_BYTES = 256 * 1024


class ArrowStream:
    """An Arrow IPC stream (one schema, then record batches), piece by piece."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._begun = False

    def piece(self, rows: Rows) -> bytes:
        """What the next rows are in the stream; the first one begins with the schema."""
        whole = _stream_of(frame(self._columns, rows))
        # The schema: marker, length of what follows, and that. It has no body.
        schema = 8 + int.from_bytes(whole[4:8], "little")
        found = whole[schema if self._begun else 0 : -len(_END)]
        self._begun = True
        return found

    def end(self) -> Iterator[bytes]:
        """The end of the stream."""
        yield _END

    def close(self) -> None:
        """Nothing is held."""


class ParquetFile:
    """A Parquet file with a group of rows for each piece. It is on disk until `close`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._folder = tempfile.TemporaryDirectory(prefix="touchline-parquet-")
        self._pieces = 0

    def piece(self, rows: Rows) -> bytes:
        """Nothing yet. Raises OSError where there is no room."""
        found = frame(self._columns, rows)
        found.write_ipc(Path(self._folder.name) / f"{self._pieces:08}.arrow")
        self._pieces += 1
        return b""

    def end(self) -> Iterator[bytes]:
        """The whole file. Raises OSError where there is no room."""
        import polars as pl

        whole = Path(self._folder.name) / "whole.parquet"
        pieces = pl.scan_ipc(Path(self._folder.name) / "*.arrow")
        pieces.sink_parquet(whole, compression="zstd", compression_level=1)
        with whole.open("rb") as file:
            while sent := file.read(SENT_BYTES):
                yield sent

    def close(self) -> None:
        """Take it from the disk."""
        self._folder.cleanup()


def _stream_of(found: pl.DataFrame) -> bytes:
    import polars as pl

    # The oldest form: every reader knows it.
    buffer = io.BytesIO()
    found.write_ipc_stream(buffer, compat_level=pl.CompatLevel.oldest())
    whole = buffer.getvalue()
    if not whole.endswith(_END):
        raise ValueError("an Arrow stream of Polars does not end as streams do")
    return whole

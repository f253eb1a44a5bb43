"""Rows of one match as an Arrow stream, as mart.packed has them: what is put there, and what is read of it.

PostgreSQL takes as long to write a row of thirty columns as two processors may have for it, in CSV or in its binary form.
A match that is over hardly ever changes: its rows are read once, put into columns, and every later export copies those.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.warehouse.columns import Column

if TYPE_CHECKING:
    import polars as pl


def made_of(columns: Sequence[Column]) -> str:
    """What tells columns apart that have other names, types or another order."""
    return hashlib.sha256("\n".join(f"{c.name} {c.type}" for c in columns).encode()).hexdigest()[:32]


def packed(frame: pl.DataFrame) -> bytes:
    """The rows in columns, compressed."""
    import polars as pl

    buffer = io.BytesIO()
    # The oldest form: every reader knows it.
    frame.rechunk().write_ipc_stream(buffer, compression="zstd", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def unpacked(bodies: Sequence[bytes]) -> pl.DataFrame:
    """The rows of several matches of one table, one after the other. bodies: one at least. Raises Polars' own errors for
    what `packed` did not make."""
    import polars as pl

    return pl.concat([pl.read_ipc_stream(io.BytesIO(body)) for body in bodies])

"""The epoch of stream ids: the same for as long as a number stands for one frame, another once it may stand for two.

PostgreSQL never gives a number out twice by itself, whatever crashes: the sequence is ahead of every commit that can be
seen. A restored database does. It is told by what is stored beside the epoch (cluster, database, timeline, transaction),
and, where all of that came back as it was, by the frames that this process has read and the database has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.db.pool import Connection, Pool
from app.db.sql import query
from app.live.frames import Frame

# A half-open connection is not noticed by itself.
ASK_S = 10.0


async def first_epoch(pool: Pool) -> str:
    """The epoch of this database; made by the first who asks."""
    return str(await pool.fetchval(query("epoch"), None))


async def epoch_now(connection: Connection, mine: str, head: int, newest: Sequence[Frame], was_asked: bool) -> str:
    """The epoch that holds now: `mine`, or the one that every process goes on with.

    head, newest: what was read under `mine`, in order. was_asked: this was asked before on the same connection, so that
    it is the same cluster.
    """
    if not was_asked:
        stored = await connection.fetchval(query("epoch_holds"), timeout=ASK_S)
        if stored != mine:
            return stored or await _agree(connection, None)
    frames = [f.seq for f in newest], [f.published_at for f in newest]
    state: Any = await connection.fetchrow(query("stream_state"), *frames, timeout=ASK_S)
    if state["epoch"] != mine:
        return state["epoch"] or await _agree(connection, None)
    if state["issued"] < head or state["given_anew"]:
        return await _agree(connection, mine)
    return mine


async def _agree(connection: Connection, instead_of: str | None) -> str:
    return str(await connection.fetchval(query("epoch"), instead_of, timeout=ASK_S))

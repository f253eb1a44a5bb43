"""A door between a service and its database, which can be shut: connections are cut, new ones refused."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

PORT = 5432


class Door:
    """Passes a Unix socket of its own on to the database's. `dsn` leads through it; `cut` counts what was cut."""

    def __init__(self, dsn: str, folder: Path) -> None:
        address = conninfo_to_dict(dsn)
        self.dsn = f"postgresql://{address['user']}@/{address['dbname']}?host={folder}&port={PORT}"
        self.cut = 0
        self._ours = folder / f".s.PGSQL.{PORT}"
        self._theirs = f"{address['host']}/.s.PGSQL.{address['port']}"
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Door:
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def open(self) -> None:
        """Let everything through."""
        self._do(self._open())

    def shut(self) -> None:
        """Cut every connection, and refuse new ones. The socket stays there with nobody behind it."""
        self._do(self._shut())

    def _do(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_unix_server(self._enter, self._ours)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        passing, self._passing = self._passing, set()
        self.cut += len(passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._theirs)
            ways = [asyncio.create_task(_pass(reader, inner_writer)), asyncio.create_task(_pass(inner_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                inner_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass  # the one behind the door has gone, or the door is shut
        finally:
            writer.transport.abort()
            self._passing.discard(task)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

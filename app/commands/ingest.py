"""`touchline ingest`: files of a provider into the log, scored and committed before it returns."""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from app.db.pool import Pool
from app.db.sql import query
from app.errors import DecodeError, TouchlineError, UnreadableFile, UsageError
from app.feeds.base import Provider
from app.log.append import Stream
from app.log.control import append_control
from app.log.ingest import Ingested, ingest, may_begin, open_events, refuse
from app.log.problems import problems
from app.log.read import match_row
from app.scoring.leases import PIPELINE
from app.scoring.register import register
from app.scoring.worker import Worker
from app.settings import Settings
from app.warehouse.keeping import keep_facts

Progress = Callable[[int, int], None]
MAX_FILE_BYTES = 1 << 30


class IngestedFile(msgspec.Struct):
    """What became of one file. problems: why messages are in quarantine, each reason once. notes: what whoever gave
    the file should know."""

    file: str
    match: str
    events: int
    appended: int
    repeated: int
    quarantined: int
    retracted: int
    problems: list[str]
    home: str | None
    away: str | None
    home_score: int
    away_score: int
    status: str
    anchor_at: datetime | None
    anchor_source: str | None
    notes: list[str]

    @property
    def is_unreadable(self) -> bool:
        """Is there not one message in it that could be decoded?"""
        return self.events > 0 and self.quarantined == self.events


class ScoringFailed(TouchlineError):
    """The events are in the log, and their match could not be scored."""

    title = "Scoring failed"


def check_files(files: Sequence[Path]) -> None:
    """Before anything is begun. Raises UnreadableFile for the first that is not there or is a folder."""
    for file in files:
        if file.is_dir():
            raise _folder(file)
        if not file.exists():
            raise UnreadableFile(f"There is no file {file}.")


def _folder(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path} is a folder: name the files in it.")


def read_payload(path: Path) -> bytes:
    """The bytes of a file, unpacked when its name ends in .gz. Raises UnreadableFile."""
    try:
        if path.suffix != ".gz":
            if path.stat().st_size > MAX_FILE_BYTES:
                raise UnreadableFile(f"{path} is larger than 1 GiB: too large for one match.")
            return path.read_bytes()
        with gzip.open(path) as packed:
            payload = packed.read(MAX_FILE_BYTES + 1)
    except IsADirectoryError:
        raise _folder(path) from None
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise UnreadableFile(f"{path} is not a whole gzip file: {exc}.") from None
    except OSError as exc:
        raise UnreadableFile(f"{path} cannot be read: {exc.strerror or exc}.") from None
    if len(payload) > MAX_FILE_BYTES:
        raise UnreadableFile(f"{path} unpacks to more than 1 GiB: too large for one match.")
    return payload


def match_id_of(path: Path) -> str:
    """The id of a match when nobody gives one: the file's name without its endings."""
    name = re.sub(r"(\.(json|jsonl|ndjson|xml|gz))+$", "", path.name)
    return re.sub(r"[^A-Za-z0-9._~:-]+", "-", name).strip("-._~:")[:120] or "match"


def speed_of(text: str) -> float | None:
    """`max` as None, else match seconds a second. Raises UsageError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 10_000:
        raise UsageError(f"--speed {text} does not fit: `max`, or match seconds a second above 0 and at most 10000.")
    return speed


async def ingest_file(
    pool: Pool,
    dsn: str,
    settings: Settings,
    provider: Provider,
    path: Path,
    match_id: str | None,
    kickoff_at: datetime | None,
    speed: float | None,
    progress: Progress,
    *,
    snapshot: bool = False,
) -> IngestedFile:
    """Read, append and score one file. Raises UnreadableFile, ScoringFailed.

    snapshot: the file is all that the provider has to say of the match; what it leaves out is retracted. It cannot be
    played at a pace: raises UsageError.
    """
    if snapshot and speed is not None:
        raise UsageError("--snapshot takes a file as a whole, so it cannot go with --speed; leave one of them out.")
    name = match_id or match_id_of(path)
    try:
        messages = list(provider.split(read_payload(path)))
    except UnreadableFile as exc:
        raise UnreadableFile(f"{path}: {exc}") from None
    whole = [m for m in messages if isinstance(m, bytes)]
    if not await may_begin(pool, provider, name, messages):
        if not messages:
            raise UnreadableFile(f"{path} holds no event.")
        return _unreadable(path, await refuse(pool, provider, name, messages))
    stream = await open_events(pool, provider, name, whole, origin="import", kickoff_at=kickoff_at)
    await register(pool)
    if speed is None:
        done = await ingest(pool, provider, stream, messages, "follow", snapshot=snapshot)
        progress(len(messages), len(messages))
    else:
        done = await _at_pace(pool, provider, stream, messages, speed, progress)
    if await _has_ended(pool, provider, name):
        await append_control(pool, name, provider.sport, "status", {"status": "finished"}, origin="import")
    await scored(pool, dsn, settings, name)
    await keep_facts(pool, name)
    row = await pool.fetchrow(query("snapshot_match"), name)
    return IngestedFile(
        file=str(path),
        match=name,
        events=done.received,
        appended=done.appended,
        repeated=done.repeated,
        quarantined=done.quarantined,
        retracted=done.retracted,
        problems=_problems(provider, stream.options, messages) if done.quarantined else [],
        anchor_source=stream.anchor_source,
        notes=_notes(stream, kickoff_at, done),
        **{k: row[k] for k in ("home", "away", "home_score", "away_score", "status", "anchor_at")},
    )


def _unreadable(path: Path, done: Ingested) -> IngestedFile:
    """Nothing of a file could be read, and there is no match of it."""
    return IngestedFile(
        file=str(path),
        match=done.match,
        events=done.received,
        appended=0,
        repeated=0,
        quarantined=done.quarantined,
        retracted=0,
        problems=done.problems,
        home=None,
        away=None,
        home_score=0,
        away_score=0,
        status="unknown",
        anchor_at=None,
        anchor_source=None,
        notes=[],
    )


def _notes(stream: Stream, kickoff_at: datetime | None, done: Ingested) -> list[str]:
    """About the kick-off: none is known, or another than the one that was given."""
    if kickoff_at is not None and kickoff_at != stream.anchor_at:
        known = f"the kick-off of '{stream.match_id}' is known as {_utc(stream.anchor_at)} and stays"
        if stream.anchor_source != "kickoff":
            known = f"'{stream.match_id}' began without one, and its times go on counting from {_utc(stream.anchor_at)}"
        return [f"--kickoff {_utc(kickoff_at)} is not taken: {known}. Another --match has times of its own."]
    if stream.anchor_source == "first_append" and done.appended:
        return [
            "no kick-off is known: times count from this moment. Give --kickoff, or `touchline matches load` first."
        ]
    return []


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _problems(provider: Provider, options: Mapping[str, Any], messages: Sequence[bytes | Exception]) -> list[str]:
    """Why messages of a whole file cannot be decoded. Asked for afterwards: what is played at a pace is told one by
    one, and what is told of it then does not know the file."""

    def failed() -> Iterator[tuple[int, DecodeError]]:
        for position, message in enumerate(messages, 1):
            try:
                if isinstance(message, Exception):
                    raise message
                provider.decode(message, options)
            except DecodeError as error:
                yield position, error

    return problems(failed())


async def _at_pace(
    pool: Pool, provider: Provider, stream: Any, messages: Sequence[bytes | Exception], speed: float, progress: Progress
) -> Ingested:
    """One message after the other, each when the match clock has come to it; breaks between periods are skipped."""
    done = Ingested(match=stream.match_id)
    period, clock, due = None, 0.0, asyncio.get_running_loop().time()
    for count, message in enumerate(messages, 1):
        if isinstance(message, bytes):
            try:
                event = provider.decode(message, stream.options)
            except DecodeError:
                event = None
            if event is not None:
                if event.period == period and event.elapsed_s > clock:
                    due += (event.elapsed_s - clock) / speed
                if event.period != period or event.elapsed_s > clock:
                    period, clock = event.period, event.elapsed_s
        wait = due - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
        done.add(await ingest(pool, provider, stream, [message], "follow"))
        progress(count, len(messages))
    return done


async def _has_ended(pool: Pool, provider: Provider, match_id: str) -> bool:
    last = await pool.fetchrow(query("last_feed_event"), match_id)
    return last is not None and provider.tells_a_whole_match(last["type"], last["period"], last["elapsed_s"])


async def scored(pool: Pool, dsn: str, settings: Settings, match_id: str) -> None:
    """Return once the match is scored up to its head, by whichever worker is first, this process included.

    Raises ScoringFailed when its scoring is parked.
    """
    worker = Worker(pool, dsn, settings, only=[match_id])
    head = (await match_row(pool, match_id)).version
    try:
        while True:
            row = await pool.fetchrow(query("cursor_row"), match_id, PIPELINE)
            if row is not None and row["version"] >= head:
                return
            if row is not None and row["parked_reason"] is not None:
                raise ScoringFailed(
                    f"Match '{match_id}' is in the log and its scoring failed: {row['parked_reason']}. "
                    "It is tried again."
                )
            if not await worker.score_waiting():
                await asyncio.sleep(0.02)
    finally:
        await worker.leave()

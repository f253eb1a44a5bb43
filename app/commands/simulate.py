"""`touchline simulate`: real matches told as live feeds, with chosen faults, by push and as documents to poll."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import typer

from app.commands.ingest import match_id_of, read_payload
from app.commands.poll import client_of, unless
from app.commands.progress import bar
from app.commands.simulate_documents import Documents, Growing, Served, document, serving
from app.commands.simulate_push import Pushed, Sender, Target, TargetRefuses, detail_of
from app.commands.terminal import say
from app.errors import UnreadableFile, UsageError
from app.feeds import _forge
from app.feeds.base import Provider
from app.feeds.faults import Message, Plan, Rates, plan, timeline
from app.log.append import check_match_id
from app.log.problems import Problems

MOST_IN_ONE_BODY = 100
LONGEST_STEP_S = 0.25
TIMEOUT_S = 60.0
ORIGIN = "simulation"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated. speed: match seconds a second, None as fast as accepted; connections: how many redundant
    connections tell each match; push: whether it is pushed at all; poll_port: where documents are served, 0 any."""

    provider: Provider
    files: list[Path]
    match: str | None
    speed: float | None
    rates: Rates
    seed: int
    target: str
    connections: int
    push: bool
    poll_port: int | None


class Told(msgspec.Struct):
    """One match of a simulation. messages: those of the file; sends: with all that the faults added. problems: why
    messages are in quarantine or were refused, each reason once."""

    match: str
    file: str
    messages: int
    sends: int
    pushed: Pushed
    faults: dict[str, int]
    problems: list[str]

    @property
    def is_unreadable(self) -> bool:
        """Was something sent, and nothing of it taken?"""
        return self.pushed.sent > 0 and not self.pushed.appended and not self.pushed.repeated


class Simulated(msgspec.Struct):
    """A simulation that has ended."""

    seed: int
    matches: list[Told]
    pushed: Pushed
    faults: dict[str, int]
    documents: Served | None


class _Match(msgspec.Struct):
    """A match that is to be told."""

    id: str
    file: Path
    messages: list[Message]
    lines: bool
    ended: bool
    plans: list[Plan]


async def simulate(wanted: Wanted, quiet: bool, stopping: asyncio.Event, done: Callable[[Simulated], None]) -> None:
    """Tell every match, then call `done`; with documents, go on serving them whole until `stopping`.

    Raises UnreadableFile, UsageError, PortInUse, TargetLost, TargetRefuses; typer.Abort when stopped before the end.
    """
    matches = [_read(wanted, file) for file in wanted.files]
    ids = [m.id for m in matches]
    if twice := [i for i in ids if ids.count(i) > 1]:
        raise UsageError(f"Two files would both be match '{twice[0]}'. Rename one.")
    documents = Documents() if wanted.poll_port is not None else None
    async with AsyncExitStack() as opened:
        target = Target(await opened.enter_async_context(client_of(wanted.target, TIMEOUT_S)), wanted.target)
        if wanted.push:
            await target.reach()
            for match in matches:
                await _create(target, wanted.provider, match)
        if documents is not None and wanted.poll_port is not None:
            for match in matches:
                documents.growing[f"/{wanted.provider.name}/{match.id}"] = Growing(
                    wanted.rates, _seed(wanted, match.id)
                )
            port = await opened.enter_async_context(serving(documents, wanted.poll_port))
            for path in documents.growing if not quiet else ():
                say(f"http://127.0.0.1:{port}{path}")
        told = await unless(_tell_all(wanted, target, matches, documents, quiet), stopping)
        if told is None:
            raise typer.Abort
        done(_summary(wanted.seed, told, documents))
        if documents is not None:
            await stopping.wait()


def _seed(wanted: Wanted, match_id: str) -> str:
    """Several matches of one simulation do not all go wrong in the same places."""
    return f"{wanted.seed} {match_id}"


def _read(wanted: Wanted, file: Path) -> _Match:
    """A file as what is to be told. Raises UnreadableFile, UsageError."""
    name = check_match_id(wanted.match or f"{match_id_of(file)[:110]}-sim")
    provider = wanted.provider
    try:
        raws = [_forge.minified(m) for m in provider.split(read_payload(file)) if isinstance(m, bytes)]
    except UnreadableFile as exc:
        raise UnreadableFile(f"{file}: {exc}") from None
    messages = timeline(provider, raws)
    if not messages:
        raise UnreadableFile(f"{file} holds no event.")
    raws = [m.raw for m in messages]
    if not _are(provider, raws[:1], raws[0]):
        raise UsageError(f"{file}: a single message of the format '{provider.name}' cannot be told on its own.")
    if wanted.poll_port is not None and not _are(provider, raws, document(raws)):
        raise UsageError(f"{file}: the format '{provider.name}' cannot be put together to a document for --poll-port.")
    return _Match(
        id=name,
        file=file,
        messages=messages,
        lines=_are(provider, raws, b"\n".join(raws)),
        ended=_has_ended(provider, raws),
        plans=[plan(provider, messages, wanted.rates, _seed(wanted, name), c) for c in range(wanted.connections)],
    )


def _are(provider: Provider, raws: Sequence[bytes], payload: bytes) -> bool:
    """Would the provider cut this payload into these messages?"""
    try:
        return list(provider.split(payload)) == list(raws)
    except UnreadableFile:
        return False


def _has_ended(provider: Provider, raws: Sequence[bytes]) -> bool:
    options = provider.stream_options(list(raws))
    events = [e for e in (_forge.decoded(provider, raw, options) for raw in raws) if e is not None]
    last = max(events, key=lambda e: (e.period, e.order_key, e.source_event_id), default=None)
    return last is not None and provider.tells_a_whole_match(last.type, last.period, last.elapsed_s)


async def _create(target: Target, provider: Provider, match: _Match) -> None:
    """Make the match as a simulation. Raises UsageError when there is one of another origin, TargetRefuses."""
    found = await target.ask("GET", f"/v1/matches/{match.id}", Pushed())
    if found.status_code == 200:
        origin = found.json()["origin"]
        if origin != ORIGIN:
            raise UsageError(
                f"There is a match '{match.id}' already, and its origin is {origin}: give another id with --match."
            )
        return
    about = {"id": match.id, "sport": provider.sport, "origin": ORIGIN, "kickoff_at": datetime.now(UTC)}
    await _say_of(target, about, Pushed())


async def _say_of(target: Target, about: dict[str, Any], pushed: Pushed) -> None:
    answer = await target.ask("POST", "/v1/matches", pushed, msgspec.json.encode(about))
    if answer.status_code != 200:
        raise TargetRefuses(f"/v1/matches answers {answer.status_code}: {detail_of(answer)}")


async def _tell_all(
    wanted: Wanted, target: Target, matches: list[_Match], documents: Documents | None, quiet: bool
) -> list[Told]:
    every = sum(len(p.sends) for m in matches for p in m.plans)
    with bar("simulation", quiet) as progress:
        gone = 0

        def went(count: int) -> None:
            nonlocal gone
            gone += count
            progress(gone, every)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_tell(wanted, target, m, documents, went)) for m in matches]
    return [t.result() for t in tasks]


async def _tell(
    wanted: Wanted, target: Target, match: _Match, documents: Documents | None, went: Callable[[int], None]
) -> Told:
    """One match over all of its connections; the documents follow the first one."""
    path = f"/v1/feeds/{wanted.provider.name}/{match.id}"
    senders = [
        Sender(target, path if c == 0 else f"{path}?connection=sim-{c}", match.lines) if wanted.push else None
        for c in range(wanted.connections)
    ]
    growing = None if documents is None else documents.growing[f"/{wanted.provider.name}/{match.id}"]
    async with asyncio.TaskGroup() as group:
        for number, (sender, told) in enumerate(zip(senders, match.plans, strict=True)):
            group.create_task(_deliver(told, sender, growing if number == 0 else None, wanted.speed, went))
    pushed = Pushed()
    problems = Problems()
    for sender in filter(None, senders):
        pushed.add(sender.pushed)
        problems.add(sender.problems)
    if wanted.push and match.ended:
        await _say_of(target, {"id": match.id, "origin": ORIGIN, "status": "finished"}, pushed)
    faults = {name: sum(p.faults[name] for p in match.plans) for name in match.plans[0].faults}
    sends = sum(len(p.sends) for p in match.plans)
    return Told(match.id, str(match.file), len(match.messages), sends, pushed, faults, problems.lines())


async def _deliver(
    told: Plan, sender: Sender | None, growing: Growing | None, speed: float | None, went: Callable[[int], None]
) -> None:
    """Every send when the match clock has come to it; what fell due meanwhile goes in one body, in its order."""
    loop = asyncio.get_running_loop()
    began, at, sends = loop.time(), 0, told.sends
    while at < len(sends):
        now_s = float("inf") if speed is None else (loop.time() - began) * speed
        end = at
        while end < len(sends) and sends[end].due_s <= now_s and end - at < MOST_IN_ONE_BODY:
            end += 1
            if sends[end - 1].cut is not None:
                break
        if end == at:
            await asyncio.sleep(min((sends[at].due_s - now_s) / (speed or 1.0), LONGEST_STEP_S))
            continue
        batch = sends[at:end]
        pushed = [s for s in batch if not s.poll_only]
        if sender is not None and pushed:
            await sender.send(pushed)
        if growing is not None:
            for send in batch:
                growing.apply(send)
        went(len(batch))
        at = end


def _summary(seed: int, told: list[Told], documents: Documents | None) -> Simulated:
    pushed = Pushed()
    for match in told:
        pushed.add(match.pushed)
    faults = {name: sum(m.faults[name] for m in told) for name in told[0].faults}
    return Simulated(seed, told, pushed, faults, None if documents is None else documents.served)


def lines_of(done: Simulated) -> list[str]:
    """A simulation for a person."""
    lines = []
    for m in done.matches:
        p = m.pushed
        lines.append(
            f"{m.match}: {m.messages} messages of the file in {m.sends} sends; {p.sent} sent, {p.appended} appended, "
            f"{p.repeated} repeated, {p.quarantined} in quarantine, {p.refused} refused; "
            f"{p.answers_429} × 429, {p.answers_503} × 503, {p.retries} retries."
        )
        lines += [f"  not read: {problem}" for problem in m.problems]
    put_in = ", ".join(f"{count} {name}" for name, count in done.faults.items() if count)
    lines.append(f"Faults with seed {done.seed}: {put_in or 'none'}.")
    if done.documents is not None:
        lines.append("Everything is told; the documents are served whole until this is stopped.")
    return lines

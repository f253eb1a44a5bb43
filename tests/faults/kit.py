"""What every fault test ends with: listeners that reconnect, and the judgement over log, scores and frames."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.db import embedded
from app.settings import Settings
from tests.faults.load import Sender, Story
from tests.running import PATIENCE_S, ROOT, Running, environment, free_port, touchline, until
from tests.sse import Sent, Stream

# Short waits, so that a fault and its end are seen soon.
SETTINGS: dict[str, Any] = {"heartbeat_s": 0.3, "poll_s": 0.5, "lease_s": 1.5}


def chance() -> random.Random:
    """Random moments; the seed is in the output of a test that fails."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


class Listener(threading.Thread):
    """A subscriber that reconnects with its last id for as long as the test lasts, and keeps every frame.

    `runs`: what came after each first snapshot or `resync`, as (seq of the snapshot, frames).
    """

    def __init__(self, port: int, *matches: str, delay_ms: int = 0) -> None:
        super().__init__(daemon=True)
        self.matches = matches
        self.runs: list[tuple[int, list[Sent]]] = []
        self.connects = 0
        self.resyncs = 0
        self.told: list[dict[str, Any]] = []  # what each resync said of itself
        self.last_id: str | None = None
        self.wrong = ""
        self._anew = True
        self._port = port
        self._query = "&".join([*(f"match={m}" for m in matches), f"delay_ms={delay_ms}"])
        self._finished = threading.Event()

    def run(self) -> None:
        while not self._finished.is_set() and not self.wrong:
            try:
                stream = Stream(self._port, self._query, self.last_id, patience_s=20)
            except OSError:
                time.sleep(0.05)
                continue
            try:
                self._listen(stream)
            except (OSError, ValueError, IndexError):
                pass  # cut in the middle of a line or of the head
            except AssertionError as exc:
                # A stream that is cut ends in the middle of a frame; anything else is against its grammar.
                if "cut in the middle" not in str(exc):
                    self.wrong = str(exc) or "a frame against the grammar"
            finally:
                stream.close()
            time.sleep(0.05)

    def _listen(self, stream: Stream) -> None:
        if stream.open().status != 200:
            return
        self.connects += 1
        while not self._finished.is_set() and (sent := stream.next()) is not None:
            if sent.event != "comment":
                self.take(sent)

    def take(self, sent: Sent) -> None:
        """Keep one frame."""
        if sent.event == "resync":
            self.resyncs += 1
            self.told.append(sent.data)
            self._anew = True
        elif sent.event == "snapshot":
            # Of several matches, snapshots come one after the other, all as of one place.
            if self._anew:
                self.runs.append((sent.seq, []))
                self._anew = False
            assert (sent.seq, self.runs[-1][1]) == (self.runs[-1][0], []), "a snapshot in the middle"
        else:
            self.runs[-1][1].append(sent)
        self.last_id = sent.id

    @property
    def seq(self) -> int:
        """How far it has come."""
        return int(self.last_id.rpartition("-")[2]) if self.last_id else 0

    def end(self) -> None:
        """Hang up, at the next frame or comment."""
        self._finished.set()


def judge(
    dsn: str, senders: Sequence[Sender], listeners: Sequence[Listener], *, resyncs: int = 0, steady_clock: bool = True
) -> None:
    """Wait until everything is scored and heard, then hold it against what was acknowledged.

    Every acknowledged message is in the log exactly once, and nothing else; versions are gapless in order of
    recording; every effective one was published once, commit after commit; `verify` finds no difference; every listener got each frame
    published after its snapshot once and in order. resyncs: how many explicit ones there may be in all.
    steady_clock: times of recording never go back.
    """
    for sender in senders:
        sender.finish()
    matches = sorted({m for s in senders for m in s.acknowledged})
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        until(lambda: not _waiting(connection, matches), PATIENCE_S)
        heads = {m: _published(connection, (m,))[-1]["pub_seq"] for m in matches}
        for listener in listeners:
            goal = max(heads[m] for m in listener.matches)
            until(lambda goal=goal, listener=listener: listener.seq >= goal or listener.wrong)
            assert not listener.wrong, listener.wrong
            listener.end()
        for listener in listeners:
            listener.join(30)
            assert not listener.is_alive()
        for match in matches:
            _judge_log(connection, match, {m for s in senders for m in s.acknowledged.get(match, [])}, steady_clock)
        for listener in listeners:
            judge_frames(connection, listener)
            assert any(frames for _, frames in listener.runs), "it has heard nothing but a snapshot"
    assert sum(listener.resyncs for listener in listeners) <= resyncs, [listener.told for listener in listeners]
    verified = touchline("verify", "--json", database_url=dsn)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["differing"] == 0
    assert {v["match"] for v in json.loads(verified.stdout)["matches"]} >= set(matches)


def _waiting(connection: psycopg.Connection[Any], matches: list[str]) -> list[Any]:
    return connection.execute(
        "SELECT m.match_id, m.version, c.version, c.parked_reason FROM log.match m JOIN ops.cursor c USING (match_id) "
        "WHERE c.pipeline = 'live' AND m.match_id = ANY (%s) AND c.version < m.version",
        [matches],
    ).fetchall()


def _judge_log(connection: psycopg.Connection[Any], match: str, acknowledged: set[bytes], steady_clock: bool) -> None:
    rows = connection.execute(
        "SELECT version, recorded_at, source_event_id, raw, effective FROM log.feed_event WHERE match_id = %s "
        "ORDER BY version",
        [match],
    ).fetchall()
    assert rows, f"nothing was sent to {match}"
    logged = [(r["source_event_id"], bytes(r["raw"])) for r in rows]
    told = {(json.loads(m)["id"], m) for m in acknowledged}
    assert sorted(told - set(logged)) == [], "acknowledged, and not in the log"
    assert sorted(set(logged) - told) == [], "in the log, and never acknowledged"
    assert len(logged) == len(set(logged)), "in the log twice"
    assert [r["version"] for r in rows] == list(range(1, len(rows) + 1))
    times = [r["recorded_at"] for r in rows]
    assert times == sorted(times) or not steady_clock
    head = connection.execute("SELECT version FROM log.match WHERE match_id = %s", [match]).fetchone()
    assert head == {"version": len(rows)}
    said = [r for r in _published(connection, (match,)) if r["event"] == "event"]
    said = [r["version"] for r in said]
    due = [r["version"] for r in rows if r["effective"]]
    odd = [(at, s, d) for at, (s, d) in enumerate(zip_longest(said, due)) if s != d]
    assert not odd, f"published otherwise than once each, in order; (place, published, due) from {odd[:8]}"


def _published(connection: psycopg.Connection[Any], matches: tuple[str, ...]) -> list[dict[str, Any]]:
    return connection.execute(
        "SELECT pub_seq, published_at, event, version, body FROM signal.publication WHERE match_id = ANY (%s) ORDER BY pub_seq",
        [list(matches)],
    ).fetchall()


def judge_frames(connection: psycopg.Connection[Any], listener: Listener) -> None:
    """Every frame published after the listener's snapshot, once, in order, as it was published."""
    stored = _published(connection, listener.matches)
    assert listener.runs, "it has never heard a snapshot"
    assert len(listener.runs) == 1 + listener.resyncs
    for number, (begin, frames) in enumerate(listener.runs):
        last = number == len(listener.runs) - 1
        end = stored[-1]["pub_seq"] if stored and last else (frames[-1].seq if frames else begin)
        due = [r for r in stored if begin < r["pub_seq"] <= end]
        heard = [f.seq for f in frames]
        assert heard == [r["pub_seq"] for r in due], (
            f"missed {sorted({r['pub_seq'] for r in due} - set(heard))}, "
            f"repeated {sorted({s for s in heard if heard.count(s) > 1})}, "
            f"unknown {sorted(set(heard) - {r['pub_seq'] for r in due})}"
        )
        for frame, row in zip(frames, due, strict=True):
            body = {k: v for k, v in frame.data.items() if k not in ("published_at", "processing_ms")}
            assert (frame.event, body) == (row["event"], json.loads(row["body"]))


@contextmanager
def load(
    port: int, at: random.Random, matches: Sequence[str], *, listeners: Sequence[Listener] = (), pace_s: float = 0.01
) -> Iterator[tuple[Sender, list[Listener]]]:
    """A sender on all of these matches, and listeners: one on each, one on all. Everything is known and scored to
    begin with; the sender has then already sent a little."""
    sender = Sender(port, [Story(m, random.Random(at.random())) for m in matches], at, pace_s=pace_s)
    sender.start()
    until(lambda: sender.count >= 4 * len(matches) or sender.wrong)
    hearing = [Listener(port, m) for m in matches] + [Listener(port, *matches), *listeners]
    for listener in hearing:
        listener.start()
    until(lambda: all(h.runs for h in hearing))
    try:
        yield sender, hearing
    finally:
        for thread in (sender, *hearing):
            thread.end()


@contextmanager
def command(*arguments: str, log: Path, **settings: object) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m app …` in the background. Killed at the end, also when it is stopped."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


class Own:
    """A running service with its embedded cluster."""

    def __init__(self, running: Running, home: Path) -> None:
        self.running = running
        self._settings = Settings(home=str(home))

    @property
    def postmaster(self) -> int:
        """The process id of the server; 0 while there is none."""
        return embedded.status(self._settings).pid or 0

    @property
    def dsn(self) -> str:
        """The service's database."""
        return until(lambda: embedded.status(self._settings).dsn)

    def server_log(self) -> str:
        """What the server has said."""
        folder = embedded.status(self._settings).log_folder
        assert folder is not None
        return "".join(f.read_text(errors="replace") for f in folder.glob("*.log"))


class Fleet:
    """One API and any number of workers, each a process that nobody starts again."""

    def __init__(self, dsn: str, made: ExitStack, log: Path, **settings: Any) -> None:
        self.port = free_port()
        self.log = log
        self._dsn = dsn
        self._made = made
        self._settings = {**SETTINGS, **settings, "database_url": dsn, "port": self.port}
        self._start("serve")

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        return self._made.enter_context(command(name, log=self.log, **self._settings))

    def worker(self) -> subprocess.Popen[bytes]:
        """One more, once it lives. Those that are stopped meanwhile do not count, so it is looked for by its process id."""
        process = self._start("work")
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            until(lambda: _lives(connection, process.pid))
        return process


def _lives(connection: psycopg.Connection[Any], pid: int) -> bool:
    rows = connection.execute("SELECT worker_id FROM ops.worker").fetchall()
    return any(int(worker.split(":")[-2]) == pid for (worker,) in rows)


@contextmanager
def fleet(dsn: str, **settings: object) -> Iterator[Fleet]:
    """An API, to which workers are added."""
    with tempfile.TemporaryDirectory(prefix="touchline-fleet-") as folder, ExitStack() as made:
        yield Fleet(dsn, made, Path(folder) / "log", **settings)


def owners(connection: psycopg.Connection[Any], matches: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Of each match: the process id of who holds its lease (0: nobody), the epoch of the lease, the scored version."""
    rows = connection.execute(
        "SELECT match_id, lease_owner, lease_epoch, version FROM ops.cursor WHERE pipeline = 'live' AND match_id = ANY (%s)",
        [list(matches)],
    ).fetchall()
    return {m: (int(owner.split(":")[-2]) if owner else 0, epoch, version) for m, owner, epoch, version in rows}

"""A database, an API and workers that nobody starts again: for benches that end workers themselves."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.bench.kit import processes
from tests.bench.kit.report import say
from tests.bench.kit.service import (
    READY_S,
    ROOT,
    STOP_S,
    Database,
    Front,
    NotStarted,
    database,
    environment,
    free_port,
    stop,
    tail,
    touchline,
    wait_ready,
)

Process = subprocess.Popen[bytes]
ALIVE = "SELECT worker_id FROM ops.worker WHERE seen_at > clock_timestamp() - INTERVAL '2.5 seconds'"
HOLDERS = """
SELECT match_id, lease_owner, version FROM ops.cursor
WHERE pipeline = 'live' AND lease_expires_at > clock_timestamp()
"""
LOOK_S = 0.02
TOLD = 2000


class Fleet(Front):
    """The API runs, workers are added and ended one by one. alive: those that were not ended."""

    def __init__(self, base: Database) -> None:
        super().__init__(free_port(), Path(base.settings.home) / "service.log")
        self.dsn = base.dsn
        self.data_folder = base.data_folder
        self._postmaster = base.postmaster
        self.alive: list[Process] = []
        self._ended_s = 0.0
        self.api = self._start(touchline("serve"))

    def _start(self, command: Sequence[str]) -> Process:
        with self.log.open("ab") as out:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(database_url=self.dsn, port=self.port, log_level="warning"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=out,
                start_new_session=True,
            )

    def worker(self, command: Sequence[str] | None = None) -> Process:
        """One more worker, alive when this returns. command: another program than `touchline work`."""
        process = self._start(command or touchline("work"))
        self.alive.append(process)
        end = time.monotonic() + READY_S
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            while process.pid not in {pid_of(worker) for (worker,) in connection.execute(ALIVE)}:
                if time.monotonic() > end or process.poll() is not None:
                    raise NotStarted(f"a worker did not start: {tail(self.log)}")
                time.sleep(LOOK_S)
        return process

    def strike(self, process: Process, how: signal.Signals) -> float:
        """Send a worker its end without waiting for it; the moment (monotonic)."""
        self.alive.remove(process)
        self._ended_s += processes.cpu_s([process.pid])
        process.send_signal(how)
        return time.monotonic()

    def end(self, process: Process) -> None:
        """End a worker in good order."""
        self.strike(process, signal.SIGTERM)
        process.wait(STOP_S)

    def kinds(self) -> dict[str, list[int]]:
        """The ids of all processes that live: `api`, `worker`, `postgres`."""
        postgres = processes.family(self._postmaster, processes.children())
        return {"api": [self.api.pid], "worker": [w.pid for w in self.alive], "postgres": postgres}

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of each kind of process since it began, those of workers that were ended with them."""
        spent = {kind: processes.cpu_s(pids) for kind, pids in self.kinds().items()}
        return {**spent, "worker": spent["worker"] + self._ended_s}

    def verify(self) -> None:
        """Compute every match anew beside what is stored. Raises SystemExit when anything differs."""
        done = subprocess.run(
            touchline("verify", "--json"),
            cwd=ROOT,
            env=environment(database_url=self.dsn, log_level="warning"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1) or not done.stdout.strip():
            raise SystemExit(f"verify failed ({done.returncode}): {done.stderr[-TOLD:]}")
        verdict = json.loads(done.stdout)
        if verdict["differing"]:
            wrong = [v for v in verdict["matches"] if v["differences"]]
            raise SystemExit(f"{len(wrong)} matches differ: {json.dumps(wrong)[:TOLD]}")

    def stop(self) -> None:
        """End everything that was started."""
        stop([*self.alive, self.api])


class Holder(NamedTuple):
    """Who has a match: the process id of the worker, and the log version to which the match is scored."""

    pid: int
    version: int


def holders(connection: psycopg.Connection) -> dict[str, Holder]:
    """Of each match; one without a lease that holds is left out."""
    return {match: Holder(pid_of(owner), version) for match, owner, version in connection.execute(HOLDERS)}


def pid_of(worker_id: str) -> int:
    """A worker is named by its host, its process and chance."""
    return int(worker_id.split(":")[-2])


@contextmanager
def fleet(workers: int = 1) -> Iterator[Fleet]:
    """A database of its own, an API and so many workers, ready. Everything is gone afterwards."""
    with database() as base:
        found = Fleet(base)
        try:
            for _ in range(workers):
                found.worker()
            wait_ready(found.port, found.api)
            yield found
        except (Exception, SystemExit):
            say(f"the end of the service's log:\n{tail(found.log)}")
            raise
        finally:
            found.stop()

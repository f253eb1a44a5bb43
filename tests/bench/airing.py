"""A new version of a signal filled, promoted and rolled back in the middle of a match day: what the air notices of it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.kit.machine import machine
from tests.bench.kit.matchday import CLIENTS, MATCHES, MatchDay, Phase
from tests.bench.kit.report import Figures, main, parser, say
from tests.bench.kit.service import ROOT, Service, environment, service, touchline
from tests.bench.kit.subscribers import Subscribers
from tests.bench.kit.workload import files

RATE_PER_S = 50.0
SIGNAL = "momentum"
PATIENCE_S = 600


@contextmanager
def next_version() -> Iterator[Path]:
    """A copy of the code in which the signal is one version further."""
    folder = Path(tempfile.mkdtemp(prefix="touchline-airing-"))
    try:
        for part in ("app", "sql", "migrations", "analytics"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "alembic.ini", folder)
        file = folder / "app" / "sports" / "soccer" / "signals" / f"{SIGNAL}.py"
        text = file.read_text(encoding="utf-8")
        version = int(text.partition("version=")[2].partition(",")[0])
        changed = text.replace(f"version={version},", f"version={version + 1},").replace("= 180.0", "= 240.0")
        file.write_text(changed, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Engineer(threading.Thread):
    """Deploys, compares, promotes and rolls back. steps: seconds each took."""

    def __init__(self, running: Service, folder: Path) -> None:
        super().__init__(daemon=True)
        self._dsn = running.dsn
        self._folder = folder
        self.steps: dict[str, float] = {}
        self.told: dict[str, Any] = {}
        self.failed = ""

    def run(self) -> None:
        for name, arguments in (
            ("deploy", ["deploy", SIGNAL, "--shadow"]),
            ("promote", ["promote", SIGNAL]),
            ("rollback", ["rollback", SIGNAL]),
        ):
            began = time.monotonic()
            done = subprocess.run(
                touchline("signals", *arguments, "--json"),
                cwd=self._folder,
                env=environment(database_url=self._dsn),
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
            self.steps[name] = round(time.monotonic() - began, 2)
            if done.returncode:
                self.failed = f"{name}: {done.stderr.strip()}"
                return
            self.told[name] = json.loads(done.stdout)


def _history(running: Service, count: int) -> int:
    """Matches of the past, which the new version has to be filled with."""
    chosen, _ = files(count, every_provider=False)
    folder = Path(tempfile.mkdtemp(prefix="touchline-history-"))
    try:
        paths = []
        for file in chosen:
            link = folder / f"past-{file.id}{''.join(file.path.suffixes)}"
            os.symlink(file.path, link)
            paths.append(str(link))
        subprocess.run(
            touchline("ingest", chosen[0].provider, *paths, "--json"),
            cwd=ROOT,
            env=environment(database_url=running.dsn, log_level="warning"),
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=True,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return len(chosen)


def measure(given: argparse.Namespace) -> Figures:
    """As long before, during and after, at 50 events/s."""
    phases = [Phase(RATE_PER_S, given.seconds), Phase(RATE_PER_S, 2 * given.seconds), Phase(RATE_PER_S, given.seconds)]
    with service() as running, next_version() as folder, Subscribers(running.port) as clients:
        past = _history(running, given.history)
        say(f"{past} matches of the past are in the log")
        day = MatchDay(running, phases)
        day.prepare(clients)
        engineer = Engineer(running, folder)
        played = [day.play(phases[0], clients)]
        engineer.start()
        played.append(day.play(phases[1], clients))
        still_at_work = engineer.is_alive()
        engineer.join(PATIENCE_S)
        played.append(day.play(phases[2], clients))
        day.finish(clients)
        if engineer.failed:
            raise SystemExit(f"the engineer failed: {engineer.failed}")
        before, during, after = (day.figures(p)[0] for p in played)
        names = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
        return {
            "bench": "airing",
            **{f"before_{name}": before[name] for name in names},
            **{f"during_{name}": during[name] for name in names},
            **{f"after_{name}": after[name] for name in names},
            "missing": sum(p["missing"] for p in (before, during, after)),
            "repeated": sum(p["repeated"] for p in (before, during, after)),
            "steps_s": engineer.steps,
            "went_on_after_the_phase": still_at_work,
            "filled_events": engineer.told["deploy"]["filled"]["events_done"],
            "filled_matches": engineer.told["deploy"]["filled"]["done"],
            "made_ready_s": engineer.told["promote"]["ready_after_s"],
            "workload": day.workload,
            "matches": MATCHES,
            "clients": CLIENTS,
            "matches_of_the_past": past,
            "resyncs": day.resyncs,
            "cut": day.cut,
            "service_log": running.complaints(),
            "phases": [before, during, after],
            **machine(running.dsn, running.data_folder),
        }


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=30.0, help="before and after; twice that during (30)")
    options.add_argument("--history", type=int, default=20, help="matches that are in the log already (20)")
    main(measure, options)

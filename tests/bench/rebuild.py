"""300 matches computed anew from the log and compared with what is stored (`touchline verify`): events a second."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import time
from pathlib import Path

from tests.bench.kit import processes, store
from tests.bench.kit.machine import machine
from tests.bench.kit.report import Figures, main, parser, say
from tests.bench.kit.service import ROOT, Database, database, environment, touchline
from tests.bench.kit.workload import File, files

INGESTS = 2
TOLD = 2000


def measure(given: argparse.Namespace) -> Figures:
    """Bring the matches in, which is not timed, then verify all of them."""
    chosen, told = files(given.matches, every_provider=True)
    with database() as base:
        ingested_s = _ingest(base, chosen)
        events = store.log_events(base.dsn)
        say(f"{len(chosen)} matches, {events:,} events brought in after {ingested_s:.0f} s; verifying")
        postgres = _postgres_s(base)
        began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        output = _run(base, "verify", "--json")
        seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        verdict = json.loads(output)
        if verdict["differing"]:
            wrong = [v for v in verdict["matches"] if v["differences"]]
            raise SystemExit(f"{len(wrong)} matches differ: {json.dumps(wrong)[:TOLD]}")
        return {
            "bench": "rebuild",
            "events_per_s": store.shown(seconds, events, "verify"),
            "events": events,
            "seconds": round(seconds, 2),
            "matches": len(chosen),
            "points": verdict["points"],
            "differing": verdict["differing"],
            "digest": verdict["digest"],
            "workload": told,
            "ingest_s": round(ingested_s, 1),
            "ingest_events_per_s": round(events / ingested_s, 1),
            "cpu_s": {
                "verify": round(used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime, 2),
                "postgres": round(_postgres_s(base) - postgres, 2),
            },
            "largest_process_mb": round(used.ru_maxrss / 1024, 1),
            "stages": {},
            **machine(base.dsn, base.data_folder),
        }


def _postgres_s(base: Database) -> float:
    return processes.cpu_s(processes.family(base.postmaster, processes.children()))


def _ingest(base: Database, chosen: list[File]) -> float:
    """Every file under the id of its match, in two processes at once. Raises SystemExit when one is refused."""
    folder = Path(base.settings.home) / "files"
    folder.mkdir()
    shares: dict[tuple[str, int], list[str]] = {}
    for number, file in enumerate(chosen):
        # The id of a match is the name of its file.
        link = folder / f"{file.id}{''.join(file.path.suffixes)}"
        link.symlink_to(file.path)
        shares.setdefault((file.provider, number % INGESTS), []).append(str(link))
    say(f"bringing in {len(chosen)} matches")
    began = time.monotonic()
    running = [_start(base, "ingest", provider, *paths, "--json") for (provider, _), paths in shares.items()]
    try:
        for process in running:
            _finish(process)
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    return time.monotonic() - began


def _start(base: Database, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        touchline(*arguments),
        cwd=ROOT,
        env=environment(database_url=base.dsn, log_level="warning"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finish(process: subprocess.Popen[str]) -> str:
    """Its output. Exit 1 with an output is a verdict: matches differ."""
    out, error = process.communicate()
    if process.returncode not in (0, 1) or not out.strip():
        raise SystemExit(f"{process.args} failed ({process.returncode}): {error[-TOLD:]}")
    return out


def _run(base: Database, *arguments: str) -> str:
    process = _start(base, *arguments)
    try:
        return _finish(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--matches", type=int, default=300, help="how many (300)")
    main(measure, options)

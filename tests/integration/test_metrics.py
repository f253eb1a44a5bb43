"""Counters in `/metrics`: every worker's are series of its own, so that none begins anew when another worker ends."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests import running
from tests.running import PATIENCE_S, ROOT, TINY, environment, until

COUNTERS = re.compile("touchline_(stage_seconds|stage_count|scored_|parked_|lease_lost_|database_lost_|signal_)")
OF_THE_API = {"decode", "append", "tail", "write"}
Series = dict[tuple[str, str, str], float]


def counters(http: httpx.Client) -> Series:
    """The series by name, worker and stage."""
    found: Series = {}
    for family in text_string_to_metric_families(http.get("/metrics").text):
        for sample in family.samples:
            if family.type == "counter" and COUNTERS.match(sample.name):
                key = (sample.name, sample.labels.get("worker", ""), sample.labels.get("stage", ""))
                assert key not in found
                found[key] = sample.value
    return found


def scored(series: Series) -> dict[str, float]:
    """Events by worker."""
    return {w: value for (name, w, _), value in series.items() if name == "touchline_scored_events_total"}


def test_a_worker_that_ends_takes_its_own_counts_along_and_no_others(
    make_database: Callable[[], str], tmp_path: Path
) -> None:
    dsn = make_database()
    with running.service(database_url=dsn, lease_s=1.0) as found, (tmp_path / "log").open("wb") as log:
        second = subprocess.Popen(
            [sys.executable, "-m", "app", "work"],
            cwd=ROOT,
            env=environment(database_url=dsn, lease_s=1.0),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: len(scored(counters(found.http))) == 2)
            pushed = 0

            def both_have_scored() -> bool:
                nonlocal pushed
                found.push(f"shared-{pushed}", TINY.read_bytes())
                pushed += 1
                return all(scored(counters(found.http)).values())

            until(both_have_scored)
            for number in range(pushed):
                found.scored(f"shared-{number}")
            # Reports come with a heartbeat; every event was scored by one of the two.
            events = pushed * len(TINY.read_bytes().splitlines())
            until(lambda: sum(scored(counters(found.http)).values()) >= events)
            before = counters(found.http)
            gone = next(w for w in scored(before) if w.split(":")[1] == str(second.pid))
            second.terminate()
            assert second.wait(PATIENCE_S) == 0
        finally:
            second.kill()
        until(lambda: len(scored(counters(found.http))) == 1)
        after = counters(found.http)
    assert not [key for key in after if key[1] == gone]
    left = {key: value for key, value in before.items() if key[1] != gone}
    assert left.keys() <= after.keys()
    assert all(after[key] >= value for key, value in left.items())
    # What is told of a stage is of a worker, or of the API that was asked.
    assert {stage for (_, worker, stage) in after if not worker} <= OF_THE_API
    assert {stage for (_, worker, stage) in after if worker} >= {"", "claim", "fold", "commit"}

"""What `touchline doctor` says of the rollups: do they wait for somebody, and do the policies of the Community edition run?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.db.doctor import Finding
from app.db.sql import query
from app.settings import Settings
from app.warehouse.looked import looked

# A minute that is being played is refreshed after a minute at the latest, and the worker looks every two seconds.
_LONGEST_S = 180.0
_NEEDED = {"policy_refresh_continuous_aggregate": "refresh", "policy_compression": "compression"}


def rollups(settings: Settings) -> Iterator[Finding]:
    """The findings; none where there is no database to be reached, or none with rollups: that is said elsewhere."""
    return looked(settings, "rollups", "rollup.closed", findings)


def findings(connection: psycopg.Connection) -> Iterator[Finding]:
    """Of a database with rollups."""

    def rows(name: str) -> list[dict[str, Any]]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query(name)).fetchall()  # pyright: ignore  (a file of ours)

    waiting = rows("rollups_wait")[0]
    jobs = rows("rollup_policies")
    yield _waiting(waiting, next((j["job_id"] for j in jobs if j["proc_name"] == "drain"), None))
    for rollup in rows("rollups_open"):
        advice = (
            "A worker stores the minutes that are over. If one runs, a transaction is open for long: "
            "SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start LIMIT 3;"
        )
        ok = None if rollup["is_late"] and not waiting["is_worked"] else not rollup["is_late"]
        value = f"stored up to {rollup['upto']:%Y-%m-%d %H:%M}"
        yield Finding("rollups", rollup["rollup"], value, ok, "" if ok else advice)
    yield from _policies(jobs, [r["name"] for r in rows("rollup_aggregates")])


def _waiting(found: dict[str, Any], job: int | None) -> Finding:
    if found["oldest_s"] <= _LONGEST_S:
        return Finding("rollups", "waiting", f"{found['waiting']} touched minutes", True)
    value = f"{found['waiting']} touched minutes, the oldest for {found['oldest_s']:.0f} s"
    advice = "Readers are right, and slower: they compute what waits. "
    if not found["is_worked"]:
        return Finding("rollups", "waiting", value, None, advice + "`touchline work` or `touchline up` stores it.")
    advice += "A worker runs: its log says why it does not store it"
    advice += (
        "." if job is None else f", or that its role may not and leaves it to job {job}: CALL run_job({job}); tries it."
    )
    return Finding("rollups", "waiting", value, False, advice)


def _policies(jobs: list[dict[str, Any]], aggregates: list[str]) -> Iterator[Finding]:
    if not aggregates and not jobs:
        yield Finding("rollups", "policies", "none: on the Apache edition the worker does it all")
        return
    healthy = 0
    for job in jobs:
        name = f"{job['proc_name'].removeprefix('policy_')} of {job['name']}"
        number = job["job_id"]
        if not job["scheduled"]:
            yield Finding("rollups", name, "switched off", False, f"SELECT alter_job({number}, scheduled => true);")
        elif job["last_run_status"] == "Failed":
            good = job["last_successful_finish"]
            since = f"{good:%Y-%m-%d %H:%M}" if hasattr(good, "year") else "never"
            advice = (
                f"timescaledb_information.job_errors says why, for job {number}. CALL run_job({number}); tries again."
            )
            yield Finding("rollups", name, f"failed; last done well: {since}", False, advice)
        elif job["is_late"]:
            ran = job["last_run_started_at"]
            since = f"{ran:%Y-%m-%d %H:%M}" if hasattr(ran, "year") else "never"
            advice = "The server runs no background jobs: look at timescaledb.max_background_workers and max_worker_processes."
            yield Finding("rollups", name, f"has not run in time; last: {since}", False, advice)
        elif job["due"] and job["is_behind"]:
            value = f"{job['due']} chunks are due and none was done lately"
            advice = f"CALL run_job({number}); does it now. It may have been stopped again and again: look at the server's log."
            yield Finding("rollups", name, value, False, advice)
        else:
            healthy += 1
    if aggregates and not any(job["proc_name"] == "drain" for job in jobs):
        advice = (
            "Where no worker is of the owner, nobody stores what commits touch. As the owner: `touchline db migrate`."
        )
        yield Finding("rollups", "drain of the rollups", "no job", None, advice)
    for aggregate in aggregates:
        has = {job["proc_name"] for job in jobs if job["name"] == aggregate}
        for needed, word in _NEEDED.items():
            if needed not in has:
                advice = "The worker goes on refreshing it. Add the policy as app/warehouse/rollup_install.py does."
                yield Finding("rollups", f"{word} of {aggregate}", "no policy", False, advice)
    yield Finding("rollups", "policies", f"{healthy} of {len(jobs)} in order", healthy == len(jobs) or None)

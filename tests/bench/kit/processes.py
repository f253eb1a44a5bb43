"""CPU seconds and memory of processes, from /proc (Linux). A process that is gone counts nothing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children() -> dict[int, list[int]]:
    """The processes of this machine by their parent."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            found.setdefault(int(fields[1]), []).append(int(name))
    return found


def family(pid: int, tree: Mapping[int, list[int]]) -> list[int]:
    """A process and all that descend from it."""
    return [pid, *(p for child in tree.get(pid, []) for p in family(child, tree))]


def command(pid: int) -> list[str]:
    """Its command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time of these processes, and of those children of theirs that have ended, seconds."""
    ticks = sum(sum(int(t) for t in fields[11:15]) for pid in pids if (fields := _stat(pid)))
    return ticks / _TICKS_PER_S


def memory_mb(pids: Iterable[int]) -> dict[str, float]:
    """Resident memory: `private` of all together, and the largest `shared` part, which is the same for all, MiB."""
    private = shared = 0.0
    for pid in pids:
        lines = {}
        try:
            text = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        lines = {k: v for k, _, v in (line.partition(":") for line in text.splitlines())}
        private += _kib(lines.get("RssAnon", "")) / 1024
        shared = max(shared, _kib(lines.get("RssShmem", "")) / 1024)
    return {"private": round(private, 1), "shared": round(shared, 1)}


def _kib(text: str) -> int:
    return int(text.split()[0]) if text.strip() else 0


class MemoryOverTime:
    """Samples the memory of each kind of process in a thread of its own while the block runs."""

    def __init__(self, kinds: Callable[[], Mapping[str, list[int]]], every_s: float = 1.0) -> None:
        self._kinds = kinds
        self._every_s = every_s
        self._samples: list[tuple[float, dict[str, float]]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> MemoryOverTime:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._sample()
            if self._over.wait(self._every_s):
                self._sample()
                return

    def _sample(self) -> None:
        row: dict[str, float] = {}
        for kind, pids in self._kinds().items():
            found = memory_mb(pids)
            row[kind] = found["private"]
            if kind == "postgres":
                row["postgres_shared"] = found["shared"]
        self._samples.append((time.monotonic() - self._began, row))

    def report(self) -> dict[str, dict[str, float]]:
        """For each kind: MiB at the start, at the middle, at the end, and the slope over the second half, MiB/min."""
        return {kind: summary([(at, row.get(kind, 0.0)) for at, row in self._samples]) for kind in self._samples[-1][1]}

    def course(self, points: int = 60) -> list[dict[str, Any]]:
        """At most so many samples over the whole time."""
        step = max(1, -(-len(self._samples) // points))
        return [{"at_s": round(at, 1), **row} for at, row in self._samples[::step]]


def summary(samples: list[tuple[float, float]]) -> dict[str, float]:
    """Start, middle, end and the least-squares slope over the second half of (seconds, MiB)."""
    half = samples[len(samples) // 2 :]
    mean_at = sum(at for at, _ in half) / len(half)
    mean_mb = sum(mb for _, mb in half) / len(half)
    spread = sum((at - mean_at) ** 2 for at, _ in half)
    slope = sum((at - mean_at) * (mb - mean_mb) for at, mb in half) / spread if spread else 0.0
    return {
        "start_mb": samples[0][1],
        "middle_mb": half[0][1],
        "end_mb": samples[-1][1],
        "slope_mb_per_min": round(slope * 60, 2),
    }

"""Many matches at once: the same function over each, in processes of this machine or on Ray. A match is the unit.

Items and results are frames, so nothing that computes them reads a database or a file: whoever gives the items reads, and
whoever takes the results writes. Results come in the order of the items; a few more than there are workers are under way at
a time, so that a season needs no more memory than a match day.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
ROOT = Path(__file__).resolve().parents[1]
# Under way for each worker: one at work, one that waits.
AHEAD = 2
LOCAL = "local"
# Workers are the parallel part. Whoever computes does so with one thread, and finds this code.
_SETTINGS = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


class NoRay(Exception):
    """Ray is asked for and not installed."""


def each(function: Callable[[T], R], items: Iterable[T], workers: int = 1, ray: str | None = None) -> Iterator[R]:
    """The function's result of each item, in order. It must be importable by name, and so must what it takes and gives.

    workers: how many compute; one does so here, without another process. ray: None for processes of this machine, "local"
    for a Ray cluster of its own with so many workers, or the address of one that runs (the code must be there).
    Raises what the function raises; NoRay.
    """
    if ray is not None:
        with _ray(workers, ray) as submit_and_get:
            yield from _ahead(*submit_and_get, function, items, workers)
        return
    if workers <= 1:
        for item in items:
            yield function(item)
        return
    with _environment(), ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from _ahead(pool.submit, lambda future: future.result(), function, items, workers)


def _ahead(
    submit: Callable[..., Any], get: Callable[[Any], Any], function: Any, items: Iterable[Any], workers: int
) -> Iterator[Any]:
    under_way: deque[Any] = deque()
    for item in items:
        under_way.append(submit(function, item))
        if len(under_way) >= workers * AHEAD:
            yield get(under_way.popleft())
    while under_way:
        yield get(under_way.popleft())


@contextmanager
def _environment() -> Iterator[None]:
    """The settings of the workers, for as long as they are started."""
    before = {name: os.environ.get(name) for name in _SETTINGS}
    os.environ.update(_SETTINGS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _ray(workers: int, address: str) -> Iterator[tuple[Callable[..., Any], Callable[[Any], Any]]]:
    # Nothing is to be told to anybody outside; Ray reads this when it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as exc:
        raise NoRay("Ray is not installed. Install the extra: pip install 'touchline[ray]'.") from exc
    quiet: dict[str, Any] = {"configure_logging": False, "log_to_driver": False}
    if address == LOCAL:
        # Processes of a cluster of our own inherit ours, which is much quicker than an environment made for them.
        with _environment():
            ray.init(num_cpus=workers, include_dashboard=False, **quiet)
    else:
        ray.init(address=address, runtime_env={"env_vars": _SETTINGS}, **quiet)
    try:
        yield ray.remote(num_cpus=1)(_call).remote, ray.get
    finally:
        ray.shutdown()


def _call(function: Callable[[Any], Any], item: Any) -> Any:
    return function(item)

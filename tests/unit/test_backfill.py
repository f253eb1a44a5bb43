"""The same function over many items: in order, here, in processes, and on a Ray cluster of two workers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from analytics.backfill import NoRay, each
from tests.backfill_kit import item, last_tilt

# At 60 s the pass of that second is still to come: five have been played.
EXPECTED = [0.2, 0.4, 0.6, 0.8]


def items() -> list[Any]:
    return [item(n) for n in range(1, 5)]


def test_one_worker_is_this_process() -> None:
    found = list(each(last_tilt, items()))
    assert [v for v, _ in found] == EXPECTED
    assert {p for _, p in found} == {os.getpid()}


@pytest.mark.parametrize("ray", [None, "local"])
def test_other_processes_say_the_same_in_the_same_order(ray: str | None) -> None:
    found = list(each(last_tilt, items(), workers=2, ray=ray))
    assert [v for v, _ in found] == EXPECTED
    assert os.getpid() not in {p for _, p in found}


def test_only_a_few_are_under_way() -> None:
    """Items are taken as there is room for them, and not all at once."""
    taken: list[int] = []

    def slowly() -> Iterator[float]:
        for n in range(20):
            taken.append(n)
            yield float(n)

    results = each(abs, slowly(), workers=2)
    assert next(results) == 0.0
    assert len(taken) == 4
    assert list(results) == [float(n) for n in range(1, 20)]


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NoRay, match=r"touchline\[ray\]"):
        list(each(abs, [1], ray="local"))

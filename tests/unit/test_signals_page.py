"""docs/signals.md says of every signal it names what its file declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.sports.base import Signal
from app.sports.loading import signals
from app.sports.soccer.sport import SPORT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "signals.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| (\S+) to (\S+) \| (\S+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def said(spec: Signal) -> str:
    """When it is emitted, in the page's words. The end of a period is told in a sentence below the table."""
    at_event = spec.events - {"period_end"}
    return " and ".join([*["each minute"] * spec.minute, *["at the event"] * bool(at_event)])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_is_what_the_file_declares(row: tuple[str, ...]) -> None:
    spec = signals(SPORT)[row[0]].spec
    low, high = spec.range
    declared = (spec.name, spec.subject, spec.unit, f"{low:g}", f"{high:g}", f"{spec.resolution:g}", said(spec))
    assert row == declared


def test_every_signal_of_the_page_is_defined_on_it() -> None:
    named = [row[0] for row in ROWS]
    assert len(named) >= 11
    assert named == sorted(set(named))
    defined = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert defined == named

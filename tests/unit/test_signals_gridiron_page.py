"""docs/signals-gridiron.md says of every signal it names what its file declares, and names them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.feeds.base import providers
from app.sports.gridiron.sport import SPORT
from app.sports.loading import signals
from tests.unit.test_signals_page import said

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "signals-gridiron.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| (\S+) to (\S+) \| (\S+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_is_what_the_file_declares(row: tuple[str, ...]) -> None:
    spec = signals(SPORT)[row[0]].spec
    low, high = spec.range
    declared = (spec.name, spec.subject, spec.unit, f"{low:g}", f"{high:g}", f"{spec.resolution:g}", said(spec))
    assert row == declared


def test_every_signal_is_on_the_page_and_defined_there() -> None:
    named = [row[0] for row in ROWS]
    # Those with a model of their own are described with the models.
    without_model = sorted(name for name, signal in signals(SPORT).items() if signal.spec.model is None)
    assert named == without_model
    assert re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE) == named


@pytest.mark.parametrize("name", [p.name for p in providers().values() if p.sport == "gridiron"])
def test_every_feed_of_football_is_in_the_manual(name: str) -> None:
    feeds = (DOCS / "feeds.md").read_text()
    assert f"| `{name}` |" in feeds
    assert f"touchline ingest {name} " in feeds

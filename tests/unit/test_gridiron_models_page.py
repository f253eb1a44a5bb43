"""docs/gridiron-models.md says of every signal it names what its file declares, and names all that run on the model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.errors import UsageError
from app.scoring.lifecycle import deploy
from app.sports.gridiron.sport import SPORT
from app.sports.loading import signals

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gridiron-models.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+) \| (\S+) to (\S+) \| (\S+) \| at the event \|$", PAGE, re.MULTILINE)


def test_the_page_declares_what_the_files_do() -> None:
    declared = {name: s.spec for name, s in signals(SPORT).items() if s.spec.model == "gridiron"}
    rows = [
        (s.name, s.subject, s.unit, f"{s.range[0]:g}", f"{s.range[1]:g}", f"{s.resolution:g}")
        for s in declared.values()
    ]
    assert sorted(rows) == ROWS
    assert not any(s.minute for s in declared.values())
    defined = re.findall(r"^\| `(\w+)` \| (?:[^|]|\\\|)+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert defined == [row[0] for row in ROWS]


async def test_a_name_that_two_sports_have_is_not_guessed() -> None:
    """It is refused before the registry is asked."""
    with pytest.raises(UsageError, match=r"write gridiron\.leverage or soccer\.leverage"):
        await deploy(None, "leverage", "local", None, when_filled=True)  # type: ignore[arg-type]

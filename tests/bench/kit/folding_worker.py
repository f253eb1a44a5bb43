"""A scoring worker that tells how many events each correction made it fold anew, as a program:

`python -m tests.bench.kit.folding_worker FILE [--without-checkpoints]`

FILE: gets a line a correction, see `Folded`. --without-checkpoints: every correction folds its whole match, to compare
with. All else is `touchline work`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from app.cli import main
from app.log.read import MatchRow
from app.scoring import checkpoints, session
from app.scoring.refold import Edit, Part
from app.sports.base import Event


class Folded(msgspec.Struct):
    """One correction: its match and log version, and how many events were folded for it.

    read: those of a match that was not in memory, folded from the log before the correction could be.
    """

    match: str
    version: int
    anew: int
    read: int


def told(file: Path) -> dict[tuple[str, int], Folded]:
    """Every correction so far, by match and log version."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    found = [msgspec.json.decode(line, type=Folded) for line in lines]
    return {(f.match, f.version): f for f in found}


def tell(file: Path) -> None:
    """From now on sessions of this process tell of every correction: we stand between them and what they call."""
    fold_part, read_current = session.fold_part, session.read_current
    read: dict[str, int] = {}

    async def noted_part(pool: Any, match: MatchRow, standing: Any, kept: Any, edit: Edit, new_fold: Any) -> Part:
        part = await fold_part(pool, match, standing, kept, edit, new_fold)
        version = max((r["version"] for r in edit.told or ()), default=0)
        folded = Folded(match.match_id, version, len(part.touched), read.pop(match.match_id, 0))
        with file.open("ab") as out:
            out.write(msgspec.json.encode(folded) + b"\n")
        return part

    async def noted_read(pool: Any, match: MatchRow, until: int) -> list[Event]:
        events = await read_current(pool, match, until=until)
        read[match.match_id] = len(events)
        return events

    session.fold_part, session.read_current = noted_part, noted_read


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
    if "--without-checkpoints" in sys.argv:
        checkpoints.EVERY_EVENTS = sys.maxsize
    sys.argv[1:] = ["work"]
    main()

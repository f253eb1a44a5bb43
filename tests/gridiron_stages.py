"""A game's document as it grows: plays that come, are wrong for a while, are put in between, taken out and put right."""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]


def espn_stages(document: Document, parts: int = 5) -> list[Document]:
    """A summary in its making; the last one is the document itself."""
    flat = [(d, p) for d, drive in enumerate(document["drives"]["previous"]) for p in drive["plays"]]

    def cut(until: int, leave_out: int | None, edit: int | None, phantom: int | None) -> Document:
        made = copy.deepcopy({k: v for k, v in document.items() if k != "drives"})
        for competition in made["header"]["competitions"]:
            competition["status"] = {"type": {"completed": False, "name": "STATUS_IN_PROGRESS"}}
        drives: list[list[Any]] = [[] for _ in document["drives"]["previous"]]
        told = set()
        for at, (drive, play) in enumerate(flat[:until]):
            if at == leave_out:
                continue
            told.add(play["id"])
            one = {**play, "statYardage": 3, "homeScore": 99} if at == edit else play
            drives[drive].append(one)
            if at == phantom:
                drives[drive].append({**play, "id": play["id"] + "9", "text": "never happened", **_touchdown(play)})
        made["drives"] = {"previous": [{"plays": d} for d in drives if d]}
        every = {p["id"] for _, p in flat}
        made["scoringPlays"] = [
            s for s in document["scoringPlays"] if s["id"] in told or (s["id"] not in every and until > 0.9 * len(flat))
        ]
        return made

    size = len(flat)
    marks = [size * n // parts for n in range(1, parts)]
    growing = [cut(mark, mark // 3, mark // 2, mark - 2) for mark in marks]
    return [*growing, cut(size, size // 3, None, size // 2), document]


def _touchdown(play: Any) -> dict[str, Any]:
    team = play["start"].get("team") or {}
    scored = {"scoringType": {"name": "touchdown"}, "pointAfterAttempt": {"value": 1}}
    return {"scoringPlay": True, **scored, "end": {"team": team}} if team.get("id") else {}


def nfl_stages(document: Document, parts: int = 5) -> list[Document]:
    """A game's detail in its making; the last one is the document itself."""
    plays = document["driveChart"]["plays"]

    def cut(until: int, leave_out: int | None, edit: int | None, phantom: int | None) -> Document:
        made = copy.deepcopy(document)
        made["summary"]["phase"] = "INGAME"
        kept = [copy.deepcopy(p) for at, p in enumerate(plays[:until]) if at != leave_out]
        if edit is not None:
            kept[edit]["playDescription"] = "as it was told first"
            kept[edit]["yardsGained"] = 1
        if phantom is not None:
            sides = (document["homeTeam"]["id"], document["awayTeam"]["id"])
            never = {"playId": 900_001, "playScored": True, "scoringPlayType": "FIELD_GOAL", "scoringTeamId": sides[0]}
            place = plays[phantom]["playSequenceNumber"] + 0.25
            kept.append({**copy.deepcopy(plays[phantom]), "playDeleted": False, "playSequenceNumber": place, **never})
        made["driveChart"]["plays"] = kept
        return made

    size = len(plays)
    marks = [size * n // parts for n in range(1, parts)]
    growing = [cut(mark, mark // 3, mark // 2, mark - 2) for mark in marks]
    return [*growing, cut(size, size // 3, None, size // 2), document]

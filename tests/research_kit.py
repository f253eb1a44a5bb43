"""A hand-made model for research only, and hand-made StatsBomb files that it can be trained on."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from analytics import artifact
from app.sports.soccer.freeze_frame import FRAME_TERMS
from app.sports.soccer.shots import TERMS

NAME = "xg_freeze_frame"
FEATURES = (*TERMS, *FRAME_TERMS)
WEIGHTS = {"distance_m": -0.1, "penalty": math.log(3), "keeper_line_m": 0.5, "log_nearest": 1.0, "log_open": 2.0}
WEIGHTS |= {"keeper_gap_share": -1.0, "lob": 0.25}
CARD = {"research_only": True, "licence": "made up, for research only"}


def made(version: int = 1, **weights: float) -> dict[str, Any]:
    """The model: six weights that are not 0, and no intercept."""
    given = WEIGHTS | weights
    parameters = {"features": list(FEATURES), "coefficients": [given.get(f, 0.0) for f in FEATURES], "intercept": 0.0}
    return artifact.build(NAME, "logistic", parameters, CARD, version)


def written(folder: Path, version: int = 1, **weights: float) -> Path:
    """Its file."""
    return artifact.write(made(version, **weights), folder)


def _shot(match: int, number: int) -> dict[str, Any]:
    """Every eighth is a penalty, of which three in four are scored; of the others those with nobody near are more often."""
    penalty, near = number % 8 == 0, number % 2 == 1
    goal = number % 32 != 0 if penalty else number % (9 if near else 3) == 1 % (9 if near else 3)
    kind, outcome = (88 if penalty else 87), (97 if goal else 100)
    x = 100.1 + number * 7 % 15
    frame = [
        {"location": [119.1, 40.1], "teammate": False, "position": {"id": 1, "name": "Goalkeeper"}},
        {"location": [x - (1 if near else 9), 38.1], "teammate": False, "position": {"id": 3, "name": "Back"}},
    ]
    return {
        "id": f"{match}-{number}",
        "index": number + 1,
        "period": 1,
        "timestamp": f"00:{number // 2:02}:{number % 2 * 30:02}.000",
        "type": {"id": 16, "name": "Shot"},
        "team": {"id": 1, "name": "Harbour"},
        "player": {"id": 9, "name": "Nine"},
        "location": [x, 36.1 + (match + number) % 9],
        "shot": {
            "type": {"id": kind, "name": "kind"},
            "outcome": {"id": outcome, "name": "outcome"},
            "body_part": {"id": 40, "name": "Right Foot"},
            "statsbomb_xg": 0.2,
            **({} if penalty else {"freeze_frame": frame}),
        },
    }


def statsbomb(folder: Path, *matches: int) -> Path:
    """A data folder with 64 shots of each match."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    for match in matches:
        told = [_shot(match, number) for number in range(64)]
        (folder / "events" / f"{match}.json").write_text(json.dumps(told))
    return folder

"""What each StatsBomb type says beyond who, when and where: one small function a canonical type.

Each takes the message's detail object and returns members of `Fields`. An outcome or kind with an id that
StatsBomb had not numbered when this was written becomes `unknown` (outcomes) or is left out (kinds).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.feeds._statsbomb import vocabulary as v
from app.feeds._statsbomb.message import Detail, Named

ENTITY = "statsbomb"


def player_id(player: Named | None) -> str | None:
    """`statsbomb:player:5503`."""
    return None if player is None else f"{ENTITY}:player:{player.id}"


def team_id(team: Named | None) -> str | None:
    """`statsbomb:team:217`."""
    return None if team is None else f"{ENTITY}:team:{team.id}"


def _name(named: Named | None) -> str | None:
    return None if named is None else named.name


def _won(detail: Detail) -> bool | None:
    return None if detail.outcome is None else v.WON.get(detail.outcome.id)


def _body_part(detail: Detail) -> str | None:
    return None if detail.body_part is None else v.BODY_PARTS.get(detail.body_part.id)


def _card(detail: Detail) -> str | None:
    return None if detail.card is None else v.CARDS.get(detail.card.id)


def _pass(d: Detail) -> dict[str, Any]:
    if d.outcome is not None:
        outcome = v.PASS_OUTCOMES.get(d.outcome.id, "unknown")
    else:
        # Only failures carry an outcome. With no recipient either, the pass is only partly collected yet.
        outcome = "unknown" if d.recipient is None else "complete"
    return {
        "outcome": outcome,
        "pass_kind": None if d.type is None else v.PASS_KINDS.get(d.type.id),
        "cross": True if d.cross else None,
        "recipient": player_id(d.recipient),
        "body_part": _body_part(d),
        "detail": _name(d.technique),
    }


def _shot(d: Detail) -> dict[str, Any]:
    return {
        "outcome": None if d.outcome is None else v.SHOT_OUTCOMES.get(d.outcome.id, "unknown"),
        "shot_kind": None if d.type is None else v.SHOT_KINDS.get(d.type.id),
        "first_time": True if d.first_time else None,
        "body_part": _body_part(d),
        "provider_xg": d.statsbomb_xg,
        "detail": _name(d.technique),
    }


def _duel(d: Detail) -> dict[str, Any]:
    kind = None if d.type is None else d.type.id
    won = False if kind == v.AERIAL_LOST else _won(d)
    return {"duel_kind": None if kind is None else v.DUEL_KINDS.get(kind), "won": won, "detail": _name(d.type)}


def _outcome_won(d: Detail) -> dict[str, Any]:
    return {"won": _won(d), "detail": _name(d.outcome)}


def _fifty_fifty(d: Detail) -> dict[str, Any]:
    return {"won": None if d.outcome is None else v.FIFTY_FIFTY_WON.get(d.outcome.id), "detail": _name(d.outcome)}


def _reception(d: Detail) -> dict[str, Any]:
    return {"won": True if d.outcome is None else v.WON.get(d.outcome.id)}


def _ball_recovery(d: Detail) -> dict[str, Any]:
    return {"won": not d.recovery_failure}


def _goalkeeper(d: Detail) -> dict[str, Any]:
    outcome = None if d.outcome is None else v.KEEPER_OUTCOMES.get(d.outcome.id, "unknown")
    return {"outcome": outcome, "body_part": _body_part(d), "detail": _name(d.type)}


def _foul(d: Detail) -> dict[str, Any]:
    return {"card": _card(d), "penalty": True if d.penalty else None, "detail": _name(d.type)}


def _carry(_: Detail) -> dict[str, Any]:
    return {}  # its end location is all it has


def _clearance(d: Detail) -> dict[str, Any]:
    return {"body_part": _body_part(d)}


def _substitution(d: Detail) -> dict[str, Any]:
    return {
        "replacement": player_id(d.replacement),
        "replacement_name": _name(d.replacement),
        "detail": _name(d.outcome),
    }


READERS: dict[str, Callable[[Detail], dict[str, Any]]] = {
    "pass": _pass,
    "shot": _shot,
    "duel": _duel,
    "dribble": _outcome_won,
    "interception": _outcome_won,
    "fifty_fifty": _fifty_fifty,
    "reception": _reception,
    "ball_recovery": _ball_recovery,
    "goalkeeper": _goalkeeper,
    "foul": _foul,
    "foul_won": _foul,
    "card": _foul,
    "carry": _carry,
    "clearance": _clearance,
    "substitution": _substitution,
}
# Types that say something even where the detail object is absent: a pass received, a ball recovered.
BARE = {"reception": _reception(Detail()), "ball_recovery": _ball_recovery(Detail())}

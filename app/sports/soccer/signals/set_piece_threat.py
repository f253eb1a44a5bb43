"""Set-piece threat: the goals to be expected of a team's corners, free kicks and throw-ins into the penalty area.

Threat = sum over the team's set-piece situations of 1 - product over the shots of the situation of (1 - xG). Within one
situation only one goal can be scored, so chances are combined and not added up. A situation begins with
- a corner, wherever it is played to, or a shot straight from one,
- a shot straight from a free kick, or a free kick or throw-in whose pass ends in the penalty area, complete or not,
and lasts until the end of the same chain of possession (the provider's number); a further set piece within the chain
belongs to it. Its shots are those of the same team and chain, that start included. xG is the one of the signal `xg`, by the
committed model "xg" (docs/models.md), unrounded. Unit: expected goals. The idea is that of the Bundesliga Match Fact "Set
Piece Threat" (DFL and AWS), whose formula is not published; combining the shots of a possession is textbook.
Golden: a corner with shots of 0.2 and 0.5 is 1 - 0.8 * 0.5 = 0.6.

Edge cases: a penalty is neither of these, nor does one count within a situation. Own goals are no shots. Kicks of a
shoot-out are left out. A short corner counts, a short free kick that is crossed with the next pass does not. A shot
whose xG cannot be known (no location, body part or kind) adds nothing here, while its own `xg` says degraded. A provider
that tells no chains has no value, and is degraded at the end of a period.
"""

from typing import Any

import msgspec

from app.sports.base import Event, Signal
from app.sports.soccer.build_up import BuildUp, LedBy
from app.sports.soccer.build_up import step as remember
from app.sports.soccer.events import PITCH_LENGTH_M, PITCH_WIDTH_M
from app.sports.soccer.features import FEATURES
from app.sports.soccer.pitch import PENALTY_AREA_LENGTH_M, PENALTY_AREA_WIDTH_M
from app.sports.soccer.shots import TAKEN_FEATURES, terms, xg_terms

SIGNAL = Signal(
    name="set_piece_threat",
    title="Set-piece threat",
    description="Expected goals of the team from corners, free kicks and throw-ins into the penalty area so far.",
    unit="expected goals",
    range=(0.0, 100.0),
    resolution=0.001,
    version=2,
    subject="team",
    source="1 - product of (1 - xG) per set-piece possession; after Bundesliga Match Facts, Set Piece Threat",
    minute=True,
    events=frozenset({"period_end"}),
    features=("home_id", "away_id", "possession_team"),
    model="xg",
)

SHOOT_OUT = 5
_INPUTS = tuple(FEATURES[name].compute for name in TAKEN_FEATURES)


class Situations(msgspec.Struct):
    """Threat by team so far, and the situation that is on: whose, in which chain, and how likely no goal has come of it."""

    threat: dict[str, float] = {}
    team: str | None = None
    period: int = 0
    chain: int = -1
    missed: float = 1.0
    build_up: BuildUp = msgspec.field(default_factory=BuildUp)


def init() -> Situations:
    """No set piece yet."""
    return Situations()


def step(memory: Situations, event: Event, model: Any) -> Situations:
    """Open a situation, or add a shot to the one that is on."""
    if not event.control:
        remember(memory.build_up, event)
    if event.type not in ("shot", "pass") or event.period == SHOOT_OUT:
        return memory
    fields = event.fields
    team, chain = event.team, fields.possession
    if team is None or chain is None:
        return memory
    on = (team, event.period, chain) == (memory.team, memory.period, memory.chain)
    if not on:
        if not _is_set_piece(event):
            return memory
        memory.team, memory.period, memory.chain, memory.missed = team, event.period, chain, 1.0
    if event.type == "shot":
        xg = _xg(event, model, memory.build_up.led_by)
        memory.threat[team] = memory.threat.get(team, 0.0) + memory.missed * xg
        memory.missed *= 1.0 - xg
    return memory


def _is_set_piece(event: Event) -> bool:
    fields = event.fields
    if event.type == "shot":
        return fields.shot_kind in ("corner", "free_kick")
    if fields.pass_kind == "corner":
        return True
    return fields.pass_kind in ("free_kick", "throw_in") and _in_penalty_area(fields.end_x_m, fields.end_y_m)


def _in_penalty_area(x_m: float | None, y_m: float | None) -> bool:
    if x_m is None or y_m is None:
        return False
    return x_m >= PITCH_LENGTH_M - PENALTY_AREA_LENGTH_M and abs(y_m - PITCH_WIDTH_M / 2) <= PENALTY_AREA_WIDTH_M / 2


def _xg(event: Event, model: Any, led_by: LedBy) -> float:
    """xG of a shot, 0 to 1; 0 for a penalty and where it cannot be known."""
    if model is None or event.fields.shot_kind == "penalty":
        return 0.0
    inputs = [compute(None, event) for compute in _INPUTS]
    if None in inputs:
        return 0.0
    distance_m, angle_rad, offset_m, header, free_kick, penalty = inputs
    taken = terms(distance_m, angle_rad, offset_m, header=header, free_kick=free_kick, penalty=penalty)
    return model.kernel.predict(xg_terms(taken, led_by))


def value(f: Any, model: Any, memory: Situations) -> dict[str, float]:
    """Threat of both teams in expected goals, from 0 up."""
    return {team: memory.threat.get(team, 0.0) for team in (f.home_id, f.away_id)}

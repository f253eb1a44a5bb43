"""What may come of the play that is next: the situations that it can lead to, with how likely each is. Pure.

A run or pass keeps the ball with one of GAINS equally likely gains, or loses it where it was snapped. A punt leaves the
receivers at one of PUNT_PARTS equally likely places; a field goal is made or missed; a fourth down that fails hands the ball
over. A touchdown counts 7, as its try nearly always does. The tables and regressions are parts of the model "gridiron",
counted and fitted for each league on games that are not measured (docs/models.md).

From 35 yards or fewer to the goal line nobody punts. A field goal is out of reach beyond 42 yards to the goal line (college;
cfb4th, which takes a tenth off from 36 on, as here) or 45 (NFL). A missed one brings the ball to where it was kicked (NFL, 7
yards back), or snapped (college), but never inside the 20.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.sports.gridiron.fourth_terms import convert_terms, field_goal_terms
from app.sports.gridiron.overtime import is_turn, worth_now
from app.sports.gridiron.situation import Situation

GAINS = 7
PUNT_PARTS = 5
DISTANCE_CLASSES = 5
TOUCHDOWN, FIELD_GOAL = 7, 3
PUNTS_BEYOND_YD = 35
FIELD_GOAL_REACH_YD = {"cfb": 42, "nfl": 45}
_FADES_BEYOND_YD, _FADED = 35, 0.9
_KICKED_BACK_YD = 7
_TOUCHBACK_YD = 80


class Settled(Struct, frozen=True):
    """A result that no situation tells: what a college overtime is worth for the home team once a turn has ended."""

    home_share: float


Result = Situation | Settled
Weighted = tuple[float, Result]


def distance_class(distance_yd: int) -> int:
    """0 to 4: 1 to 2, 3 to 5, 6 to 9, 10, and more yards to the line to gain."""
    return (
        0 if distance_yd <= 2 else 1 if distance_yd <= 5 else 2 if distance_yd <= 9 else 3 if distance_yd == 10 else 4
    )


def later(s: Situation, seconds: float) -> Situation:
    """The same ball after some seconds of the clock; a half that ends meanwhile gives it to who receives the second, and
    after the fourth quarter no snap is due (an overtime of college has no clock, one of the NFL its own)."""
    if s.is_overtime:
        return s if s.league == "cfb" else replace(s, half_s=max(s.half_s - seconds, 0.0))
    if s.half_s > seconds:
        return replace(s, half_s=s.half_s - seconds, game_s=s.game_s - seconds)
    if s.period <= 2:
        home = s.home_receives_second_half
        receiver = s.offense_is_home if home is None else home
        return replace(
            s, offense_is_home=receiver, down=None, distance_yd=None, yards_to_goal=None,
            half_s=1800.0, game_s=1800.0, period=3,
        )  # fmt: skip
    return replace(s, down=None, distance_yd=None, yards_to_goal=None, half_s=0.0, game_s=0.0, period=4)


def snap_at(s: Situation, yards_to_goal: int, down: int = 1, distance_yd: int = 10) -> Situation:
    """The same team at the ball there."""
    yards = min(max(yards_to_goal, 1), 99)
    return replace(s, down=down, distance_yd=min(max(distance_yd, 1), yards), yards_to_goal=yards)


def turned_over(s: Situation, yards_to_goal: int) -> Situation:
    """The other team, first and ten. yards_to_goal: of the team that had the ball."""
    yards = min(max(100 - yards_to_goal, 1), 99)
    return replace(s, offense_is_home=not s.offense_is_home, down=1, distance_yd=min(10, yards), yards_to_goal=yards)


def scored(s: Situation, points: int) -> Situation:
    """The team at the ball has scored, and the other one receives."""
    home, away = (points, 0) if s.offense_is_home else (0, points)
    return replace(
        s,
        offense_is_home=not s.offense_is_home,
        down=None,
        distance_yd=None,
        yards_to_goal=None,
        home_score=s.home_score + home,
        away_score=s.away_score + away,
    )


def gained(s: Situation, yards: int) -> Situation:
    """After a gain: a touchdown, a first down, the next down, or the ball handed over after the fourth."""
    assert s.down is not None and s.distance_yd is not None and s.yards_to_goal is not None
    left = s.yards_to_goal - yards
    if left <= 0:
        return scored(s, TOUCHDOWN)
    if yards >= s.distance_yd:
        return snap_at(s, left)
    if s.down == 4:
        return turned_over(s, left)
    return snap_at(s, left, s.down + 1, s.distance_yd - yards)


def convert_chance(kernel: Any, s: Situation) -> tuple[float, tuple[float, ...]]:
    """P(a third or fourth down is converted), and the terms that it is of."""
    assert s.down is not None and s.distance_yd is not None and s.yards_to_goal is not None
    terms = convert_terms(s.down, min(s.distance_yd, s.yards_to_goal), s.yards_to_goal)
    return kernel.regressions[f"{s.league}_convert"].predict(terms)[0], terms


def field_goal_chance(kernel: Any, s: Situation) -> tuple[float, tuple[float, ...]] | None:
    """P(a field goal from here is made), and the terms that it is of; None out of reach."""
    assert s.yards_to_goal is not None
    if s.yards_to_goal > FIELD_GOAL_REACH_YD[s.league]:
        return None
    terms = field_goal_terms(s.yards_to_goal)
    made = kernel.regressions[f"{s.league}_field_goal"].predict(terms)[0]
    return made * (_FADED if s.league == "cfb" and s.yards_to_goal > _FADES_BEYOND_YD else 1.0), terms


def converted(kernel: Any, s: Situation) -> list[Weighted]:
    """After a fourth down that was converted: a touchdown from goal to go, else some yards beyond the line to gain."""
    assert s.distance_yd is not None and s.yards_to_goal is not None
    after = later(s, kernel.tables[s.league]["play_s"])
    if s.distance_yd >= s.yards_to_goal:
        return [(1.0, _gain(kernel, s, after, s.yards_to_goal))]
    extra = kernel.tables[s.league]["extra_yards"]
    return [(1.0 / len(extra), _gain(kernel, s, after, s.distance_yd + more)) for more in extra]


def failed(kernel: Any, s: Situation) -> Result:
    """After a fourth down that was not converted: no yards, and the ball handed over."""
    return _gain(kernel, s, later(s, kernel.tables[s.league]["kick_s"]), 0)


def kicked(kernel: Any, s: Situation) -> tuple[Result, Result]:
    """After a field goal that was made, and one that was missed."""
    assert s.yards_to_goal is not None
    if is_turn(s):
        return _settled(kernel, s, 1), _settled(kernel, s, 2)
    after = later(s, kernel.tables[s.league]["kick_s"])
    spot = s.yards_to_goal + (_KICKED_BACK_YD if s.league == "nfl" else 0)
    missed = turned_over(s, max(spot, 100 - _TOUCHBACK_YD))
    return _kept(s, after, scored(s, FIELD_GOAL)), _kept(s, after, missed)


def punted(kernel: Any, s: Situation) -> list[Weighted]:
    """Where the receivers may be after a punt; empty from where nobody punts."""
    assert s.yards_to_goal is not None
    places = kernel.tables[s.league]["punts"].get(str(s.yards_to_goal // 10))
    if places is None or s.yards_to_goal <= PUNTS_BEYOND_YD or is_turn(s):
        return []
    after = later(s, kernel.tables[s.league]["kick_s"])
    return [(1.0 / len(places), _kept(s, after, turned_over(s, 100 - place))) for place in places]


def outcomes(kernel: Any, s: Situation) -> Iterator[Weighted]:
    """All that the next snap may lead to, with weights that add up to 1. On fourth down teams choose as they do on average
    from such a place. Nothing where no snap is due."""
    if s.down is None or s.distance_yd is None or s.yards_to_goal is None:
        return
    if s.is_overtime and s.league == "cfb" and not is_turn(s):
        return
    tables = kernel.tables[s.league]
    if s.down == 4:
        yield from _fourth(kernel, s, tables)
        return
    cell = tables["gains"][f"{s.down}:{distance_class(s.distance_yd)}"]
    after = later(s, tables["play_s"])
    yield cell["lost"], _settled(kernel, s, 2) if is_turn(s) else _kept(s, after, turned_over(s, s.yards_to_goal))
    share = (1.0 - cell["lost"]) / len(cell["gains"])
    for yards in cell["gains"]:
        yield share, _gain(kernel, s, after, yards)


def _fourth(kernel: Any, s: Situation, tables: Any) -> Iterator[Weighted]:
    assert s.distance_yd is not None and s.yards_to_goal is not None
    go, kick, punt = tables["choices"].get(f"{s.yards_to_goal // 10}:{distance_class(s.distance_yd)}", (1.0, 0.0, 0.0))
    made = field_goal_chance(kernel, s) if kick else None
    places = punted(kernel, s) if punt else []
    kick, punt = kick if made else 0.0, punt if places else 0.0
    whole = go + kick + punt
    if whole == 0.0:
        go = whole = 1.0
    chance, _ = convert_chance(kernel, s)
    for weight, situation in converted(kernel, s):
        yield go / whole * chance * weight, situation
    yield go / whole * (1.0 - chance), failed(kernel, s)
    if made is not None:
        good, bad = kicked(kernel, s)
        yield kick / whole * made[0], good
        yield kick / whole * (1.0 - made[0]), bad
    for weight, situation in places:
        yield punt / whole * weight, situation


def _gain(kernel: Any, s: Situation, after: Situation, yards: int) -> Result:
    """`gained`, with the clock of `after`; in a college overtime a touchdown or a failed fourth down ends the turn."""
    assert s.distance_yd is not None and s.yards_to_goal is not None
    if is_turn(s):
        if yards >= s.yards_to_goal:
            return _settled(kernel, s, 0)
        if s.down == 4 and yards < s.distance_yd:
            return _settled(kernel, s, 2)
    return _kept(s, after, gained(s, yards))


def _settled(kernel: Any, s: Situation, end: int) -> Settled:
    """A turn that has ended: 0 with a touchdown, 1 with a field goal, 2 with nothing."""
    share = worth_now(kernel, s)[end]
    return Settled(share if s.offense_is_home else 1.0 - share)


def _kept(s: Situation, after: Situation, result: Situation) -> Situation:
    """A result with the clock of `after`. Where the half has ended meanwhile the score stands and the ball is `after`'s."""
    if after.down is None:
        return replace(after, home_score=result.home_score, away_score=result.away_score)
    return replace(result, half_s=after.half_s, game_s=after.game_s, period=after.period)

"""What each kind of event says beyond who, when and where, in canonical words.

A reader takes the event's elements by tag and its id and returns a canonical type, the acting team and player (the feed's
ids) and members of `Fields`. A word that was not known when this was written is left out, or `unknown` where it is an
outcome of a shot; only where it decides what counts (a card) is it an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.errors import DecodeError

Elements = Mapping[str, Mapping[str, str]]


class Said(msgspec.Struct, frozen=True):
    """type: canonical. team, player: the feed's own ids. fields: members of `Fields`."""

    type: str
    team: str | None = None
    player: str | None = None
    fields: dict[str, Any] = {}


# What is put around a Play or a ShotAtGoal when it is taken from a dead ball.
PASS_KINDS = {
    "KickOff": "kick_off",
    "CornerKick": "corner",
    "FreeKick": "free_kick",
    "ThrowIn": "throw_in",
    "GoalKick": "goal_kick",
}
SHOT_KINDS = {"KickOff": "kick_off", "CornerKick": "corner", "FreeKick": "free_kick", "Penalty": "penalty"}
SHOT_OUTCOMES = {
    "SuccessfulShot": "goal",
    "SavedShot": "saved",
    "BlockedShot": "blocked",
    "ShotWide": "off_target",
    "ShotWoodWork": "post",
    "OtherShot": "unknown",
}
BODY_PARTS = {"leftLeg": "left_foot", "rightLeg": "right_foot", "head": "head"}
CARDS = {"yellow": "yellow", "yellowRed": "second_yellow", "red": "red"}
PASS_OUTCOMES = {"successfullyCompleted": "complete", "successful": "complete", "unsuccessful": "incomplete"}


def player_id(player: str | None) -> str | None:
    """`sportec:player:DFL-OBJ-0002AU`."""
    return None if player is None else f"sportec:player:{player}"


def team_id(team: str | None) -> str | None:
    """`sportec:team:DFL-CLU-00000G`."""
    return None if team is None else f"sportec:team:{team}"


def said_by(kind: str, elements: Elements, event_id: str) -> Said:
    """What an event says. kind: its outermost element. Raises DecodeError."""
    if "OwnGoal" in elements:
        return _own_goal(elements["OwnGoal"], event_id)
    if "ShotAtGoal" in elements:
        return _shot(kind, elements, event_id)
    if "Play" in elements:
        return _pass(kind, elements, event_id)
    reader = _READERS.get(kind)
    if reader is not None:
        return reader(elements[kind], event_id)
    about = elements[kind]
    return Said(_PLAIN.get(kind, "other"), about.get("Team"), about.get("Player") if "Team" in about else None)


def _needed(about: Mapping[str, str], kind: str, name: str, event_id: str) -> str:
    if not about.get(name):
        raise DecodeError(f"Attribute `{kind}/@{name}` is missing.", event_id)
    return about[name]


def _pass(kind: str, elements: Elements, event_id: str) -> Said:
    play = elements["Play"]
    told = play.get("Evaluation", "")
    direction = elements.get("Pass", {}).get("Direction")
    fields = {
        # "successful" is a ball that did what it was played for, whoever got it. A pass that is not judged yet is unknown.
        "outcome": PASS_OUTCOMES.get(told, "unknown"),
        "pass_kind": PASS_KINDS.get(kind),
        "cross": True if "Cross" in elements else None,
        "recipient": player_id(play.get("Recipient")) if told == "successfullyCompleted" else None,
        "detail": play.get("GoalKeeperAction") or direction,
    }
    return Said("pass", _needed(play, "Play", "Team", event_id), play.get("Player"), fields)


def _shot(kind: str, elements: Elements, event_id: str) -> Said:
    shot = elements["ShotAtGoal"]
    outcome = next((SHOT_OUTCOMES[tag] for tag in elements if tag in SHOT_OUTCOMES), None)
    part = shot.get("TypeOfShot")
    fields = {
        "outcome": outcome,
        "shot_kind": SHOT_KINDS.get(kind, "open_play"),
        "body_part": None if part is None else BODY_PARTS.get(part, "other"),
        "first_time": True if shot.get("TakerBallControl") == "direct" else None,
        "provider_xg": _chance(shot, event_id),
        "detail": shot.get("ExtendedTypeOfShot"),
    }
    return Said("shot", _needed(shot, "ShotAtGoal", "Team", event_id), shot.get("Player"), fields)


def _chance(shot: Mapping[str, str], event_id: str) -> float | None:
    text = shot.get("xG")
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise DecodeError(f"Attribute `ShotAtGoal/@xG`: expected a number from 0 to 1, not {text[:60]!r}.", event_id)
    return value


def _own_goal(about: Mapping[str, str], event_id: str) -> Said:
    # Told by the team that benefits; whoever put it in plays for the other one, and stays in the raw bytes.
    return Said("own_goal", _needed(about, "OwnGoal", "TeamOwnGoalCountsFor", event_id))


def _tackling(about: Mapping[str, str], event_id: str) -> Said:
    """A duel is told once, by its winner; the loser is in the raw bytes."""
    team = _needed(about, "TacklingGame", "WinnerTeam", event_id)
    result, in_control = about.get("WinnerResult"), about.get("WinnerRole") == "withBallControl"
    fields: dict[str, Any] = {"won": True, "detail": result}
    if about.get("Type") == "air":
        return Said("duel", team, about.get("Winner"), fields | {"duel_kind": "aerial"})
    if in_control and (result == "dribbledAround" or about.get("DribbleEvaluation") == "successful"):
        return Said("dribble", team, about.get("Winner"), fields)
    # A tackle is what takes the ball from somebody; who keeps it, or is fouled, has not tackled.
    kind = "tackle" if not in_control and result != "fouled" else None
    return Said("duel", team, about.get("Winner"), fields | {"duel_kind": kind})


def _claiming(about: Mapping[str, str], event_id: str) -> Said:
    how = about.get("Type")
    type_ = "interception" if how == "InterceptedBall" else "ball_recovery"
    team = _needed(about, "BallClaiming", "Team", event_id)
    return Said(type_, team, about.get("Player"), {"won": True, "detail": how})


def _other_ball(about: Mapping[str, str], event_id: str) -> Said:
    type_ = "clearance" if about.get("DefensiveClearance") == "true" else "other"
    return Said(type_, _needed(about, "OtherBallAction", "Team", event_id), about.get("Player"))


def _foul(about: Mapping[str, str], event_id: str) -> Said:
    team = _needed(about, "Foul", "TeamFouler", event_id)
    return Said("foul", team, about.get("Fouler"), {"detail": about.get("FoulType")})


def _caution(about: Mapping[str, str], event_id: str) -> Said:
    colour = _needed(about, "Caution", "CardColor", event_id)
    if colour not in CARDS:
        known = ", ".join(CARDS)
        raise DecodeError(f"Attribute `Caution/@CardColor`: there is no {colour[:60]!r}. Known: {known}.", event_id)
    team = _needed(about, "Caution", "Team", event_id)
    if "Player" not in about:
        # A coach: nobody leaves the pitch.
        return Said("other", team, None, {"detail": colour})
    return Said("card", team, about["Player"], {"card": CARDS[colour], "detail": about.get("Reason")})


def _substitution(about: Mapping[str, str], event_id: str) -> Said:
    team, leaves = (_needed(about, "Substitution", name, event_id) for name in ("Team", "PlayerOut"))
    replacement = player_id(_needed(about, "Substitution", "PlayerIn", event_id))
    return Said("substitution", team, leaves, {"replacement": replacement, "detail": about.get("PlayingPosition")})


def _out(about: Mapping[str, str], event_id: str) -> Said:
    team = _needed(about, "OutSubstitution", "Team", event_id)
    return Said("player_off", team, _needed(about, "OutSubstitution", "PlayerOut", event_id))


_READERS: dict[str, Callable[[Mapping[str, str], str], Said]] = {
    "TacklingGame": _tackling,
    "BallClaiming": _claiming,
    "OtherBallAction": _other_ball,
    "Foul": _foul,
    "Caution": _caution,
    "Substitution": _substitution,
    "OutSubstitution": _out,
}
_PLAIN = {"Offside": "offside", "RefereeBall": "stoppage"}

"""A hand-written football game of many drives, as a picture needs one: up to a fourth down late in the third quarter."""

from __future__ import annotations

import math

from .fake_game import QUARTER_S, FakeGame

# quarter, seconds left, side, yards to the goal line, gains of its plays, how it ends, the last play in words
DRIVES = [
    (1, 900, "away", 75, (6, 3, 8, -2, 4, 5), "punt", "Sato punts 41 yards, fair catch by Orr"),
    (1, 700, "home", 83, (4, 9, 22, 11, 3, 34), "touchdown", "Vance throws to Orr for 34 yards, touchdown"),
    (1, 420, "away", 75, (12, 15, 4, 18, 2, 1), "field_goal", "Sato 41 yard field goal good"),
    (1, 130, "home", 75, (2, 5, 1), "punt", "Brandt punts 44 yards"),
    (2, 880, "away", 70, (31, 8, 3), "fumble", "Aro runs and fumbles, recovered by Harbor State's Lund"),
    (2, 760, "home", 72, (7, 14, 6, 9, 3), "interception", "Vance is intercepted by Ek at the goal line"),
    (2, 520, "away", 80, (5, 44, 12, 19), "touchdown", "Ilves throws to Moor for 19 yards, touchdown"),
    (2, 210, "home", 75, (16, 12, 21, 4), "field_goal", "Brandt 39 yard field goal good"),
    (3, 900, "home", 75, (3, 4, 2), "punt", "Brandt punts 38 yards"),
    (3, 740, "away", 66, (9, 13, 5, 20, 19), "touchdown", "Aro runs 19 yards, touchdown"),
    (3, 400, "home", 74, (8, 13, 5, 11, 3, 1), "", ""),
]
RESULTS = {"": 0, "touchdown": 1, "field_goal": 2, "punt": 4, "interception": 5, "fumble": 6}
POINTS = {"touchdown": 7, "field_goal": 3}
PLAY_S = 28
FIRST_DOWN_YD = 10


def _odds(game: FakeGame, period: int, left_s: int, side: str, to_goal: int) -> float:
    """Something like a win probability: lead and place of the ball over the root of what is left."""
    left = max(1.0, (4 - period) * QUARTER_S + left_s) / (4 * QUARTER_S)
    ball = (55 - to_goal) / 22 * (1 if side == "home" else -1)
    lead = game.score["home"] - game.score["away"] + ball
    return round(1 / (1 + math.exp(-0.11 * lead / math.sqrt(left))), 3)


def _say(game: FakeGame, before: float, now: float) -> None:
    game.odds(now)
    if abs(now - before) >= 0.05:
        game.key_play("home" if now > before else "away", round(abs(now - before), 4))


def played(game: FakeGame) -> FakeGame:
    """The whole of it, with every signal that the page shows."""
    game.status, odds = "live", 0.5
    for number, (period, left_s, side, start, gains, end, words) in enumerate(DRIVES, 1):
        odds = _drive(game, number, (period, left_s, side, start), gains, end, words, odds)
    game.figures("pace", {game.teams["home"]: 27.1, game.teams["away"]: 30.4})
    game.choice(go=0.312, kick=0.287, error=0.011)
    game.situation("home", 4, 1, 33)
    game.odds(0.308)
    return game


def _drive(
    game: FakeGame, number: int, begins: tuple[int, int, str, int], gains: tuple[int, ...], end: str, words: str, odds: float
) -> float:  # fmt: skip
    period, left_s, side, start = begins
    other = "away" if side == "home" else "home"
    to_goal, down, distance = start, 1, FIRST_DOWN_YD
    for index, gain in enumerate(gains):
        last = index == len(gains) - 1 and end
        kick = end if last and end in ("punt", "field_goal") else None
        kind = kick or ("pass" if gain > 5 or end == "interception" else "run")
        fields = {"down": 4 if kick else down, "distance_yd": min(distance, to_goal), "yards_to_goal": to_goal}
        fields |= {"text": words if last else _words(side, kind, gain)}
        if last and end in POINTS:
            fields |= {"points": POINTS[end], "score_kind": end}
        fields |= {"intercepted": True} if last and end == "interception" else {}
        fields |= {"fumble_lost": True} if last and end == "fumble" else {}
        game.play(side, kind, period, left_s - index * PLAY_S, **fields)
        to_goal -= 0 if kick else gain
        down, distance = (1, FIRST_DOWN_YD) if gain >= distance else (down + 1, distance - gain)
        figures = {"plays": index + 1 - bool(kick), "yards": start - max(to_goal, 0), "seconds": index * PLAY_S}
        game.drive(
            number=number, result=RESULTS[end] if last else 0, points=POINTS.get(end, 0) if last else 0, **figures
        )
        team = game.teams[side]
        game.point("epa", team, round((gain - 4) / 9, 3), game.newest, team=team)
        game.point("success", team, float(gain >= 5), game.newest, team=team)
        turned = (other, 100 - to_goal) if last else (side, to_goal)
        now = _odds(game, period, left_s - index * PLAY_S, turned[0], max(turned[1], 1))
        _say(game, odds, now)
        odds = now
    return odds


def _words(side: str, kind: str, gain: int) -> str:
    runner, passer, catcher = ("Kell", "Vance", "Orr") if side == "home" else ("Aro", "Ilves", "Moor")
    if kind == "run":
        return f"{runner} runs for {gain} yards"
    return f"{passer} throws to {catcher} for {gain} yards"

"""How soon an event of football should be scored when many games wait."""

from typing import Any

TURN, BIG, SCORE = 1, 2, 3
_ALWAYS = {"score": SCORE, "status": BIG, "official_score": BIG, "primary_stream": BIG, "game_end": BIG}


def importance(event_type: str, fields: Any) -> int:
    """0 ordinary, 1 a fourth down or a kick, 2 a turnover or a word from outside that changes the game, 3 points."""
    if fields.points or fields.try_points:
        return SCORE
    if fields.intercepted or fields.fumble_lost or fields.blocked:
        return BIG
    if fields.down == 4 or event_type in ("field_goal", "extra_point", "two_point"):
        return TURN
    return _ALWAYS.get(event_type, 0)

"""How soon an event of soccer should be scored when many matches wait."""

from typing import Any

SHOT, CARD, SCORE = 1, 2, 3
# A card, and what changes the whole picture at once without a goal: who leads officially, whether play goes on.
_ALWAYS = {"own_goal": SCORE, "card": CARD, "status": CARD, "official_score": CARD, "primary_stream": CARD}


def importance(event_type: str, fields: Any) -> int:
    """0 ordinary, 1 a shot, 2 a card, a penalty or a word from outside that changes the match, 3 a goal.

    `own_goal_against` is 0: the own goal itself is told beside it.
    """
    if event_type == "shot":
        if fields.outcome == "goal":
            return SCORE
        return CARD if fields.shot_kind == "penalty" else SHOT
    if event_type == "foul":
        return CARD if fields.card is not None or fields.penalty else 0
    return _ALWAYS.get(event_type, 0)

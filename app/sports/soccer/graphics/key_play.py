"""A goal or a dismissal that is among the five of the match so far that changed the chances the most."""

from app.sports.graphics import Fields, Graphic, Told, side_of

DURATION_MS = 8000
WORDS = {"shot": "Goal", "own_goal": "Own goal", "card": "Red card", "foul": "Red card"}


def moment(told: Told) -> Fields | None:
    """None where what happened is not at hand."""
    event = told.event or {}
    words, side = WORDS.get(event.get("type", "")), side_of(told.match, told.subject)
    if words is None or side is None:
        return None
    match = told.match
    score = f"{match.get('home') or 'Home'} {match['home_score']}-{match['away_score']} {match.get('away') or 'Away'}"
    who = (event.get("fields") or {}).get("player_name")
    named = f"{words}: {who}" if who else f"{words} for {match.get(side) or side}"
    return {
        "play_description": f"{named}, {event['clock_display']}. {score}",
        "wpa": told.value,
        "team": side,
        "duration_ms": DURATION_MS,
    }


GRAPHIC = Graphic(
    name="key_play",
    command="SHOW_KEY_PLAY",
    description="play_description, wpa (probability, of the team that it is told of), team (home, away), duration_ms",
    signals=("key_moments",),
    moment=moment,
)

"""A play that changed the win probability by 0.05 or more, in the feed's own words."""

from app.sports.graphics import Fields, Graphic, Told, side_of

DURATION_MS = 8000


def moment(told: Told) -> Fields | None:
    """None where the feed has no words for the play."""
    fields = (told.event or {}).get("fields") or {}
    text = " ".join((fields.get("text") or "").split())
    if not text:
        return None
    return {
        "play_description": text,
        "wpa": told.value,
        "team": side_of(told.match, told.subject),
        "duration_ms": DURATION_MS,
    }


GRAPHIC = Graphic(
    name="key_play",
    command="SHOW_KEY_PLAY",
    description="play_description, wpa (probability, of the team that gained), team (home, away), duration_ms",
    signals=("key_plays",),
    moment=moment,
)

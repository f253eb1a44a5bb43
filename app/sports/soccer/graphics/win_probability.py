"""Chances of home win, draw and away win, per cent; the three add up to 100.0."""

from app.sports.graphics import Fields, Graphic, Scene, per_cent

OUTCOMES = ("home", "draw", "away")


def standing(scene: Scene) -> Fields | None:
    """None where one of the three is not known, or they do not add up."""
    values = scene.values.get("win_probability", {})
    shares = [share for share in map(values.get, OUTCOMES) if share is not None]
    if len(shares) != 3 or round(sum(shares) * 1000) != 1000:
        return None
    home, draw, away = map(per_cent, shares)
    return {"home_wp": home, "draw_wp": draw, "away_wp": away}


GRAPHIC = Graphic(
    name="win_probability",
    command="UPDATE_WIN_PROBABILITY",
    description="home_wp, draw_wp, away_wp: per cent with one decimal; the three add up to 100.0",
    signals=("win_probability",),
    standing=standing,
)

"""Win probability of both teams, per cent; the two add up to 100.0."""

from app.sports.graphics import Fields, Graphic, Scene, per_cent


def standing(scene: Scene) -> Fields | None:
    """None where one of the two is not known, or they do not add up."""
    values = scene.values.get("win_probability", {})
    home, away = values.get("home"), values.get("away")
    if home is None or away is None or round((home + away) * 1000) != 1000:
        return None
    return {"home_wp": per_cent(home), "away_wp": per_cent(away)}


GRAPHIC = Graphic(
    name="win_probability",
    command="UPDATE_WIN_PROBABILITY",
    description="home_wp, away_wp: per cent with one decimal; they add up to 100.0",
    signals=("win_probability",),
    standing=standing,
)

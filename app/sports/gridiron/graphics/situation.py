"""Down, distance, place and possession before the next snap, as the fold leaves them."""

from app.sports.graphics import Fields, Graphic, Scene, side_of


def standing(scene: Scene) -> Fields | None:
    """Every field may be null: before a kick-off or a try there is no down, and a feed may tell the rest only with the
    next snap. An old down would be wrong."""
    d = scene.details
    possession = side_of(scene.match, d.get("possession_team"))
    snap = possession is not None and d.get("down") is not None
    place = d.get("yards_to_goal") if snap else None
    return {
        "down": d["down"] if snap else None,
        "distance": d.get("distance_yd") if snap else None,
        "field_position": None if place is None else field_position(place),
        "yards_to_goal": place,
        "possession": possession,
    }


def field_position(yards_to_goal: int) -> str:
    """As it is read out, from the team with the ball: own 25 is 75 yards to go, opp 25 is 25, midfield is 50."""
    if yards_to_goal == 50:
        return "50"
    return f"own {100 - yards_to_goal}" if yards_to_goal > 50 else f"opp {yards_to_goal}"


GRAPHIC = Graphic(
    name="situation",
    command="UPDATE_SITUATION",
    description="down, distance, field_position (own 25, 50, opp 25), yards_to_goal, possession (home, away); null where unknown",
    standing=standing,
)

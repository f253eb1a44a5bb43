"""StatsBomb's pitch of 120 x 80 and where its markings are.

Source: Open Data Events v4, and kloppy 3.19 (`StatsBombCoordinateSystem`). Whatever the real pitch measures, the grid
is one of yards around the markings: a penalty area 18 deep and 44 wide, a goal 8 wide, a centre circle of radius 10.
"""

from app.sports.soccer.pitch import Landmarks

PITCH = Landmarks(along=(6.0, 12.0, 18.0, 22.0, 50.0, 60.0), across=(18.0, 30.0, 36.0, 40.0))

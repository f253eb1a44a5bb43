"""Wyscout's pitch of 0 to 100 per cent both ways and where its markings are.

Source: kloppy 3.19 (`WyscoutPitchDimensions`). The penalty arc has a radius of 7.74 per cent of the length, the centre
circle one of 8.84.
"""

from app.sports.soccer.pitch import Landmarks

PITCH = Landmarks(along=(6.0, 10.0, 16.0, 17.74, 41.16, 50.0), across=(19.0, 37.0, 44.0, 50.0))

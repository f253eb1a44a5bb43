"""StatsBomb's numbered vocabulary (Open Data Events v4) in canonical words.

Ids are used, not names: names differ between versions of the data ("Off T", "Camera off").
"""

from __future__ import annotations

from app.sports.soccer.events import (
    BodyPart,
    Card,
    DuelKind,
    KeeperOutcome,
    PassKind,
    PassOutcome,
    ShotKind,
    ShotOutcome,
)

STARTING_XI = 35
GOALKEEPER = 1  # the position

# Type id to canonical type and the member of Message that holds its details (None: it has none that are read).
TYPES: dict[int, tuple[str, str | None]] = {
    2: ("ball_recovery", "ball_recovery"),
    3: ("dispossessed", None),
    4: ("duel", "duel"),
    5: ("other", None),  # Camera On
    6: ("block", None),
    8: ("offside", None),
    9: ("clearance", "clearance"),
    10: ("interception", "interception"),
    14: ("dribble", "dribble"),
    16: ("shot", "shot"),
    17: ("pressure", None),
    18: ("period_start", None),
    19: ("substitution", "substitution"),
    20: ("own_goal_against", None),
    21: ("foul_won", "foul_won"),
    22: ("foul", "foul_committed"),
    23: ("goalkeeper", "goalkeeper"),
    24: ("card", "bad_behaviour"),
    25: ("own_goal", None),
    26: ("player_on", None),
    27: ("player_off", None),
    28: ("shield", None),
    29: ("other", None),  # Camera off
    30: ("pass", "pass_"),
    33: ("fifty_fifty", "fifty_fifty"),
    34: ("period_end", None),
    STARTING_XI: ("lineup", None),
    36: ("formation", None),
    37: ("error", None),
    38: ("miscontrol", None),
    39: ("dribbled_past", None),
    40: ("stoppage", None),  # Injury Stoppage
    41: ("stoppage", None),  # Referee Ball-Drop
    42: ("reception", "ball_receipt"),
    43: ("carry", "carry"),
}

# Hands and chest are "other": no signal tells them apart.
BODY_PARTS: dict[int, BodyPart] = {37: "head", 38: "left_foot", 40: "right_foot"}
BODY_PARTS |= dict.fromkeys((35, 36, 39, 41, 68, 69, 70, 106), "other")

CARDS: dict[int, Card] = {5: "red", 6: "second_yellow", 7: "yellow"}

PASS_KINDS: dict[int, PassKind] = {
    61: "corner",
    62: "free_kick",
    63: "goal_kick",
    64: "interception",
    65: "kick_off",
    66: "recovery",
    67: "throw_in",
}
PASS_OUTCOMES: dict[int, PassOutcome] = {
    8: "complete",
    9: "incomplete",
    74: "injury_clearance",
    75: "out",
    76: "offside",
    77: "unknown",
}

SHOT_KINDS: dict[int, ShotKind] = {61: "corner", 62: "free_kick", 65: "kick_off", 87: "open_play", 88: "penalty"}
SHOT_OUTCOMES: dict[int, ShotOutcome] = {
    96: "blocked",
    97: "goal",
    98: "off_target",
    99: "post",
    100: "saved",
    101: "wayward",
    115: "saved_off_target",
    116: "saved_to_post",
}

KEEPER_OUTCOMES: dict[int, KeeperOutcome] = {
    1: "lost",
    4: "won",
    13: "lost_in_play",
    14: "lost_out",
    15: "success",
    16: "success_in_play",
    17: "success_out",
    47: "claim",
    48: "clear",
    49: "collected_twice",
    50: "fail",
    52: "in_play_danger",
    53: "in_play_safe",
    55: "no_touch",
    56: "saved_twice",
    58: "touched_in",
    59: "touched_out",
    117: "punched_out",
}

DUEL_KINDS: dict[int, DuelKind] = {10: "aerial", 11: "tackle"}
AERIAL_LOST = 10

# One numbering serves duels, interceptions, dribbles and receptions: Won, Complete, Success, Success In Play,
# Success Out; against Lost, Incomplete, Lost In Play, Lost Out.
WON = {4: True, 8: True, 15: True, 16: True, 17: True, 1: False, 9: False, 13: False, 14: False}
# 50/50 uses the low numbers in its own way: Success To Opposition, Success To Team.
FIFTY_FIFTY_WON = {1: False, 2: False, 3: True, 4: True}

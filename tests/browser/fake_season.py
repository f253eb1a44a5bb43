"""Hand-written matches: one past the hour, with everything a match page shows, and some company for the list."""

from __future__ import annotations

import math
from typing import Any

from .fake_match import FakeMatch

# side, period, second of the match clock, xG, player, outcome, x_m, y_m, more fields
SHOTS: list[tuple[str, int, int, float, str, str, float, float, dict[str, Any]]] = [
    ("home", 1, 214, 0.04, "Lina Sandoval", "off_target", 79.5, 22.0, {"body_part": "right_foot"}),
    ("away", 1, 431, 0.09, "Mara Okafor", "saved", 91.0, 41.5, {"body_part": "left_foot"}),
    ("home", 1, 688, 0.31, "Ines Duarte", "saved", 97.2, 31.0, {"body_part": "right_foot"}),
    ("home", 1, 1102, 0.07, "Lina Sandoval", "blocked", 86.0, 45.5, {"body_part": "left_foot"}),
    ("home", 1, 1377, 0.46, "Ines Duarte", "goal", 98.1, 36.4, {"body_part": "head"}),
    ("away", 1, 1590, 0.05, "Tove Lindqvist", "blocked", 82.0, 27.0, {"body_part": "right_foot"}),
    ("home", 1, 1966, 0.06, "Rosa Beltrán", "saved", 81.7, 34.5, {"body_part": "right_foot", "shot_kind": "free_kick"}),
    ("away", 1, 2241, 0.12, "Mara Okafor", "off_target", 92.5, 25.5, {"body_part": "head"}),
    ("away", 1, 2752, 0.76, "Tove Lindqvist", "goal", 94.0, 34.0, {"body_part": "right_foot", "shot_kind": "penalty"}),
    ("away", 2, 2895, 0.03, "Freya Holm", "off_target", 77.0, 44.0, {"body_part": "right_foot"}),
    ("home", 2, 3011, 0.18, "Nadia Ferro", "post", 93.8, 28.7, {"body_part": "left_foot"}),
    ("home", 2, 3043, 0.22, "Ines Duarte", "blocked", 96.0, 38.2, {"body_part": "right_foot"}),
    ("home", 2, 3246, 0.14, "Nadia Ferro", "goal", 90.2, 42.1, {"body_part": "left_foot"}),
    ("away", 2, 3402, 0.08, "Mara Okafor", "saved", 88.9, 30.2, {"body_part": "left_foot"}),
    ("home", 2, 3551, 0.05, "Rosa Beltrán", "wayward", 80.3, 51.0, {"body_part": "right_foot"}),
    ("home", 2, 3688, 0.11, "Lina Sandoval", "saved", 89.4, 39.9, {"body_part": "right_foot"}),
    ("away", 2, 3865, 0.27, "Freya Holm", "saved", 96.3, 29.8, {"body_part": "head"}),
]

# side, type, period, second, fields
OTHERS: list[tuple[str, str, int, int, dict[str, Any]]] = [
    ("away", "foul", 1, 1264, {"player": "Sanne de Wit", "card": "yellow"}),
    ("home", "offside", 1, 1733, {"player": "Ines Duarte"}),
    ("home", "foul", 1, 2731, {"player": "Clara Vidal", "card": "yellow", "penalty": True}),
    ("away", "formation", 2, 2701, {"formation": "352"}),
    ("away", "substitution", 2, 3455, {"player": "Sanne de Wit", "replacement_name": "Jule Brandt"}),
    ("home", "substitution", 2, 3720, {"player": "Rosa Beltrán", "replacement_name": "Aina Soler"}),
    ("away", "card", 2, 3790, {"player": "Hedda Nyström", "card": "red"}),
]


def _momentum(minute: int) -> float:
    wave = math.sin(minute / 5.2) * 0.45 + math.sin(minute / 2.1 + 1) * 0.3 + 0.12
    return round(max(-1.0, min(1.0, wave)), 3)


def _minute(match: FakeMatch, period: int, minute: int, edge: float) -> None:
    """What is said at each full minute."""
    match.period, match.elapsed_s = period, minute * 60.0
    anchor = f"minute:{period}:{minute}"
    match.modelled_win_probability(edge + 0.07 * math.sin(minute / 4) + 0.04 * math.sin(minute * 1.7), anchor)
    match.point("momentum", "match", _momentum(minute), anchor)
    if minute >= 5:
        for side, low, swing in (("home", 8.1, 1.4), ("away", 13.6, 2.2)):
            value = round(low + swing * math.cos(minute / 11), 2)
            match.point("ppda", match.teams[side], value, anchor, team=match.teams[side])


def play(match: FakeMatch, until_s: float, *, swap: bool = False, stoppage_s: int = 128) -> FakeMatch:
    """Play the hand-written match up to a second of the match clock. swap: the sides change places."""
    turn = {"home": "away", "away": "home"} if swap else {"home": "home", "away": "away"}
    plan: list[tuple[int, float, int, Any]] = [(p, t, 2, s) for s in SHOTS for p, t in [(s[1], s[2])]]
    plan += [(p, t, 1, o) for o in OTHERS for p, t in [(o[2], o[3])]]
    for period, begin, end in ((1, 0, 2700 + stoppage_s), (2, 2700, 5400 + stoppage_s + 90)):
        plan += [(period, begin, 0, "period_start"), (period, end, 9, "period_end")]
        plan += [(period, m * 60, 3, m) for m in range(begin // 60 + 1, end // 60 + 1)]
    match.status, edge = "live", 0.0
    for period, second, _, what in sorted(plan, key=lambda item: item[:3]):
        if second > until_s and (period > 1 or until_s < 2700):
            break
        if isinstance(what, int):
            _minute(match, period, what, edge)
        elif isinstance(what, str):
            for side in ("home", "away"):
                match.event(side, what, period, second)
            match.status = "live" if what == "period_start" else "half_time" if period == 1 else "finished"
        elif len(what) == 9:
            side, _, _, xg, player, outcome, x_m, y_m, more = what
            match.shot(turn[side], period, second, xg, player, outcome=outcome, x_m=x_m, y_m=y_m, **more)
            if outcome == "goal":
                match.modelled_win_probability(edge, f"event:{match.events[-1]['source_event_id']}")
        else:
            side, event_type, _, _, fields = what
            match.event(turn[side], event_type, period, second, **fields)
            if fields.get("card") == "red":
                edge = -0.3 if swap else 0.3
                match.modelled_win_probability(edge, f"event:{match.events[-1]['source_event_id']}")
    if match.status == "live":
        match.elapsed_s = until_s
    return match


def season() -> list[FakeMatch]:
    """A match day: three on now, one to come, three over."""
    return [
        play(FakeMatch("demo-1", "Ribera", "Nordhavn", anchor_at="2026-03-07T18:00:00Z"), 3912),
        play(FakeMatch("demo-2", "Port Albion", "Sant Jordi", origin="replay", anchor_at="2026-03-07T18:30:00Z"), 1500),
        play(
            FakeMatch("demo-3", "Borussia Westerfeld", "Łódzki KS", anchor_at="2026-03-07T18:45:00Z"), 2690, swap=True
        ),
        FakeMatch("demo-4", "Vallgorguina", "Skagen", anchor_at="2026-03-07T21:00:00Z"),
        play(FakeMatch("demo-5", "Kestrel Town", "Monte Alto", anchor_at="2026-03-07T15:00:00Z"), 9999, swap=True),
        play(FakeMatch("demo-6", "Aurelia", "Castelmare", origin="import", anchor_at="2025-11-02T15:00:00Z"), 9999),
        play(
            FakeMatch("demo-7", "Ostrava Sever", "Pine Bluff", origin="simulation", anchor_at="2026-03-06T19:00:00Z"),
            9999,
        ),
    ]

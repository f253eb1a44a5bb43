"""The star schema as a picture: facts in the middle, dimensions on both sides, a line for each key. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import msgspec

from app.warehouse.catalogue import Relation

ROW, HEAD, GAP, MARGIN = 17, 24, 18, 48
DIM_WIDTH, FACT_WIDTH, BETWEEN = 190, 220, 230
# Colours that can be told apart, also by those who see few: Okabe and Ito 2008, "Color Universal Design".
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#3a86a8", "#7a3e9d", "#b23a48", "#4d7c0f", "#555555")
# Who and what on the left; when, where and from whom on the right.
LEFT = ("event_type", "model_version", "player", "player_history", "signal", "team", "team_history")
FONT = "font-family='ui-sans-serif, system-ui, sans-serif'"


class Box(msgspec.Struct):
    """A relation, placed. rows: the columns that are shown."""

    relation: Relation
    x: float
    width: float
    rows: list[str]
    y: float = 0.0

    @property
    def height(self) -> float:
        return HEAD + ROW * len(self.rows) + 8

    def at(self, row: str | None) -> float:
        """The middle of a row, or of the head."""
        return self.y + HEAD / 2 if row is None else self.y + HEAD + ROW * (self.rows.index(row) + 0.5) + 2


def diagram(found: Sequence[Relation]) -> str:
    """The SVG of the dimensions and facts."""
    facts = [_box(r, MARGIN + DIM_WIDTH + BETWEEN, FACT_WIDTH) for r in found if r.is_fact]
    _stack(facts)
    dims = [_box(r, 0.0, DIM_WIDTH) for r in found if not r.is_fact]
    # Each about as high as what leads to it.
    heights = {d.relation.name: _height_of(d.relation.name, facts) for d in dims}
    heights |= {n: _height_of(n, dims, heights) for n, height in heights.items() if height is None}
    dims.sort(key=lambda d: (heights[d.relation.name] or 0.0, d.relation.name))
    sides = ([d for d in dims if _is_left(d)], [d for d in dims if not _is_left(d)])
    right_x = MARGIN + DIM_WIDTH + BETWEEN + FACT_WIDTH + BETWEEN
    for side, x in zip(sides, (MARGIN, right_x), strict=True):
        for box in side:
            box.x = x
        _stack(side)
    tallest = max(boxes[-1].y + boxes[-1].height for boxes in (facts, *sides) if boxes)
    for boxes in (facts, *sides):
        spare = (tallest - (boxes[-1].y + boxes[-1].height)) / (len(boxes) + 1) if boxes else 0.0
        for number, box in enumerate(boxes, 1):
            box.y += spare * number
    every = {b.relation.name: b for b in (*facts, *dims)}
    colours = {d.relation.name: COLOURS[i % len(COLOURS)] for i, d in enumerate(b for side in sides for b in side)}
    lines = [part for fact in facts for part in _lines(fact, every, colours)]
    snow = [part for dim in dims for part in _lines(dim, every, colours)]
    width, height = right_x + DIM_WIDTH + MARGIN, tallest + MARGIN
    body = [*lines, *snow, *(part for box in every.values() for part in _drawn(box, colours))]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' width='{width:.0f}' "
        f"height='{height:.0f}' role='img' {FONT}>\n<title>Touchline's star schema</title>\n"
        f"<rect width='100%' height='100%' fill='#ffffff'/>\n" + "\n".join(body) + "\n</svg>\n"
    )


def _box(relation: Relation, x: float, width: float) -> Box:
    keys = [c.name for c in relation.keys]
    own = [c.name for c in relation.columns if c.name not in keys]
    shown = 3 if relation.is_fact else 4
    rest = len(own) - shown
    rows = [*keys, *(own if rest <= 1 else [*own[:shown], f"… {rest} more"])]
    return Box(relation, x, width, rows)


def _stack(boxes: Sequence[Box]) -> None:
    y = float(MARGIN)
    for box in boxes:
        box.y = y
        y += box.height + GAP


def _is_left(dim: Box) -> bool:
    return dim.relation.name.removeprefix("dim_") in LEFT


def _height_of(name: str, boxes: Sequence[Box], heights: dict[str, float | None] | None = None) -> float | None:
    """The mean height of the keys that lead to a dimension; of dimensions without places yet, in either direction."""
    if heights is None:
        ends = [b.at(c.name) for b in boxes for c in b.relation.keys if c.of == name]
    else:
        pairs = [(b.relation.name, c.of) for b in boxes for c in b.relation.keys]
        near = [a if b == name else b for a, b in pairs if name in (a, b)]
        ends = [h for n in near if (h := heights.get(n or "")) is not None]
    return sum(ends) / len(ends) if ends else None


def _lines(box: Box, every: dict[str, Box], colours: dict[str, str]) -> list[str]:
    parts = []
    for column in box.relation.keys:
        to = every.get(column.of or "")
        if to is None or to is box:
            continue
        if to.x == box.x:
            # A dimension that leads to another one below or above it: round the outside.
            out = -1 if box.x < DIM_WIDTH else 1
            x = box.x + (0 if out < 0 else box.width)
            y1, y2, bend = box.at(column.name), to.at(None), 42 * out
            path = f"M{x:.0f} {y1:.1f} C{x + bend:.0f} {y1:.1f} {x + bend:.0f} {y2:.1f} {x:.0f} {y2:.1f}"
        else:
            ahead = to.x > box.x
            x1 = box.x + (box.width if ahead else 0)
            x2 = to.x + (0 if ahead else to.width)
            y1, y2, bend = box.at(column.name), to.at(None), BETWEEN * 0.5 * (1 if ahead else -1)
            path = f"M{x1:.0f} {y1:.1f} C{x1 + bend:.0f} {y1:.1f} {x2 - bend:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
        parts.append(
            f"<path d='{path}' fill='none' stroke='{colours.get(to.relation.name, '#555')}' stroke-width='1.2' opacity='0.75'/>"
        )
    return parts


def _drawn(box: Box, colours: dict[str, str]) -> list[str]:
    r = box.relation
    head = "#1f2937" if r.is_fact else colours[r.name]
    keys = {c.name for c in r.keys}
    parts = [
        f"<g transform='translate({box.x:.0f} {box.y:.1f})'><title>{escape(r.comment, quote=True)}</title>",
        f"<rect width='{box.width}' height='{box.height:.0f}' rx='5' fill='#ffffff' stroke='{head}'/>",
        f"<path d='M0 {HEAD} V5 Q0 0 5 0 H{box.width - 5} Q{box.width} 0 {box.width} 5 V{HEAD} Z' fill='{head}'/>",
        f"<text x='9' y='16.5' font-size='12.5' font-weight='600' fill='#ffffff'>{r.name}</text>",
    ]
    for number, row in enumerate(box.rows):
        weight = "600" if row in keys else "400"
        grey = "#6b7280" if row.startswith("…") else "#111827"
        parts.append(
            f"<text x='9' y='{HEAD + ROW * number + 15}' font-size='11.5' font-weight='{weight}' fill='{grey}'>{escape(row)}</text>"
        )
    return [*parts, "</g>"]

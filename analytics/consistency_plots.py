"""The pictures of the consistency report, by matplotlib, as PNG. It is an extra, and imported only here."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

HOME, AWAY, DRAW, INK, SOFT, PITCH, LINES = "#2f6fde", "#e8730c", "#8894a3", "#0f1722", "#526071", "#e9f1ea", "#a9bcae"
LENGTH_M, WIDTH_M = 105.0, 68.0
# Beside the title, where no value can be under it.
_ABOVE = {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "ncols": 2, "borderaxespad": 0.2}
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "font.family": ["DejaVu Sans"],
    "axes.edgecolor": "#b9c2cd",
    "axes.labelcolor": SOFT,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


def _drawn(width: float, height: float, columns: int, draw: Callable[[Any], None], **more: Any) -> bytes:
    """A PNG of so many axes side by side. Sizes in inches."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.subplots(1, columns, **more))
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=130)
    return file.getvalue()


def distribution(signal: str, unit: str, on_air: np.ndarray, batch: np.ndarray, step: float, allowed: float) -> bytes:
    """Both series as histograms, and how far apart they are. on_air, batch: shape n each, n of 1 or more."""

    def draw(axes: Any) -> None:
        values, apart = axes
        low, high = min(on_air.min(), batch.min()), max(on_air.max(), batch.max())
        low, high = (low - step, high + step) if low == high else (low, high)
        edges = np.linspace(low, high, 31)
        values.hist(batch, edges, color="#c9d8f4", label="batch")
        values.hist(on_air, edges, histtype="step", color=INK, linewidth=1.1, label="on the air")
        values.set(title=signal, xlabel=f"{unit} (n = {len(batch):,} on either side)", ylabel="values")
        values.legend(**_ABOVE)
        difference = on_air - batch
        far = max(float(np.abs(difference).max()), allowed, step / 2) * 1.1
        # What is allowed ends with a bar, so that no bar that is within seems to be beyond.
        width = allowed / 10 if 0 < far < 3 * allowed else far / 20
        bars = int(np.ceil(far / width))
        middle = 0.5 if allowed == 0 else 0.0
        apart.hist(difference, (np.arange(-bars - 1, bars + 2) + middle) * width, color="#8fb0e8")
        for x in dict.fromkeys((-allowed, allowed)):
            apart.axvline(x, color="#c81e2b", linewidth=1, linestyle="--", label=None if x < 0 else "allowed")
        apart.set(title="on the air minus batch", xlabel=unit, ylabel="values", yscale="symlog", ylim=(0, None))
        apart.ticklabel_format(axis="x", style="plain" if far > 0.01 else "sci", scilimits=(-3, 3), useMathText=True)
        apart.legend(**_ABOVE)

    return _drawn(9.2, 2.5, 2, draw)


def chances(pairs: pl.DataFrame, home: str, away: str) -> bytes:
    """The win probability of a match: what was on the air as steps, the batch as points. pairs: of `win_probability`."""

    def draw(axes: Any) -> None:
        for subject, name, color in (("home", home, HOME), ("draw", "draw", DRAW), ("away", away, AWAY)):
            own = pairs.filter((pl.col("subject") == subject) & pl.col("on_air").is_not_null())
            minute = own["elapsed_s"].to_numpy() / 60
            axes.step(minute, own["on_air"].to_numpy(), where="post", color=color, linewidth=1.6, label=name)
            axes.plot(minute, own["batch"].to_numpy(), ".", color=color, markersize=3, alpha=0.6)
        axes.set(title="Win probability: lines on the air, points batch", xlabel="minute of the match clock")
        axes.set(ylabel="probability", ylim=(-0.02, 1.02), xlim=(0, None))
        axes.axvline(45, color="#d9dfe7", linewidth=1, zorder=0)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)

    return _drawn(6.4, 4.5, 1, draw)


def shots(frame: pl.DataFrame, home: str, away: str) -> bytes:
    """The shots of a match: the home team attacks to the right, the area of a point is its xG, a goal is filled.

    frame: columns of `analytics.batch.matches.SHOTS`.
    """

    def draw(axes: Any) -> None:
        _pitch(axes)
        for is_home, name, color in ((True, home, HOME), (False, away, AWAY)):
            own = frame.filter((pl.col("is_home") == is_home) & pl.col("x_m").is_not_null())
            x, y, xg = (own[c].fill_null(0.0).to_numpy() for c in ("x_m", "y_m", "xg"))
            goal = own["goal"].fill_null(False).to_numpy()
            # y grows to the right of whoever attacks: turned by half a circle for the other team.
            x, y = (x, WIDTH_M - y) if is_home else (LENGTH_M - x, y)
            fill = [color if g else "none" for g in goal]
            axes.scatter(x, y, s=20 + 600 * xg, facecolors=fill, edgecolors=color, linewidths=1.2, zorder=3)
            scored = f"{int(goal.sum())} scored"
            told = f"{name}\n{len(own)} shots, {xg.sum():.2f} xG, {scored}"
            axes.text(LENGTH_M if is_home else 0, -2, told, color=color, ha="right" if is_home else "left", va="top")
        axes.set_title("Shots: area is xG (batch), a goal is filled")

    return _drawn(6.4, 4.5, 1, draw)


def _pitch(axes: Any) -> None:
    """The markings of Law 1, in metres."""
    from matplotlib.patches import Circle, Rectangle

    axes.add_patch(Rectangle((0, 0), LENGTH_M, WIDTH_M, facecolor=PITCH, edgecolor=LINES, linewidth=1.2))
    for length, width in ((16.5, 40.32), (5.5, 18.32)):
        for x in (0.0, LENGTH_M - length):
            axes.add_patch(Rectangle((x, (WIDTH_M - width) / 2), length, width, fill=False, edgecolor=LINES))
    axes.plot([LENGTH_M / 2] * 2, [0, WIDTH_M], color=LINES, linewidth=1)
    axes.add_patch(Circle((LENGTH_M / 2, WIDTH_M / 2), 9.15, fill=False, edgecolor=LINES))
    for x in (11.0, LENGTH_M - 11.0):
        axes.plot([x], [WIDTH_M / 2], ".", color=LINES, markersize=3)
    for x in (-1.5, LENGTH_M):
        axes.add_patch(Rectangle((x, (WIDTH_M - 7.32) / 2), 1.5, 7.32, fill=False, edgecolor=LINES))
    axes.set(xlim=(-3, LENGTH_M + 3), ylim=(-10, WIDTH_M + 2), aspect="equal")
    axes.axis("off")

"""One match, computed a second time and laid beside what is on the air. Pure, and alone enough to be done anywhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import polars as pl

from analytics.batch import gridiron, soccer
from analytics.batch.log import VALUES
from analytics.consistency import PAIRS, Tolerance, pairs

_SPORTS = {"soccer": soccer, "gridiron": gridiron}
# Of soccer, for a map: the shooter attacks towards +x.
SHOTS = {
    "anchor": pl.String,
    "x_m": pl.Float64,
    "y_m": pl.Float64,
    "is_home": pl.Boolean,
    "goal": pl.Boolean,
    "xg": pl.Float64,
}
NOT_COVERED = {sport: module.NOT_COVERED for sport, module in _SPORTS.items()}


class Item(msgspec.Struct, frozen=True):
    """A match to compute. log: columns of `analytics.batch.log.LOG`. on_air: columns of `analytics.consistency.ON_AIR`, and
    `version` of the signal and `model` (its label) of each value. covered: what is compared, by signal."""

    match_id: str
    sport: str
    log: pl.DataFrame
    on_air: pl.DataFrame
    covered: dict[str, Tolerance]


class Done(msgspec.Struct, frozen=True):
    """A match that is computed. pairs: `analytics.consistency.PAIRS`. shots: of soccer, where each was taken and its xG.
    left_out: signals that were not compared, and why. failed: why nothing could be computed; null where it could."""

    match_id: str
    sport: str
    pairs: pl.DataFrame
    shots: pl.DataFrame
    left_out: dict[str, str] = {}
    failed: str | None = None


@cache
def models() -> dict[str, Any]:
    """The committed models, read once a process."""
    from app.models.registry import load_all

    return load_all()


def values(sport: str, log: pl.DataFrame) -> pl.DataFrame:
    """Rows of `analytics.batch.log.VALUES`: every signal that the batch covers. log: columns of LOG. Errors: KeyError for a
    sport that has no batch."""
    return _SPORTS[sport].values(log, models())


def compare(item: Item) -> Done:
    """The match beside its batch. Values of another version or model than the batch computes are left out, and named.

    Raises nothing: what cannot be computed says why, and the other matches go on.
    """
    try:
        return _compared(item)
    except Exception as exc:
        return Done(item.match_id, item.sport, _none(PAIRS), _none(SHOTS), failed=f"{type(exc).__name__}: {exc}")


def _compared(item: Item) -> Done:
    left_out = _left_out(item)
    batch = values(item.sport, item.log) if len(item.log) else _none(VALUES)
    wanted = pl.col("signal").is_in([s for s in item.covered if s not in left_out])
    found = pairs(item.on_air.filter(wanted), batch.filter(wanted))
    shots = soccer.shot_places(item.log, batch) if item.sport == "soccer" else _none(SHOTS)
    return Done(item.match_id, item.sport, found, shots, left_out)


def _none(schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


def _left_out(item: Item) -> dict[str, str]:
    labels = {m.label for m in models().values()}
    found: dict[str, str] = {}
    for signal, version, model in item.on_air.select("signal", "version", "model").unique().sort(pl.all()).iter_rows():
        limit = item.covered.get(signal)
        if limit is None:
            continue
        if version != limit.version:
            found[signal] = f"version {version} is on the air, the batch is version {limit.version}"
        elif model is not None and model not in labels:
            found[signal] = f"scored with {model}, which is none of the committed models"
    return found
